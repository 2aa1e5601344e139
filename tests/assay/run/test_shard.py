"""Dealing items to shards: all of them, once, the same everywhere, and evenly by duration."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import UsageError
from assay.run.shard import Shard, Unit, digest, node_ids, plain, split

FEW = settings(deadline=None, max_examples=40, database=None)
SECONDS = st.one_of(st.none(), st.floats(0, 500))
UNITS = st.dictionaries(st.text("abcdef", min_size=1), SECONDS, min_size=1).map(
    lambda known: [Unit((name,), seconds) for name, seconds in known.items()]
)


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "1/0", "a/b", "1/3/4", "-1/3", "", "1 / 3"])
def test_what_is_no_part_of_a_whole_is_refused(text):
    with pytest.raises(UsageError, match="no part of a whole"):
        Shard.parse(text)


def test_a_part_is_counted_from_one():
    assert Shard.parse("3/8") == Shard(3, 8)
    assert str(Shard.parse("8/8")) == "shard 8/8"


@FEW
@given(UNITS, st.integers(1, 12), st.randoms())
def test_every_unit_is_in_one_part_whatever_their_order(units, of, random):
    parts = split(units, of)
    assert len(parts) == of
    assert sorted(unit.items for part in parts for unit in part) == sorted(u.items for u in units)
    random.shuffle(units)
    assert split(units, of) == parts


@FEW
@given(UNITS, st.integers(1, 12))
def test_no_part_is_empty_while_there_are_enough(units, of):
    parts = split(units, of)
    assert sum(1 for part in parts if part) == min(of, len(units))


@FEW
@given(st.lists(st.floats(0.01, 500), min_size=1, max_size=60), st.integers(1, 12))
def test_no_part_takes_longer_than_its_share_and_one_more(seconds, of):
    parts = split([Unit((str(n),), s) for n, s in enumerate(seconds)], of)
    longest = max(sum(unit.seconds for unit in part) for part in parts)
    assert longest <= sum(seconds) / of + max(seconds) + 0.001


def test_what_takes_no_time_is_dealt_evenly():
    assert node_ids(split([Unit((name,), 0.0) for name in "abcd"], 2)) == (("a", "c"), ("b", "d"))


def test_the_longest_are_dealt_first():
    units = [Unit((name,), seconds) for name, seconds in zip("abcd", (1, 2, 3, 4), strict=True)]
    assert node_ids(split(units, 2)) == (("a", "d"), ("b", "c"))


def test_what_nobody_measured_counts_as_the_median():
    units = [Unit(("a",), 1), Unit(("b",), 10), Unit(("c",), 100), Unit(("d",)), Unit(("e",))]
    assert node_ids(split(units, 2)) == (("c",), ("a", "b", "d", "e"))


def test_a_group_stays_together():
    parts = node_ids(split([Unit(("a", "b", "c"), 1), Unit(("d",), 9)], 2))
    assert parts == (("d",), ("a", "b", "c"))


def test_the_digest_is_of_the_parts_and_of_the_files():
    parts, files = (("a",), ("b",)), {"x.sql": "1"}
    assert digest(parts, files) == digest(parts, dict(files))
    others = {digest(parts, {"x.sql": "2"}), digest((("b",), ("a",)), files), digest(parts, {})}
    assert len({digest(parts, files), *others}) == 4


@pytest.mark.parametrize(
    ("nodeid", "known"),
    [("a.py::test[x]@group", "a.py::test[x]"), ("a.py::test[x@y]", "a.py::test[x@y]"),
     ("a.py::test@group", "a.py::test")],
)  # fmt: skip
def test_the_group_that_xdist_adds_is_no_part_of_a_name(nodeid, known):
    assert plain(nodeid) == known
