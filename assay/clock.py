"""The only module that sleeps: waits with a limit and a reason."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from assay.errors import TimedOut

T = TypeVar("T")


def wait_until(probe: Callable[[], T], *, what: str, timeout: float, every: float = 0.05) -> T:
    """Poll `probe` until its answer is true, and return that answer; times in seconds."""
    deadline = time.monotonic() + timeout
    while not (answer := probe()):
        if time.monotonic() >= deadline:
            raise TimedOut(
                f"Waited {timeout:g} s in vain for {what}.", evidence=f"last answer: {answer!r}"
            )
        time.sleep(every)
    return answer


def pause(seconds: float) -> None:
    """Sleep; for pacing only, never instead of waiting for a condition."""
    time.sleep(seconds)


def monotonic() -> float:
    """Seconds of a clock that never goes back."""
    return time.monotonic()


def utc_now() -> str:
    """The present moment as RFC 3339 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
