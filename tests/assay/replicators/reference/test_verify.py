"""How the reference's verify walks two sides."""

import pytest

from assay.replicators.reference.verify import Row, _merge

A, B, C = ("(1)", b"a"), ("(2)", b"b"), ("(3)", b"c")


@pytest.mark.parametrize(
    ("source", "target", "named"),
    [
        ([A, B], [A], "key (2), only on the source"),
        ([A], [A, B], "key (2), only on the target"),
        ([A, B, C], [A, ("(2)", b"x"), C], "key (2), only on the source"),
        ([("", b"a"), ("", b"a")], [("", b"a")], "sha256 61, only on the source"),
    ],
)
def test_the_first_difference_is_named(source: list[Row], target: list[Row], named: str):
    count = _merge(iter(source), iter(target))
    assert count.difference is not None
    assert named in count.difference
    assert (count.source, count.target) == (len(source), len(target))


@pytest.mark.parametrize("rows", [[], [A, B, C], [("", b"a"), ("", b"a")]])
def test_equal_sides_have_no_difference(rows: list[Row]):
    assert _merge(iter(rows), iter(rows)).difference is None
