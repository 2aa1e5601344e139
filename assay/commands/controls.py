"""`assay controls`."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    commands.add_parser("controls").set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """List the defects that the lossy control can have."""
    from assay.replicators.controls.defects import DEFECTS

    for name, defect in DEFECTS.items():
        sys.stdout.write(f"lossy:{name:32} {defect.sentence}\n")
    return 0
