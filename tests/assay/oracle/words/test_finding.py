"""A comparison's conclusion: nothing compared is UNKNOWN, a finding outranks a doubt."""

from __future__ import annotations

import pytest

from assay.errors import SetupError
from assay.oracle.words.collector import Collector
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import (
    Comparison,
    Cost,
    Equality,
    Finding,
    conclude,
    merge_comparisons,
    unknown,
)
from assay.oracle.words.route import Route

FINDING = Finding("row", "public.t", "1", "v", "a", "b")


def test_nothing_compared_is_unknown():
    comparison = conclude([], compared={"relations": 0, "rows": 0})
    assert (comparison.equality, comparison.why) == (Equality.UNKNOWN, "nothing was compared")


def test_something_compared_without_a_finding_is_equal():
    assert conclude([], compared={"relations": 1}).equality is Equality.EQUAL


def test_one_finding_is_different():
    assert conclude([FINDING], compared={}).equality is Equality.DIFFERENT


def test_a_difference_is_one_even_where_something_else_could_not_be_read():
    doubt = Doubt("public.u: no privilege", "source", remedy="grant it")
    comparison = conclude([FINDING], compared={"relations": 1}, doubts=[doubt])
    assert (comparison.equality, comparison.why) == (Equality.DIFFERENT, None)
    assert comparison.doubts == (doubt,)


def test_a_doubt_without_a_finding_is_unknown_and_says_why():
    doubts = [Doubt("one", "source", "seen"), Doubt("another", remedy="look")]
    comparison = conclude([], compared={"relations": 1}, doubts=doubts)
    assert comparison.equality is Equality.UNKNOWN
    assert comparison.why == "source one (seen); another"


def test_a_finding_that_a_doubt_spoils_does_not_count():
    spoilt = Doubt("truncated", spoils=("row public.t",))
    comparison = conclude([FINDING], compared={"relations": 1}, doubts=[spoilt])
    assert (comparison.equality, comparison.findings) == (Equality.UNKNOWN, (FINDING,))
    other = Finding("table", "public.t")
    assert conclude([FINDING, other], compared={}, doubts=[spoilt]).equality is Equality.DIFFERENT


def test_trouble_becomes_a_doubt_in_its_three_parts():
    error = SetupError("It broke.", evidence="a\n  trace", remedy="mend it")
    assert Doubt.of(error, doing="connecting") == Doubt(
        "connecting: It broke.", evidence="a trace", remedy="mend it"
    )
    assert Doubt.of(OSError(), doing="reading").what == "reading: OSError"


def test_two_comparisons_are_one():
    one = conclude(
        [FINDING], compared={"rows": 2, "objects": 1}, proved={"bytes": 2}, seconds=1.0, omitted=1,
        totals={"row public.t": 2}, cost={"source": Cost(1.0, 2, "30min", "30s")}, position="0/1",
        identified={"public.t": ("id",)}, warnings=["w"], left_out=["roles"], used=[Route.MERGED],
    )  # fmt: skip
    doubt = Doubt("public.u: truncated", "target", spoils=("row public.u",))
    other = conclude(
        [], compared={"rows": 3}, proved={"hash-64": 1, "bytes": 2}, seconds=0.5, doubts=[doubt],
        cost={"source": Cost(0.5, 1, "30min", "30s"), "target": Cost(2.0, 1, "30min", "30s")},
        totals={"row public.t": 5}, identified={"public.t": ()}, warnings=["v"],
        left_out=["roles", "rows"], used=[Route.CATALOGS, Route.MERGED],
    )  # fmt: skip
    merged = merge_comparisons(one, other, prefix="shop: ")
    assert merged == Comparison(
        Equality.DIFFERENT,
        (FINDING,),
        omitted=1,
        compared={"rows": 5, "objects": 1},
        proved={"bytes": 4, "hash-64": 1},
        warnings=("w", "shop: v"),
        seconds=1.5,
        totals={"row public.t": 2, "row shop: public.t": 5},
        cost={"source": Cost(1.5, 2, "30min", "30s"), "target": Cost(2.0, 1, "30min", "30s")},
        identified={"public.t": ("id",), "shop: public.t": ()},
        doubts=(Doubt("shop: public.u: truncated", "target", spoils=("row shop: public.u",)),),
        left_out=("roles", "rows"),
        used=(Route.MERGED, Route.CATALOGS),
    )
    assert merged.proof == "hash-64"
    assert merge_comparisons(other, one).findings == (FINDING,)


@pytest.mark.parametrize("place", [0, 1])
def test_merged_the_worst_that_is_proved_wins(place):
    equal = conclude([], compared={"rows": 1})
    different = conclude([FINDING], compared={"rows": 1})
    doubtful = conclude([], compared={"rows": 1}, doubts=[Doubt("so")])

    def merged(*pair) -> Comparison:
        return merge_comparisons(*(pair if place else pair[::-1]))

    assert merged(equal, equal).equality is Equality.EQUAL
    assert merged(equal, doubtful).equality is Equality.UNKNOWN
    assert merged(equal, doubtful).why == "so"
    assert merged(different, doubtful).equality is Equality.DIFFERENT
    assert merged(different, doubtful).doubts == (Doubt("so"),)
    assert merged(equal, different).equality is Equality.DIFFERENT


def test_what_makes_it_unknown_is_added_to_what_was_in_doubt():
    first = conclude([FINDING], compared={"rows": 1}, doubts=[Doubt("one")])
    seen = unknown(first, Doubt("another"))
    assert (seen.equality, seen.why, seen.findings) == (
        Equality.UNKNOWN, "one; another", (FINDING,),
    )  # fmt: skip


def test_the_collector_counts_what_it_does_not_keep():
    collector = Collector(1)
    collector.extend([FINDING, FINDING, FINDING])
    assert (len(collector.kept), collector.omitted) == (1, 2)
    assert collector.totals == {"row public.t": 3}


def test_everything_that_is_given_stands_in_the_comparison():
    comparison = conclude(
        [FINDING, FINDING, FINDING],
        compared={"relations": 1},
        limit=2,
        warnings=["careful"],
        seconds=1.23456,
        omitted=5,
        proved={"bytes": 7},
        totals={"row public.t": 8},
        cost={"source": Cost(1.0, 2, "30min", "30s")},
        position="0/1",
    )
    assert comparison == Comparison(
        Equality.DIFFERENT,
        (FINDING, FINDING),
        omitted=6,
        compared={"relations": 1},
        proved={"bytes": 7},
        why=None,
        warnings=("careful",),
        seconds=1.235,
        totals={"row public.t": 8},
        cost={"source": Cost(1.0, 2, "30min", "30s")},
        position="0/1",
    )


def test_without_more_a_comparison_is_plain_and_counts_for_itself():
    other = Finding("row", "public.u")
    assert conclude([FINDING, other, FINDING], compared={}) == Comparison(
        Equality.DIFFERENT,
        (FINDING, other, FINDING),
        totals={"row public.t": 2, "row public.u": 1},
    )
    kept = conclude([FINDING] * 101, compared={})
    assert (len(kept.findings), kept.omitted) == (100, 1)
    assert conclude([FINDING] * 101, compared={}, limit=None).omitted == 0


def test_a_finding_reads_as_a_sentence():
    assert str(FINDING) == "row public.t [1] v: source a, target b"
    assert str(Finding("table", "public.t", source="present")) == (
        "table public.t: source present, target (absent)"
    )
    assert str(Finding("row", "t", "k", None, None, "(1)")) == (
        "row t [k]: source (absent), target (1)"
    )


def test_a_long_value_is_cut_and_says_how_long_it_is():
    whole, long = "x" * 120, "y" * 121
    assert str(Finding("row", "t", "1", "v", whole, long)) == (
        f"row t [1] v: source {whole}, target {'y' * 100}… (121 characters)"
    )


def test_the_weakest_proof_is_the_proof():
    proved = {"bytes": 1, "hash-256": 2, "hash-64": 3}
    assert conclude([], compared={"rows": 6}, proved=proved).proof == "hash-64"
    assert (
        conclude([], compared={"rows": 6}, proved={"bytes": 1, "hash-256": 2}).proof == "hash-256"
    )
    assert conclude([], compared={"rows": 6}, proved={"bytes": 1}).proof == "bytes"
