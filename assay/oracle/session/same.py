"""Whether two sessions are in one database: a comparison of something with itself tells nothing."""

from __future__ import annotations

import secrets

from assay.errors import SetupError
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both

_TAKE = "select pg_try_advisory_xact_lock(%s)"


def demand_two_databases(sides: Both[Side]) -> None:
    """Raise SetupError where both sides are one database of one running server.

    An advisory lock is known to the sessions of one database of one server and to no others: not
    to a standby, which shares the system identifier with its primary, nor to a restored backup.
    """
    key = secrets.randbits(63)
    for side in sides:
        row = side.connection.execute(_TAKE, (key,)).fetchone()
        if row is not None and not row[0]:
            raise SetupError(
                "Both names lead to the same database of the same server.",
                evidence="an advisory lock that one session took was seen by the other",
                remedy="name two databases",
            )
