"""`assay sweep`."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    sweeper = commands.add_parser("sweep")
    sweeper.add_argument("--dry-run", action="store_true", help="only show it")
    sweeper.add_argument("--environment", metavar="NAME",
                         help="instead: what is in no state, or has outlived its time")  # fmt: skip
    sweeper.add_argument("--cloud", default="local", metavar="NAME",
                         help="the kept local cloud for the environment local")  # fmt: skip
    sweeper.add_argument("--apply", action="store_true",
                         help="remove what was found of the environment")  # fmt: skip
    sweeper.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """End what dead or kept runs left on this machine; of an environment, show or remove it."""
    from assay.deployment import deploy, kept
    from assay.postgres import sweep

    if arguments.environment:
        return _sweep_environment(arguments)
    stale = sweep.find()
    for one in stale:
        _say(f"{'would end' if arguments.dry_run else 'ending'} {one}")
        if not arguments.dry_run:
            sweep.remove(one)
    ended = [one for one in kept.every() if not one.runs]
    for cloud_ended in ended:
        _say(f"{'would remove' if arguments.dry_run else 'removing'} {cloud_ended}")
        if not arguments.dry_run:
            kept.stop(cloud_ended)
    over = deploy.expired()
    for name in over:
        _say(f"its time is over: assay sweep --environment {name} --apply")
    _say(f"{len(stale) + len(ended) + len(over)} found")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _sweep_environment(arguments: argparse.Namespace) -> int:
    """Show, and asked to remove, what is in no state and what has outlived its time."""
    from assay.commands.deployments import deployment, progress
    from assay.deployment import ladder, orphans

    where = deployment(arguments)
    found, over = ladder.orphans_of(where), ladder.overdue(where)
    for one in found:
        sys.stdout.write(f"in no state: {one}\n")
    if over:
        sys.stdout.write(f"over since {over}: {where.environment.prefix}\n")
    if found and arguments.apply:
        orphans.remove(where.account, where.environment, found, progress=progress())
    if over and arguments.apply:
        ladder.destroy(where, progress=progress())
    if (found or over) and not arguments.apply:
        sys.stdout.write("nothing was removed: --apply removes\n")
    sys.stdout.write(f"{len(found) + bool(over)} found\n")
    return 0
