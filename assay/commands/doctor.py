"""`assay doctor`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from assay.commands.deployments import add_options, deployment
from assay.deployment import checklist


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    doctor = commands.add_parser("doctor")
    doctor.add_argument("--outputs", type=Path, metavar="FILE",
                        help="terraform output -json, where the state is elsewhere")  # fmt: skip
    add_options(doctor)
    doctor.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Go through the deployment checklist; nothing is written."""
    given = checklist.outputs_of(arguments.outputs) if arguments.outputs else None
    items = checklist.look(deployment(arguments), given)
    for line in checklist.lines(items):
        sys.stdout.write(f"{line}\n")
    return checklist.exit_code(items)
