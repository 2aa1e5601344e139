"""`assay history`."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.errors import UsageError
from assay.exits import Exit

if TYPE_CHECKING:
    from assay.delivery.history import Change


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    history = commands.add_parser(
        "history",
        description="What runs where since when, approved by whom, from which evidence, and the"
        " DORA measures; from the journals of deployments and of smoke runs.",
    )
    history.add_argument("folders", type=Path, nargs="*", metavar="FOLDER",
                         help="an environment's journal (default: .assay/steps/*);"
                         " several of one name are one environment's")  # fmt: skip
    history.add_argument("--runs", type=Path, metavar="DIR",
                         help="where smoke runs lie (default: .assay/runs)")  # fmt: skip
    history.add_argument("--days", type=float, default=90, metavar="N", help="default: 90")
    history.add_argument("--json", action="store_true", help="a document on standard output")
    history.add_argument("--html", type=Path, metavar="FILE", help="the page as well")
    history.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Tell what runs where; 2 where no deployment is known."""
    from assay.delivery import history, history_page
    from assay.deployment.checklist import RUNS
    from assay.deployment.deploy import STEPS
    from assay.deployment.steps import JOURNAL

    if arguments.days <= 0:
        raise UsageError("--days is a number above zero.")
    folders = arguments.folders or sorted(one.parent for one in STEPS.glob(f"*/{JOURNAL}"))
    runs = history.smoke_runs(sorted((arguments.runs or RUNS).glob("*")))
    now = datetime.now(UTC)
    found: dict[str, list[Change]] = {}
    for folder in folders:  # a runner has a journal of its own each time
        found.setdefault(folder.name, []).extend(history.changes_in(folder, committed=_committed))
    told = []
    for name, unsorted in found.items():
        changes = history.with_smoke(sorted(unsorted, key=lambda one: one.began), runs)
        told.append(history_page.Environment.of(name, changes, now=now, days=arguments.days))
    if arguments.html is not None:
        arguments.html.write_text(history_page.render(told, now), encoding="utf-8")
    if arguments.json:
        sys.stdout.write(json.dumps(history_page.document(told, now), indent=1) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in history_page.lines(told)))
    if not any(one.changes for one in told):
        sys.stderr.write("no deployment is known\n")
        return Exit.UNKNOWN
    return Exit.GOOD


def _committed(commit: str) -> datetime | None:
    """When a commit was made, as git says; None where it does not know it."""
    from assay import environment
    from assay.deployment.places import CLONE
    from assay.process import execute

    argv = ["git", "show", "-s", "--format=%cI", f"{commit}^{{commit}}", "--"]
    done = execute(argv, env=environment.inherited("HOME"), cwd=CLONE, timeout=30)
    return datetime.fromisoformat(done.stdout.strip()) if done.ok and done.stdout.strip() else None
