"""`assay fuzz`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from assay import environment
from assay.commands.job import client_of
from assay.smoke import fuzz as fuzzing


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    fuzz = commands.add_parser("fuzz")
    fuzz.add_argument("--endpoint", metavar="URL", default=environment.variable("API_ENDPOINT"),
                      help="default: API_ENDPOINT; the key is in ASSAY_API_KEY")  # fmt: skip
    fuzz.add_argument("--examples", type=int, default=100, metavar="N", help="for each operation")
    fuzz.add_argument("--seconds", type=float, default=600, metavar="N", help="at most")
    fuzz.add_argument("--seed", type=int, default=1, metavar="N")
    fuzz.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Send wrong requests made from the API's description; 1 when one was not refused."""
    sys.stderr.write("only wrong requests are sent: no job is created\n")
    fuzzed = fuzzing.run(
        client_of(arguments),
        examples=arguments.examples,
        seconds=arguments.seconds,
        seed=arguments.seed,
    )
    sys.stdout.write(fuzzed.report)
    return 0 if fuzzed.good else 1
