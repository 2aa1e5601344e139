"""Restored databases of cases: what counts as wrong."""

from __future__ import annotations

import pytest

from assay.oracle.words.finding import Comparison, Equality, Finding
from benchmarks.restored_cases import Restored, restored
from benchmarks.union import all_cases

LOST = Finding("row", "public.t", "1", "v", "-NaN", "NaN")


def judged(*findings: Finding, known: tuple[str, ...] = (), equality=None) -> list[str]:
    said = equality or (Equality.DIFFERENT if findings else Equality.EQUAL)
    return Restored("dt-x", "d", Comparison(said, findings, why="torn"), known).wrong


def test_what_is_not_known_is_wrong_and_what_is_known_must_appear():
    assert judged() == []
    assert judged(LOST) == [str(LOST)]
    assert judged(LOST, known=("row public.t * v: source -NaN*",)) == []
    assert judged(known=("row public.t*",)) == ["not found: row public.t*"]
    assert judged(equality=Equality.UNKNOWN) == ["UNKNOWN: torn"]


@pytest.mark.servers
def test_every_database_of_a_case_is_restored_and_compared(pair, tmp_path):
    (case,) = (one for one in all_cases() if one.id == "fl-include-db")
    seen = list(restored(case, pair, tmp_path, {}))
    assert {one.comparison.equality for one in seen} == {Equality.EQUAL}
    assert len(seen) == 1 + len(case.databases)
    assert all(one.comparison.compared["objects"] for one in seen)
