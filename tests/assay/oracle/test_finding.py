"""A comparison's conclusion: nothing compared is UNKNOWN, a cause outranks findings."""

from __future__ import annotations

from assay.oracle.collector import Collector
from assay.oracle.finding import Equality, Finding, conclude

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
