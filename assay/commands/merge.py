"""`assay merge RUN... -o DIR`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from assay.exits import Exit


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    merge = commands.add_parser("merge")
    merge.add_argument("run_dirs", nargs="+", type=Path, metavar="RUN",
                       help="the report directory of a shard, or of merged ones")  # fmt: skip
    merge.add_argument("-o", "--output", required=True, type=Path, metavar="DIR",
                       help="the report directory of the whole")  # fmt: skip
    merge.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the report of the whole, with its verdict; a lost shard makes it UNKNOWN."""
    from assay.errors import UsageError
    from assay.report import merged, terminal
    from assay.run.outcome import Verdict

    parts, empty = merged.given(arguments.run_dirs)
    for folder in empty:
        sys.stderr.write(f"nothing was begun in {folder}\n")
    if not parts:
        raise UsageError("There is nothing to merge.", remedy="name the shards' report directories")
    whole = merged.merge(parts, arguments.output)
    for line in terminal.summary(whole, folder=arguments.output):
        sys.stdout.write(f"{line.text}\n")
    exits = {Verdict.PASS: Exit.GOOD, Verdict.FAIL: Exit.BAD, Verdict.UNKNOWN: Exit.UNKNOWN}
    return exits[whole.conclusion.verdict]
