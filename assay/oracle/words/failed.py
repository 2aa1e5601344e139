"""What a server said instead of what it was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from assay.errors import ServerError
from assay.oracle.words.scope import SideName

LOCKED, _CANCELED = "55P03", "57014"  # a lock was not to be had; a statement was ended
_REMEDIES = {  # by condition, or by its class
    LOCKED: "compare again when nobody holds the lock, or give --lock-timeout more time",
    _CANCELED: "give --statement-timeout more time",
    "42501": "grant what is missing, or connect as another role",
    "42": "it was dropped, renamed or changed meanwhile: compare again when nobody does that",
    "53": "give the server what it lacks",
    "XX": "mend what the server names: it may be damaged",
}
_OTHERWISE = "mend what the server names"


class ReadFailed(ServerError):
    """A server's error, with the side that said it and its condition, an SQLSTATE."""

    def __init__(self, side: SideName, condition: str, said: str) -> None:
        """Keep them; what to do follows from the condition."""
        self.side = side
        self.condition = condition
        remedy = _REMEDIES.get(condition) or _REMEDIES.get(condition[:2], _OTHERWISE)
        super().__init__(said, remedy=remedy)


@contextmanager
def failures_of(side: SideName) -> Iterator[None]:
    """Name the side in what its server says."""
    try:
        yield
    except psycopg.Error as error:
        said = ": ".join(filter(None, (error.diag.message_primary, error.diag.message_detail)))
        raise ReadFailed(side, error.sqlstate or "", said or str(error)) from error
