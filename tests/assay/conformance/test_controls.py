"""A control counts as caught only in the way its case names."""

from __future__ import annotations

from dataclasses import replace

from assay.conformance.case import CaughtBy
from assay.conformance.controls import caught
from assay.conformance.judge import Judgement
from assay.oracle.words.finding import Finding
from assay.run.events import PhaseJudged
from assay.run.outcome import Outcome

FOUND = (Finding("row", "public.t", target="x"),)
INIT = PhaseJudged("init", Outcome.SILENT_WRONG, expected=False, why="w", findings=FOUND)
WRONG = Judgement((INIT,))


def test_the_named_kind_on_the_named_object_is_caught():
    assert caught(WRONG, CaughtBy("lossy:x", "row", "public.t")) is None
    assert caught(WRONG, CaughtBy("lossy:x", "row", "public.*")) is None


def test_another_kind_or_object_is_not():
    assert "not caught by row public.u" in caught(WRONG, CaughtBy("lossy:x", "row", "public.u"))
    assert "not caught by acl public.t" in caught(WRONG, CaughtBy("lossy:x", "acl", "public.t"))


def test_a_control_that_looks_faithful_or_unknown_is_not_caught():
    for outcome in (Outcome.FAITHFUL, Outcome.UNKNOWN):
        judgement = Judgement((replace(INIT, outcome=outcome),))
        assert f"is {outcome}" in caught(judgement, CaughtBy("lossy:x", "row", "public.t"))


def test_what_is_unproved_in_a_later_phase_is_not_caught_by_an_earlier_one():
    live = PhaseJudged("live", Outcome.UNKNOWN, expected=False, why="disk full")
    said = caught(Judgement((INIT, live)), CaughtBy("lossy:x", "row", "public.t"))
    assert said == "lossy:x is UNKNOWN in live: disk full"


def test_an_outcome_can_be_named_instead():
    assert caught(WRONG, CaughtBy("lossy:x", outcome=Outcome.SILENT_WRONG)) is None
    assert "not FAILED_LOUD" in caught(WRONG, CaughtBy("lossy:x", outcome=Outcome.FAILED_LOUD))
