"""`assay destroy`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from assay.commands.deployments import add_options, deployment, progress
from assay.deployment import ladder


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    destroy = commands.add_parser("destroy")
    destroy.add_argument("--apply", action="store_true", help="really; else only show it")
    add_options(destroy)
    destroy.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Remove a deployment; on a real account only where that was asked for."""
    where = deployment(arguments)
    if not arguments.apply and not where.environment.local:
        for line in where.terraform().resources():
            sys.stdout.write(f"would remove {line}\n")
        sys.stdout.write("nothing was removed: --apply removes\n")
        return 0
    ladder.destroy(where, progress=progress())
    sys.stdout.write(f"{where.environment.prefix} is gone\n")
    return 0
