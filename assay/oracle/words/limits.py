"""What a comparison may cost a server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """As PostgreSQL writes durations.

    `statement` and `lock` are of each statement; `snapshot` is how many minutes a snapshot may be
    held, which keeps VACUUM from cleaning up behind it.
    """

    statement: str = "30min"
    lock: str = "30s"
    snapshot: float = 720.0
