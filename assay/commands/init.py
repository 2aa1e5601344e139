"""`assay init`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

# What is written where, below the folder.
FILES = {
    "replicator.toml": "replicator.toml",
    "known-gaps.toml": "known-gaps.toml",
    "workflow.yml": ".github/workflows/conformance.yml",
    "case.sql": "assay-cases/own/my-orders.sql",
}
_NEXT = "pytest -m integration --replicator replicator.toml --cases assay-cases -n 2"


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    begin = commands.add_parser("init")
    begin.add_argument("folder", type=Path, nargs="?", default=Path(), metavar="DIR",
                       help="the repository (default: here)")  # fmt: skip
    begin.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write a manifest, gaps, a workflow and a case; nothing at all where one of them is there."""
    from importlib.resources import files

    from assay.errors import UsageError

    folder: Path = arguments.folder
    there = [place for place in FILES.values() if (folder / place).exists()]
    if there:
        raise UsageError(
            "Nothing is overwritten.",
            evidence=f"there already: {', '.join(there)}",
            remedy="move them away, or give another folder: assay init DIR",
        )
    for name, place in FILES.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (files("assay.scaffold") / name).read_text(encoding="utf-8")
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        sys.stdout.write(f"wrote {path}\n")
    sys.stdout.write(f"next: {_NEXT}\n")
    return 0
