"""`assay report RUN`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    report = commands.add_parser("report")
    report.add_argument("run_dir", type=Path, metavar="RUN", help="a report directory")
    report.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Draw verdicts.json and index.html of a stored run again."""
    from assay.report.draw import draw

    draw(arguments.run_dir)
    sys.stdout.write(f"{arguments.run_dir / 'index.html'}\n")
    return 0
