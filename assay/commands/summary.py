"""`assay summary RUN`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    summary = commands.add_parser("summary")
    summary.add_argument("run_dir", type=Path, metavar="RUN", help="a report directory")
    summary.add_argument("--page", default="", metavar="URL", help="where its page is")
    summary.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write a stored run's summary in Markdown to standard output."""
    from assay.report.markdown import summary
    from assay.run.record import load

    sys.stdout.write(summary(load(arguments.run_dir), page=arguments.page))
    return 0
