"""What the exit code of every `assay` command says, and how one ends before it has begun."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

INTERRUPTED = "interrupted: nothing was proved"


class Exit(IntEnum):
    """0 to 2 are verdicts; from 3 on the command did not come to say one as it was asked to."""

    GOOD = 0  # equal, done
    BAD = 1  # different, failed
    UNKNOWN = 2  # could not tell
    NOT_WRITTEN = 3  # the page, the file or standard output: a full disk, a missing folder
    REFUSED = 4  # wrong use, or a set-up in which the command cannot run
    INTERRUPTED = 130  # Ctrl-C
    CLOSED_PIPE = 141  # whoever read our output has gone


@contextmanager
def ending_at_once() -> Iterator[None]:
    """While modules load, Ctrl-C ends the program itself: there is nothing yet to clean up.

    An exception there may be lost: what imports call back does not hand it on.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # who ignores Ctrl-C goes on ignoring it
        signal.signal(signal.SIGINT, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def ignore_interrupts() -> None:
    """The answer was given: while the interpreter ends, nothing changes the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end(_number: int, _frame: object) -> None:
    os.write(2, f"{INTERRUPTED}\n".encode())
    os._exit(Exit.INTERRUPTED)
