"""The only reader of the clock, and the only one that sleeps."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """The present moment in UTC, to the millisecond."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def written(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: texts of this form sort by time."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(text: str) -> datetime:
    """The moment that `written` wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def ago(seconds: float) -> datetime:
    """The moment so many seconds before now."""
    return utc_now() - timedelta(seconds=seconds)


def pause(seconds: float) -> None:
    """Sleep."""
    time.sleep(seconds)


def back_off(attempt: int, *, first: float = 0.05, most: float = 5.0) -> None:
    """Sleep before the next attempt, twice as long each time, at random so that rivals part."""
    pause(random.uniform(0.5, 1) * min(most, first * 2**attempt))
