"""How a replicator did in a phase of a case, and what a whole run came to."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """From best to worst; the last two stand apart: nothing was proved, nothing was asked."""

    FAITHFUL = "FAITHFUL"  # the target is the source
    REFUSED = "REFUSED"  # said no, loudly, before any change
    FAILED_LOUD = "FAILED_LOUD"  # non-zero exit, crash or time limit; no debris
    FAILED_DIRTY = "FAILED_DIRTY"  # the same, with debris left
    SILENT_WRONG = "SILENT_WRONG"  # exit 0, and the oracle disagrees
    UNKNOWN = "UNKNOWN"
    NOT_REACHED = "NOT_REACHED"  # an earlier phase failed, and this one needs what it makes

    @property
    def rank(self) -> int:
        """0 for the best; what was never asked is no worse than that."""
        return 0 if self is Outcome.NOT_REACHED else list(Outcome).index(self)


class Verdict(StrEnum):
    """Of a run. Only one is good; FAIL outranks UNKNOWN."""

    PASS = "PASS"
    UNKNOWN = "UNKNOWN"
    FAIL = "FAIL"

    @property
    def exit_code(self) -> int:
        """What pytest ends with: PASS 0, FAIL 1, UNKNOWN 5."""
        return {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.UNKNOWN: 5}[self]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst verdict wins; no verdict at all is UNKNOWN."""
    order = list(Verdict)
    return max(verdicts, key=order.index, default=Verdict.UNKNOWN)
