"""What a run costs: wall time, and processor time with that of the servers it left to end."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from assay.clock import monotonic, pause

SETTLE = 15.0  # seconds for servers to end after their run
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(slots=True)
class Price:
    """Seconds of each run, in the order of the runs."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @contextmanager
    def run(self) -> Iterator[None]:
        """Add what is done here; `adopt_orphans` lets servers count that outlive it."""
        began, used = monotonic(), _processor()
        yield
        self.wall.append(monotonic() - began)
        _reap()
        self.processor.append(_processor() - used)


def adopt_orphans() -> None:
    """Let servers whose parents have ended become children of this process."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _processor() -> float:
    """Seconds of a processor that our children have used, and what they left behind."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _reap() -> None:
    """Wait for what a run left to end: its servers, which become our children."""
    until = monotonic() + SETTLE
    with suppress(ChildProcessError):
        while monotonic() < until:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                pause(0.05)
