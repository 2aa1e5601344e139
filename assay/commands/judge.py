"""`assay judge RUN`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from assay.exits import Exit


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    judge = commands.add_parser("judge")
    judge.add_argument("run_dir", type=Path, metavar="RUN", help="a report directory")
    judge.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Judge a stored run again: 1 where a verdict has changed, 2 where there is none."""
    from assay.report.rejudge import rejudge

    judged = list(rejudge(arguments.run_dir))
    changed = [one for one in judged if one.changed]
    for one in changed:
        where = f"{one.case.case} {one.case.replicator} {one.case.pg}"
        for phase, before, now in one.changed:
            was, is_now = (each.outcome if each else "not judged" for each in (before, now))
            why = f": {now.why}" if now and now.why else ""
            sys.stdout.write(f"{where} {phase}: was {was}, is {is_now}{why}\n")
    sys.stdout.write(f"{len(judged)} judged again, {len(changed)} otherwise than before\n")
    return Exit.BAD if changed else Exit.GOOD if judged else Exit.UNKNOWN
