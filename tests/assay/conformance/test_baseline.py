"""What got worse since an earlier run, and what did not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from assay.conformance.baseline import Baseline, Key, Known, Seen, read, worse
from assay.conformance.expectations import Gap, Gaps
from assay.errors import UsageError
from assay.run.cause import Gravity
from assay.run.events import PhaseJudged
from assay.run.outcome import Outcome

KEY = Key("so-no-pk", "live", "tool", "17:17")
LOUD, DIRTY = Seen(Outcome.FAILED_LOUD), Seen(Outcome.FAILED_DIRTY)
RIGHT, WRONG, UNKNOWN = Seen(Outcome.FAITHFUL), Seen(Outcome.SILENT_WRONG), Seen(Outcome.UNKNOWN)
GAP = Gap("so-no-pk", "live", Outcome.FAILED_LOUD, "stops")


@pytest.mark.parametrize(
    ("before", "now", "is_worse"),
    [
        (LOUD, LOUD, False),
        (DIRTY, LOUD, False),
        (LOUD, DIRTY, True),
        (RIGHT, WRONG, True),
        (WRONG, Seen(Outcome.REFUSED), False),
        (LOUD, UNKNOWN, True),
        (UNKNOWN, UNKNOWN, True),
        (UNKNOWN, WRONG, False),
        (LOUD, Seen(Outcome.FAILED_LOUD, harmed_source=True), True),
        (Seen(Outcome.FAILED_LOUD, harmed_source=True), LOUD, False),
    ],
)
def test_worse_is_a_lower_outcome_new_harm_or_nothing_proved(before, now, is_worse):
    assert worse(before, now) is is_worse


def test_the_same_outcome_by_a_graver_cause_is_worse():
    owner = Seen(Outcome.SILENT_WRONG, gravity=Gravity.OWNERS_LOST)
    rows = Seen(Outcome.SILENT_WRONG, gravity=Gravity.ROWS_LOST)
    assert worse(owner, rows)
    assert not worse(rows, owner)
    assert not worse(Seen(Outcome.SILENT_WRONG), rows), "of an earlier run that told no cause"


def settle(key, now, *, required, gap, baseline):
    known = Known(Gaps() if gap is None else Gaps((gap,)), baseline)
    judged = PhaseJudged(key.phase, now.outcome, required, harmed_source=now.harmed_source)
    (settled,) = known.applied([judged], case=key.case, replicator=key.replicator, pg=key.pg)
    return settled


def against(before):
    return Baseline("run-1", {KEY: before})


def test_without_an_earlier_run_a_gap_is_strict():
    assert settle(KEY, LOUD, required=False, gap=GAP, baseline=None).expected
    assert not settle(KEY, RIGHT, required=True, gap=GAP, baseline=None).expected
    assert not settle(KEY, DIRTY, required=False, gap=GAP, baseline=None).expected
    assert settle(KEY, RIGHT, required=True, gap=None, baseline=None).gap is None


def test_a_gap_that_comes_and_goes_is_counted_beside_an_earlier_run_too():
    gap = replace(GAP, intermittent=True)
    away = settle(KEY, RIGHT, required=True, gap=gap, baseline=against(LOUD))
    assert (away.expected, away.gap, away.intermittent) == (True, None, True)
    came = settle(KEY, LOUD, required=False, gap=gap, baseline=against(RIGHT))
    assert (came.expected, came.gap, came.intermittent) == (True, "stops", True)


def test_a_gap_by_another_cause_is_held_against_the_earlier_run():
    gap = replace(GAP, cause="exit 3")
    assert not settle(KEY, LOUD, required=False, gap=gap, baseline=against(RIGHT)).expected
    settled = settle(KEY, LOUD, required=False, gap=gap, baseline=against(LOUD))
    assert settled.gap == "not worse than in run-1: FAILED_LOUD"


def test_what_is_as_it_was_is_a_gap_that_names_the_run():
    settled = settle(KEY, DIRTY, required=False, gap=None, baseline=against(DIRTY))
    assert settled.expected
    assert settled.gap == "not worse than in run-1: FAILED_DIRTY"


def test_what_got_worse_fails_whatever_the_gap_says():
    assert not settle(KEY, WRONG, required=False, gap=None, baseline=against(DIRTY)).expected
    assert not settle(KEY, WRONG, required=False, gap=GAP, baseline=against(LOUD)).expected


def test_what_got_better_passes_and_a_gap_that_closed_is_none():
    assert settle(KEY, LOUD, required=False, gap=None, baseline=against(DIRTY)).expected
    closed = settle(KEY, RIGHT, required=True, gap=GAP, baseline=against(LOUD))
    assert (closed.expected, closed.gap) == (True, None)


def test_what_the_earlier_run_did_not_judge_must_be_as_required():
    empty = Baseline("run-1")
    assert not settle(KEY, LOUD, required=False, gap=None, baseline=empty).expected
    assert settle(KEY, RIGHT, required=True, gap=None, baseline=empty).expected


def test_a_run_is_read_from_its_verdicts(tmp_path):
    entry = {"case": "so-no-pk", "phase": "live", "replicator": "tool", "pg": "17:17"}
    entry |= {"outcome": "FAILED_DIRTY", "harmed_source": True, "why": "x"}
    entry |= {"cause": {"gravity": "rows lost"}}
    (tmp_path / "verdicts.json").write_text(json.dumps({"outcomes": [entry]}))
    assert read(tmp_path).seen == {KEY: Seen(Outcome.FAILED_DIRTY, True, Gravity.ROWS_LOST)}


@pytest.mark.parametrize("text", [None, "{", "{}", '{"outcomes": [{"case": "x"}]}'])
def test_what_is_no_run_is_a_usage_error(tmp_path, text):
    if text is not None:
        (tmp_path / "verdicts.json").write_text(text)
    with pytest.raises(UsageError, match="no run to compare with"):
        read(tmp_path)
