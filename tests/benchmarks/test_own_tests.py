"""Older tests are found again by their names, wherever their files have gone."""

from __future__ import annotations

import pytest

from benchmarks.own_tests import applying

OURS = ["a.py::test_x[1]", "a.py::test_x[2]", "new/b.py::test_y", "new/b.py::test_z",
        "new/c.py::TestOf::test_y", "new/c.py::test_z"]  # fmt: skip


@pytest.mark.parametrize(
    ("older", "found"),
    [
        ("a.py::test_x[2]", ["a.py::test_x[2]"]),
        ("a.py::test_x[called otherwise]", ["a.py::test_x[1]", "a.py::test_x[2]"]),
        ("b.py::test_y", ["new/b.py::test_y"]),
        ("b.py::test_z", ["new/b.py::test_z"]),  # where its neighbour is
        ("c.py::TestOf::test_y", ["new/c.py::TestOf::test_y"]),
    ],
)
def test_an_older_test_is_found_again(older, found):
    neighbours = ["b.py::test_y"]
    assert applying([older, *neighbours], OURS)[older] == found


def test_one_that_is_gone_is_not_made_up():
    assert applying(["a.py::test_gone"], OURS) == {}
