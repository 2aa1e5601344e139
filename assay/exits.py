"""What the exit code of every `assay` command says."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """0 to 2 are verdicts; from 3 on the command did not come to say one as it was asked to."""

    GOOD = 0  # equal, done
    BAD = 1  # different, failed
    UNKNOWN = 2  # could not tell
    NOT_WRITTEN = 3  # the page, the file or standard output: a full disk, a missing folder
    REFUSED = 4  # wrong use, or a set-up in which the command cannot run
    INTERRUPTED = 130  # Ctrl-C
    CLOSED_PIPE = 141  # whoever read our output has gone
