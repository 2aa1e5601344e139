"""Large objects are compared by content, window by window, however many there are."""

from __future__ import annotations

import pytest

from assay.oracle.catalog.large_objects import WINDOW, large_object_items
from assay.oracle.session.side import open_side
from assay.oracle.words.finding import Equality
from assay.oracle.words.scope import Scope

pytestmark = pytest.mark.servers
SIZES = [1, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW, 2 * WINDOW + 7]


@pytest.fixture
def filled(world):
    """An object of each size, and an empty one."""
    for number, size in enumerate([0, *SIZES]):
        world.on_both(f"select lo_from_bytea({100 + number}, repeat('x', {size})::bytea)")
    return world


def found(world) -> list[str]:
    return [finding.object for finding in world.compare(Scope(roles=())).findings]


def test_equal_objects_are_equal_and_counted(filled):
    seen = filled.compare(Scope(roles=()))
    assert (seen.equality, seen.compared["large objects"]) == (Equality.EQUAL, 1 + len(SIZES))


@pytest.mark.parametrize("number", range(len(SIZES)))
def test_the_last_byte_of_each_is_seen(filled, number):
    oid, last = 101 + number, SIZES[number] - 1
    filled.on_target(f"select lo_put({oid}, {last}, 'y')")
    assert found(filled) == [str(oid)]


def test_a_byte_more_is_seen(filled):
    filled.on_target(f"select lo_put(100, 0, 'x'); select lo_put(103, {WINDOW}, 'x')")
    assert found(filled) == ["100", "103"]


def test_more_than_are_asked_for_at_once(world):
    world.on_both("select lo_from_bytea(200 + n, n::text::bytea) from generate_series(1, 10) n")
    world.on_target("select lo_put(203, 0, 'y'); select lo_put(204, 0, 'y')")
    with (
        open_side(world.source, name="source") as source,
        open_side(world.target, name="target") as target,
    ):
        ours, theirs = (large_object_items(side, together=3) for side in (source, target))
    assert [one.name for one in ours] == [str(200 + n) for n in range(1, 11)]
    unlike = [one.name for one, other in zip(ours, theirs, strict=True) if one != other]
    assert unlike == ["203", "204"]
