"""A stream carries a row twice before it is believed, and is not waited for twice in vain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from assay.conformance.stage import StageInMaking
from assay.postgres.barrier import Barrier

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

    def barrier(stage: StageInMaking) -> bool:
        one = left.pop(0)
        stage.parts = replace(stage.parts, barrier=one)
        return one.crossed or one.claimed

    monkeypatch.setattr(StageInMaking, "barrier", barrier)
    assert StageInMaking(cast("Any", None), "live").travel() is goes_on
    assert len(seen) - len(left) == asked
