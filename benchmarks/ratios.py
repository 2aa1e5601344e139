"""Whether one of two is slower, from pairs of timings: a sign test, and enough pairs or no verdict.

Each pair is measured at nearly the same time, so what disturbs the machine disturbs both; only the
order within it counts, so a wild timing weighs no more than any other. Two questions, each at the
level given:

* slower: is the median of the ratios shown to be above `NOISE`?
* as fast: is it shown to be below `LIMIT`? Then a slowdown of that size would have been seen.

Neither is shown: not enough runs. What is shown to lie between both is slower.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

LEVEL = 0.01  # of a whole run: of a hundred runs of equal code one may be called slower at most
NOISE, LIMIT = 1.03, 1.10  # ratios: what may always be, what has to be seen


class Speed(StrEnum):
    """What a comparison of timings came to."""

    AS_FAST = "as fast"
    SLOWER = "slower"
    NOT_ENOUGH = "not enough runs"


@dataclass(frozen=True, slots=True)
class Judged:
    """One measure: its ratios (this by base), and what they show at a level."""

    what: str
    ratios: tuple[float, ...]
    level: float

    @property
    def speed(self) -> Speed:
        """The verdict."""
        if self.above(NOISE) <= self.level:
            return Speed.SLOWER
        return Speed.AS_FAST if self.below(LIMIT) <= self.level else Speed.NOT_ENOUGH

    @property
    def median(self) -> float:
        """Of the ratios; not a number where there are none."""
        return statistics.median(self.ratios) if self.ratios else math.nan

    def above(self, ratio: float) -> float:
        """How likely so many larger ratios are, were the true median at most this one."""
        return tail(sum(one > ratio for one in self.ratios), len(self.ratios))

    def below(self, ratio: float) -> float:
        """How likely so many smaller ratios are, were the true median at least this one."""
        return tail(sum(one < ratio for one in self.ratios), len(self.ratios))

    def __str__(self) -> str:
        told = f"{self.what}: {self.speed}: median ratio {self.median:.3f}"
        told += f" of {len(self.ratios)} pairs; above {NOISE:g} p = {self.above(NOISE):.2g},"
        told += f" below {LIMIT:g} p = {self.below(LIMIT):.2g}, level {self.level:.2g}"
        if self.speed is Speed.NOT_ENOUGH and (need := enough(self.level)) > len(self.ratios):
            told += f"; fewer than {need} pairs can show nothing"
        return told


def judge(
    measures: dict[str, Sequence[tuple[float, float]]], *, level: float = LEVEL
) -> list[Judged]:
    """Judge pairs of timings (base, this) by measure; the level is shared among all of them."""
    shared = level / max(len(measures), 1)
    return [
        Judged(what, tuple(this / base for base, this in pairs), shared)
        for what, pairs in measures.items()
    ]


def conclude(judged: Sequence[Judged]) -> Speed:
    """Slower where one measure is; as fast where all are; of nothing there is not enough."""
    speeds = {one.speed for one in judged}
    if Speed.SLOWER in speeds:
        return Speed.SLOWER
    return Speed.AS_FAST if speeds == {Speed.AS_FAST} else Speed.NOT_ENOUGH


def tail(wins: int, of: int) -> float:
    """The likelihood of at least so many heads in so many throws of a coin."""
    return sum(math.comb(of, k) for k in range(wins, of + 1)) / 2**of


def enough(level: float) -> int:
    """The fewest pairs that can show anything at a level."""
    return math.ceil(-math.log2(level))
