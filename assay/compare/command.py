"""`assay compare SOURCE TARGET`: how it is called; what it does is loaded when it is asked for."""

from __future__ import annotations

import argparse
from typing import Any

from assay.compare import options
from assay.compare.start import without_collecting
from assay.exits import ending_at_once


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    parser = commands.add_parser(
        "compare",
        description="Compare two databases: schema, rows, sequences, large objects, roles. Writes"
        " nothing to them. Exit 0 equal, 1 different, 2 could not tell, 3 output could not be"
        " written, 4 wrong use or set-up, 130 interrupted.",
        epilog="SOURCE and TARGET are libpq connection strings or URLs without a password:"
        " passfile, service (service=NAME) and environment are read.",
    )
    parser.add_argument("source", metavar="SOURCE", nargs="?")
    parser.add_argument("target", metavar="TARGET", nargs="?")
    options.add_options(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    with without_collecting(), ending_at_once():
        from assay.compare.run import run

    return run(arguments)
