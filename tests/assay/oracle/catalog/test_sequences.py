"""The state of sequences: exactly the same, or ahead of all that the source has given."""

from __future__ import annotations

import pytest

from assay.oracle.catalog.item import Item
from assay.oracle.catalog.sequences import ahead_state, exact_state
from assay.oracle.words.finding import Finding


def state(last: int, *, called: bool = True, step: int = 1, cache: int = 1) -> Item:
    properties = {
        "last_value": str(last),
        "is_called": "true" if called else "false",
        "increment": str(step),
        "cache": str(cache),
    }
    return Item("sequence-state", "public.s", properties)


def test_exact_compares_both_parts():
    assert exact_state(state(5), state(5)) == []
    found = exact_state(state(5), state(1, called=False))
    assert [finding.column for finding in found] == ["last_value", "is_called"]


@pytest.mark.parametrize(
    ("source", "target", "good"),
    [
        (state(10), state(10), True),
        (state(10), state(11, called=False), True),
        (state(10), state(10, called=False), False),
        (state(10), state(9), False),
        (state(1, called=False), state(1, called=False), True),
        (state(10), state(40), True),
        (state(10), state(60), False),
        (state(10, cache=50), state(400, cache=50), True),
        (state(-10, step=-1), state(-10, step=-1), True),
        (state(-10, step=-1), state(-9, step=-1), False),
        (state(-10, step=-1), state(-60, step=-1), False),
        (state(100, step=10), state(100, step=10), True),
    ],
)
def test_ahead_means_beyond_what_was_given_and_not_absurdly_far(source, target, good):
    assert (ahead_state(source, target) == []) is good


@pytest.mark.parametrize(
    ("source", "target", "wanted", "said"),
    [
        (state(10), state(9), "given up to 10", "next is 10 (behind)"),
        (state(10), state(60), "given up to 10", "next is 61 (far ahead)"),
        (state(10, step=5), state(10, called=False, step=5), "given up to 10",
         "next is 10 (behind)"),
        (state(3, called=False), state(2, called=False), "given up to 2", "next is 2 (behind)"),
        (state(-4, step=-2), state(-2, step=-2), "given up to -4", "next is -4 (behind)"),
    ],
)  # fmt: skip
def test_a_sequence_that_is_not_ahead_is_told_with_both_values(source, target, wanted, said):
    assert ahead_state(source, target) == [
        Finding("sequence-state", "public.s", None, "last_value", wanted, said)
    ]


@pytest.mark.parametrize(("last", "good"), [(51, True), (52, False)])
def test_far_ahead_is_beyond_ten_caches_and_what_a_crash_may_skip(last, good):
    # 10 * cache + 32 steps beyond what was given
    assert (ahead_state(state(10), state(last)) == []) is good


def test_exact_tells_both_values():
    assert exact_state(state(5), state(1, called=False)) == [
        Finding("sequence-state", "public.s", None, "last_value", "5", "1"),
        Finding("sequence-state", "public.s", None, "is_called", "true", "false"),
    ]
