"""Which stretches are kept when rows do not quite lie in order."""

from __future__ import annotations

import pytest

from assay.oracle.stretches import _longest_chain

ORDERED = [(0, 0), (3, 1), (5, 9), (8, 2)]


@pytest.mark.parametrize(
    ("source", "target", "kept"),
    [
        (ORDERED, ORDERED, [0, 1, 2, 3]),
        ([(0, 0), (9, 1), (5, 9), (8, 2)], ORDERED, [0, 2, 3]),
        (ORDERED, [(0, 0), (3, 1), (9, 9), (8, 2)], [0, 1, 2]),
        ([(0, 0), (9, 1), (5, 9), (8, 2)], [(0, 0), (3, 1), (5, 9), (4, 2)], [0, 1]),
        ([(0, 0), (9, 0), (8, 0), (7, 0)], ORDERED, [0, 1]),
        ([(0, 0), (3, 1), (3, 1), (3, 1)], ORDERED, [0, 1, 2, 3]),
    ],
)  # fmt: skip
def test_the_most_that_are_in_order_on_both_sides_are_kept(source, target, kept):
    assert _longest_chain(list(zip(source, target, strict=True))) == kept
