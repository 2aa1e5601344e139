"""The ways that lead to a verdict: a run may only trust those that its self-test went through."""

from __future__ import annotations

from enum import StrEnum


class Route(StrEnum):
    """How something was compared."""

    CATALOGS = "the catalogs"
    MERGED = "rows read in order"
    TOGETHER = "rows of many small tables at once"
    STRETCHES = "digests of stretches of rows"
    BUCKETS = "digests of buckets of rows"
    KEYLESS = "digests of a table without a key"
    BINARY = "rows in the binary form of COPY"
    DUMP = "pg_dump's opinion"
    GLOBALS = "pg_dumpall's opinion"
    LIVE = "looking again at what differs"
