"""Equal content with another history raises no finding; benchmarks/ runs a hundred of these."""

from __future__ import annotations

import pytest

from benchmarks.clean_comparisons import attempts
from benchmarks.union import all_cases, build, copy

pytestmark = pytest.mark.servers


@pytest.fixture
def united(pair, tmp_path):
    """A pair with the union of two categories of cases on both sides, and what the union is."""
    union = build(all_cases("schema", "objects"), pair, tmp_path)
    copy(pair, tmp_path)
    return pair, union


def test_three_histories_of_a_union_of_cases_raise_no_finding(united):
    pair, union = united
    assert len(union.cases) > 20
    made = list(attempts(pair, seeds=range(3)))
    assert [str(attempt) for attempt in made if not attempt.clean] == []
    assert min(attempt.comparison.compared["relations"] for attempt in made) > 50


def test_a_history_that_changes_content_is_named_with_its_seed_and_its_statements(united):
    pair, _ = united

    def row_lost(hand):
        hand.run('delete from "so-no-pk".t where a = 4')

    (attempt,) = attempts(pair, seeds=[7], always=(row_lost,), others=())
    assert not attempt.clean
    assert "seed 7: row_lost" in str(attempt)
    assert 'multiplicity "so-no-pk".t' in str(attempt)
    assert 'delete from "so-no-pk".t where a = 4;' in str(attempt)
