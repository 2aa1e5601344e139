"""Outcomes of several runs are held against each other by what each phase came to."""

from __future__ import annotations

import pytest

from benchmarks.suite import differing, ended


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        ([{"a": "init FAITHFUL"}, {"a": "init FAITHFUL"}], []),
        ([{"a": "init FAITHFUL"}, {"a": "init UNKNOWN"}], ["a: init FAITHFUL, init UNKNOWN"]),
        ([{"a": "init FAITHFUL"}, {}], ["a: init FAITHFUL, not judged"]),
    ],
)
def test_a_case_that_ends_in_two_ways_is_named(runs, told):
    assert differing(runs) == told


def test_an_older_journal_knows_the_last_phase_alone():
    phases = [{"phase": "init", "outcome": "FAITHFUL"}, {"phase": "live", "outcome": "UNKNOWN"}]
    newer = ended({"event": "case-judged", "phases": phases})
    assert newer == "init FAITHFUL, live UNKNOWN"
    older = ended({"event": "case-judged", "phase": "live", "outcome": "UNKNOWN"})
    assert newer.rpartition(" ")[2] == older.rpartition(" ")[2]
    assert ended({"event": "case-skipped", "requires": "x"}) == "skipped: x"
