"""What a load test came to: limits held against what was measured; of nothing no verdict."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LIMITS = Path(__file__).with_name("limits.toml")
STORM = "storm: "  # what the names of its answers begin with
ACCEPTED, REFUSED, ACTIVE = (STORM + word for word in ("accepted", "refused", "active"))


@dataclass(frozen=True, slots=True)
class Measured:
    """All requests of a name; times in milliseconds, from the moment at which one was due."""

    name: str
    count: int
    failures: int = 0
    p95: float = math.nan


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked: `p95` by name in milliseconds, the largest share of failures, `least` counts.

    Every name in `p95` has to have been measured.
    """

    p95: Mapping[str, float]
    failures: float
    least: int

    @classmethod
    def read(cls, path: Path = LIMITS) -> Limits:
        """From a file."""
        return cls(**tomllib.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Verdict:
    """PASS, FAIL or UNKNOWN, and what stands against a PASS."""

    word: str
    reasons: tuple[str, ...] = ()

    @property
    def exit(self) -> int:
        """0, 1, 2."""
        return ("PASS", "FAIL", "UNKNOWN").index(self.word)


def conclude(
    measured: Sequence[Measured],
    limits: Limits,
    *,
    mixed: bool,
    storm: int | None = None,
) -> Verdict:
    """The verdict; `mixed` and `storm` say what was asked for, a storm with the limit of jobs.

    FAIL outranks UNKNOWN, and nothing asked for is UNKNOWN.
    """
    known = {one.name: one for one in measured}
    bad, doubts = [*_failures(measured, limits)], []
    if mixed:
        bad += _slow(known, limits)
        doubts += _thin(known, limits)
    if storm is not None:
        bad += _flooded(known, storm)
        doubts += _calm(known, storm)
    if not mixed and storm is None:
        doubts.append("nothing was asked for")
    if bad:
        return Verdict("FAIL", (*bad, *doubts))
    return Verdict("UNKNOWN", tuple(doubts)) if doubts else Verdict("PASS")


def _failures(measured: Sequence[Measured], limits: Limits) -> Iterator[str]:
    for one in measured:
        if one.count and one.failures / one.count > limits.failures:
            yield f"{one.name}: {one.failures} of {one.count} failed"


def _slow(known: Mapping[str, Measured], limits: Limits) -> Iterator[str]:
    for name, most in limits.p95.items():
        one = known.get(name)
        if one and one.count >= limits.least and not one.p95 <= most:
            yield f"{name}: p95 is {one.p95:.0f} ms, {most:.0f} are allowed"


def _thin(known: Mapping[str, Measured], limits: Limits) -> Iterator[str]:
    for name in limits.p95:
        count = known[name].count if name in known else 0
        if count < limits.least:
            yield f"{name}: measured {count} times, {limits.least} are the least"


def _flooded(known: Mapping[str, Measured], limit: int) -> Iterator[str]:
    active = known[ACTIVE].count if ACTIVE in known else 0
    if active > limit:
        yield f"storm: {active} jobs were active at once, {limit} are allowed"


def _calm(known: Mapping[str, Measured], limit: int) -> Iterator[str]:
    if ACCEPTED not in known:
        yield "storm: no job was accepted"
    if REFUSED not in known:
        yield f"storm: the limit of {limit} was not reached: no job was refused"
