"""The program: reads its arguments, does one command, says what went wrong in three parts."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import TextIO

import psycopg

from assay import environment
from assay.errors import AssayError, UsageError
from assay.redact import Scrubber
from assay.replicators.reference.context import Run
from assay.replicators.reference.cutover import cutover
from assay.replicators.reference.init import init
from assay.replicators.reference.options import Options, parse
from assay.replicators.reference.status import status
from assay.replicators.reference.sync import sync
from assay.replicators.reference.validate import validate
from assay.replicators.reference.verify import verify

Command = Callable[[Run], int]
COMMANDS: Mapping[str, Command] = {
    "validate": validate,
    "init": init,
    "sync": sync,
    "status": status,
    "verify": verify,
    "cutover": cutover,
}


def main(argv: Sequence[str]) -> int:
    """Do one command; 0 done, 1 refused or failed, 2 a usage error."""
    try:
        options = parse(argv)
    except UsageError as error:
        return complain(Scrubber(), error, code=2)
    return perform(options, COMMANDS[options.command])


def perform(options: Options, command: Command) -> int:
    """Run a command with its errors told, its secrets kept and its debris removed on SIGTERM."""
    environment.forget("PG")  # libpq would read them; our passfile's path is known by now
    scrubber = Scrubber()
    for address in (options.source, options.target):
        scrubber.learn(address.password)
    signal.signal(signal.SIGTERM, _interrupted)
    run = Run(
        options,
        say=lambda text: _write(sys.stdout, scrubber.scrub(text)),
        warn=lambda text: _write(sys.stderr, scrubber.scrub(text)),
        unscrubbed=lambda text: _write(sys.stdout, text),
    )
    try:
        return command(run)
    except (AssayError, psycopg.Error) as error:
        return complain(scrubber, error, code=1)
    except KeyboardInterrupt:
        return complain(scrubber, AssayError("Interrupted; what was begun is taken back."), code=1)


def complain(scrubber: Scrubber, error: Exception, *, code: int) -> int:
    """Tell an error on standard error; `code` is the exit code."""
    _write(sys.stderr, scrubber.scrub(f"Error: {error}"))
    return code


def _interrupted(number: int, frame: FrameType | None) -> None:
    """Turn SIGTERM into an exception, so that every clean-up runs; a second one is too late."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _write(stream: TextIO, text: str) -> None:
    stream.write(text + "\n")
    stream.flush()
