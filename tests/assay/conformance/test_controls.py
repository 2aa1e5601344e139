"""A control counts as caught only in the way its case names."""

from __future__ import annotations

from assay.conformance.case import CaughtBy
from assay.conformance.controls import caught
from assay.conformance.judge import Judgement
from assay.oracle.words.finding import Finding
from assay.run.outcome import Outcome

WRONG = Judgement(Outcome.SILENT_WRONG, "init", "w", (Finding("row", "public.t", target="x"),))


def test_the_named_kind_on_the_named_object_is_caught():
    assert caught(WRONG, CaughtBy("lossy:x", "row", "public.t")) is None
    assert caught(WRONG, CaughtBy("lossy:x", "row", "public.*")) is None


def test_another_kind_or_object_is_not():
    assert "not caught by row public.u" in caught(WRONG, CaughtBy("lossy:x", "row", "public.u"))
    assert "not caught by acl public.t" in caught(WRONG, CaughtBy("lossy:x", "acl", "public.t"))


def test_a_control_that_looks_faithful_or_unknown_is_not_caught():
    for outcome in (Outcome.FAITHFUL, Outcome.UNKNOWN):
        judgement = Judgement(outcome, "init", None, WRONG.findings)
        assert "is" in (caught(judgement, CaughtBy("lossy:x", "row", "public.t")) or "")


def test_an_outcome_can_be_named_instead():
    assert caught(WRONG, CaughtBy("lossy:x", outcome=Outcome.SILENT_WRONG)) is None
    assert "not FAILED_LOUD" in caught(WRONG, CaughtBy("lossy:x", outcome=Outcome.FAILED_LOUD))
