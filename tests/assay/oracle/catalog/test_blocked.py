"""Reading goes on without what is held; a lock that is let go meanwhile is no reason to end."""

from __future__ import annotations

import pytest

from assay.oracle.catalog.blocked import read_around
from assay.oracle.session.side import Shared, open_side
from assay.oracle.words.both import Both
from assay.oracle.words.failed import LOCKED, ReadFailed
from assay.oracle.words.narrowing import WHOLE

pytestmark = pytest.mark.servers


@pytest.fixture
def sides(world):
    """Both sides, saved, of databases in which nothing is held."""
    with (
        open_side(world.source, name="source") as source,
        open_side(world.target, name="target") as target,
    ):
        shared = Shared()
        yield Both(source.common_with(target, shared), target.common_with(source, shared))


@pytest.mark.parametrize(
    ("condition", "failures", "read"),
    [(LOCKED, 1, True), (LOCKED, 2, False), ("XX000", 1, False), (LOCKED, 0, True)],
)
def test_what_fails_by_a_lock_that_nobody_holds_any_more_is_read_once_more(
    sides, condition, failures, read
):
    failing = [ReadFailed("target", condition, "no") for _ in range(failures)]

    def fails(_sides):
        if failing:
            raise failing.pop()
        return "read"

    told = []
    if read:
        assert read_around(sides, fails, narrowing=WHOLE, tell=told.append) == (sides, "read")
    else:
        with pytest.raises(ReadFailed, match="no"):
            read_around(sides, fails, narrowing=WHOLE, tell=told.append)
    assert told == []
