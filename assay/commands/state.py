"""`assay state show|migrate|unlock`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from assay.commands.deployments import PLACES, add_options, deployment
from assay.deployment import moves
from assay.deployment.state import State


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    state = commands.add_parser("state")
    actions = state.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("show", help="where it is and what is in it")
    show.set_defaults(run=_show)
    migrate = actions.add_parser("migrate", help="bring it to another place")
    migrate.add_argument("to", metavar="PLACE", help=PLACES)
    migrate.set_defaults(run=_migrate)
    unlock = actions.add_parser("unlock", help="take a lock away whose owner is gone")
    unlock.add_argument("lock", metavar="ID", help="as the message said")
    unlock.set_defaults(run=_unlock)
    for parser in (show, migrate, unlock):
        add_options(parser)


def _show(arguments: argparse.Namespace) -> int:
    where = deployment(arguments)
    there = where.terraform().resources()
    sys.stdout.write(f"{where.where()}: {len(there)} resources\n")
    return 0


def _migrate(arguments: argparse.Namespace) -> int:
    where, to = deployment(arguments), State.parse(arguments.to)
    kept_resources = moves.migrate(where, to)
    sys.stdout.write(f"the state of {where.environment.prefix} lies in {to}: "
                     f"{kept_resources} resources\n")  # fmt: skip
    return 0


def _unlock(arguments: argparse.Namespace) -> int:
    moves.unlock(deployment(arguments), arguments.lock)
    sys.stdout.write("unlocked; see what is half done: assay deploy --until plan\n")
    return 0
