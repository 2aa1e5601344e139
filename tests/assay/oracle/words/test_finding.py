"""A comparison's conclusion: nothing compared is UNKNOWN, a cause outranks findings."""

from __future__ import annotations

from assay.oracle.words.collector import Collector
from assay.oracle.words.finding import Comparison, Cost, Equality, Finding, conclude

FINDING = Finding("row", "public.t", "1", "v", "a", "b")


def test_nothing_compared_is_unknown():
    comparison = conclude([], compared={"relations": 0, "rows": 0})
    assert (comparison.equality, comparison.why) == (Equality.UNKNOWN, "nothing was compared")


def test_something_compared_without_a_finding_is_equal():
    assert conclude([], compared={"relations": 1}).equality is Equality.EQUAL


def test_one_finding_is_different():
    assert conclude([FINDING], compared={}).equality is Equality.DIFFERENT


def test_a_cause_makes_it_unknown_and_keeps_what_was_found():
    comparison = conclude([FINDING], compared={"relations": 1}, unknown="the server went away")
    assert (comparison.equality, comparison.findings) == (Equality.UNKNOWN, (FINDING,))


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
