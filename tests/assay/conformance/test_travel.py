"""A stream carries a row twice before it is believed, and nothing is waited for in vain."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from assay.conformance import stage
from assay.conformance.stage import StageInMaking
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.oracle.words.kinds import Kind
from assay.postgres.barrier import Barrier
from assay.replicators.base import Leftovers

CROSSED = Barrier(crossed=True, seconds=0.1)
CLAIMED = Barrier(crossed=False, seconds=6.0, claimed=True)
STALLED = Barrier(crossed=False, seconds=30.0)


@pytest.mark.parametrize(
    ("seen", "asked", "goes_on"),
    [
        ((CROSSED, CROSSED), 2, True),
        ((CROSSED, STALLED), 2, False),
        ((CLAIMED,), 1, True),
        ((STALLED,), 1, False),
    ],
)
def test_what_was_claimed_in_vain_is_not_waited_for_again(
    seen: tuple[Barrier, ...], asked: int, goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = list(seen)

    def barrier(made: StageInMaking) -> bool:
        one = left.pop(0)
        made.parts = replace(made.parts, barrier=one)
        return one.crossed or one.claimed

    monkeypatch.setattr(StageInMaking, "barrier", barrier)
    assert StageInMaking(cast("Any", None), "live").travel() is goes_on
    assert len(seen) - len(left) == asked


DIFFERENT, OTHER = (
    Comparison(Equality.DIFFERENT, (Finding(Kind.TABLE, name, source="table"),)) for name in "ab"
)
EQUAL = Comparison(Equality.EQUAL)
UNCLEAR = Comparison(Equality.UNKNOWN, why="dropped meanwhile")


@pytest.mark.parametrize(
    ("phase", "seen", "looks"),
    [
        ("init", (DIFFERENT, OTHER, UNCLEAR, UNCLEAR, EQUAL), 5),
        ("init", (DIFFERENT, OTHER, OTHER, EQUAL), 3),
        ("live", (DIFFERENT, EQUAL), 1),
    ],
)
def test_a_copy_that_its_tool_still_works_on_is_looked_at_until_it_comes_to_rest(
    phase: str, seen: tuple[Comparison, ...], looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = list(seen)
    bench = SimpleNamespace(
        case=SimpleNamespace(timeout=60.0), tool=SimpleNamespace(streaming=lambda: True)
    )
    monkeypatch.setattr(stage, "pause", lambda _seconds: None)
    monkeypatch.setattr(StageInMaking, "_compared", lambda *_: left.pop(0))
    made = StageInMaking(cast("Any", bench), phase)
    assert made._at_rest("exact", Leftovers()) is seen[looks - 1]
    assert len(seen) - len(left) == looks
