"""judge: small evidence by hand, the complete judgement asserted."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from assay.conformance.case import Expected
from assay.conformance.evidence import Answer, Barrier, Evidence, Stage, from_json
from assay.conformance.judge import Judgement, judge
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.process import Execution
from assay.run.outcome import Outcome

ROW = Finding("row", "public.t", key="(1)", column="v", source="a", target="b")
SLOT = Finding("slot", "left", target="logical")
EQUAL = Comparison(Equality.EQUAL, compared={"relations": 1})
DIFFERENT = Comparison(Equality.DIFFERENT, (ROW,), omitted=3, compared={"relations": 1})
UNKNOWN = Comparison(Equality.UNKNOWN, why="server vanished")


def call(code, *, phase="init", output="", **how):
    return Execution(("tool",), code, output, "", 1.0, phase=phase, **how)


FAITHFUL = (Expected(Outcome.FAITHFUL),)


def evidence(*stages, expected=FAITHFUL, **more):
    return Evidence(
        case="c", category="k", title="T.", replicator="r", version="1", pg="17:17",
        expected=expected, stages=stages, **more,
    )  # fmt: skip


def init(code=0, comparison=EQUAL, **more):
    return Stage("init", executions=(call(code),), comparison=comparison, **more)


def outcome(*stages, **more):
    judgement = judge(evidence(*stages, **more))
    return judgement.outcome, judgement.expected


def test_exit_zero_and_equal_is_faithful():
    assert judge(evidence(init())) == Judgement(
        Outcome.FAITHFUL, "init", None, proof="bytes", expected=True
    )


def test_exit_zero_and_different_is_silent_wrong_with_its_findings():
    assert judge(evidence(init(comparison=DIFFERENT))) == Judgement(
        Outcome.SILENT_WRONG, "init", str(ROW), (ROW,), omitted=3, proof="bytes"
    )


def test_nothing_run_is_unknown():
    assert outcome() == (Outcome.UNKNOWN, False)


def test_no_comparison_is_unknown():
    assert outcome(init(comparison=None)) == (Outcome.UNKNOWN, False)


def test_a_comparison_left_to_a_later_stage_must_be_made_there():
    waiting = init(comparison=None, compared_later=True)
    assert outcome(waiting, Stage("live", comparison=EQUAL)) == (Outcome.FAITHFUL, True)
    assert outcome(waiting) == (Outcome.UNKNOWN, False)
    assert outcome(Stage("validate", executions=(call(0),))) == (Outcome.UNKNOWN, False)


def test_an_oracle_that_could_not_tell_is_unknown():
    assert outcome(init(comparison=UNKNOWN)) == (Outcome.UNKNOWN, False)


def test_trouble_of_ours_is_unknown_whatever_else_was_seen():
    assert outcome(init(comparison=DIFFERENT), trouble="disk full") == (Outcome.UNKNOWN, False)


def test_a_premise_that_does_not_hold_is_unknown():
    false = Answer("select toasted", held=False)
    assert outcome(init(), premises=(false,)) == (Outcome.UNKNOWN, False)


def test_non_zero_exit_without_any_change_is_a_refusal():
    assert outcome(init(1)) == (Outcome.REFUSED, False)


def test_a_refusal_must_contain_the_required_text():
    refused = Stage("init", executions=(call(1, output="table typo not found"),))
    assert outcome(refused, expected=(Expected(Outcome.REFUSED, "typo"),))[1]
    assert not outcome(refused, expected=(Expected(Outcome.REFUSED, "other"),))[1]


def test_non_zero_exit_with_changes_on_the_target_is_dirty():
    assert outcome(init(1, debris=(ROW,))) == (Outcome.FAILED_DIRTY, False)


def test_non_zero_exit_with_a_slot_left_on_the_source_is_dirty_and_harm():
    judgement = judge(evidence(init(1, debris=(SLOT,), source_changes=(SLOT,))))
    assert (judgement.outcome, judgement.harmed_source) == (Outcome.FAILED_DIRTY, True)
    declared = judge(evidence(init(1, debris=(SLOT,))))
    assert (declared.outcome, declared.harmed_source) == (Outcome.FAILED_DIRTY, False)


@pytest.mark.parametrize(
    "broken",
    [
        call(101, crashed=True),
        call(-9),
        call(None),
        call(-15, timed_out=True),
        call(0, timed_out=True),
    ],
    ids=["panic", "killed", "not-started", "deadline", "deadline-exit-0"],
)
def test_a_crash_or_our_deadline_is_no_refusal(broken):
    broken = replace(broken, stderr="cannot start") if broken.exit is None else broken
    assert outcome(Stage("init", executions=(broken,))) == (Outcome.FAILED_LOUD, False)


def test_the_first_stage_that_is_not_right_decides():
    judgement = judge(evidence(init(comparison=DIFFERENT), Stage("live", comparison=EQUAL)))
    assert (judgement.outcome, judgement.phase) == (Outcome.SILENT_WRONG, "init")


def test_a_later_stage_is_judged_after_faithful_ones():
    live = Stage("live", executions=(call(0, phase="sync"),), comparison=DIFFERENT)
    judgement = judge(evidence(init(), live))
    assert (judgement.outcome, judgement.phase) == (Outcome.SILENT_WRONG, "live")


def test_statement_that_fails_on_the_source_is_harm_even_if_both_sides_are_equal():
    live = Stage("live", comparison=EQUAL, source_errors=("c.sql:9: cannot update",))
    judgement = judge(evidence(init(), live))
    assert (judgement.outcome, judgement.harmed_source) == (Outcome.FAITHFUL, True)
    assert not judgement.expected


def test_changed_source_is_harm_and_shown():
    judgement = judge(evidence(init(source_changes=(SLOT,))))
    assert judgement.harmed_source
    assert judgement.findings == (SLOT,)
    assert not judgement.expected


def test_a_target_equal_to_what_is_left_of_the_source_is_silent_wrong():
    for lost in (
        Finding("table", "public.precious", source="table"),
        Finding("row", "public.precious", None, "rows", "2 rows", "1 rows"),
    ):
        judgement = judge(evidence(init(source_changes=(lost,))))
        assert (judgement.outcome, judgement.harmed_source) == (Outcome.SILENT_WRONG, True)
        assert judgement.findings == (lost,)


def stuck(**more):
    return Stage("live", barrier=Barrier(crossed=False, seconds=30.0, **more))


def test_marker_that_does_not_arrive_is_the_tools_failure():
    assert outcome(init(), stuck()) == (Outcome.FAILED_LOUD, False)


def test_marker_missing_from_a_tool_that_claims_to_be_done_is_compared_anyway():
    stage = replace(stuck(claimed=True), comparison=DIFFERENT)
    assert outcome(init(), stage) == (Outcome.SILENT_WRONG, False)


def test_marker_missing_because_a_server_failed_is_unknown():
    assert outcome(init(), stuck(server_failed="gone")) == (Outcome.UNKNOWN, False)


def test_marker_missing_because_the_stream_crashed_names_the_exit():
    stage = replace(stuck(), executions=(call(3, phase="sync", output="boom"),))
    judgement = judge(evidence(init(), stage))
    assert (judgement.outcome, judgement.why) == (Outcome.REFUSED, "sync: exit 3: boom")


def test_what_must_hold_at_the_end_counts():
    untrue = (Answer("select 1 = 2", held=False),)
    assert outcome(init(answers=untrue)) == (Outcome.SILENT_WRONG, False)
    assert outcome(init(statement_errors=("denied",))) == (Outcome.SILENT_WRONG, False)


def test_a_secret_that_was_seen_counts():
    shown = (Finding("secret", "argv of psql", target="***"),)
    assert outcome(init(exposures=shown)) == (Outcome.SILENT_WRONG, False)


def verify(code, comparison, output=""):
    return outcome(
        Stage("verify", executions=(call(code, phase="verify", output=output),),
              comparison=comparison)
    )  # fmt: skip


def test_verify_must_agree_with_the_oracle_and_name_table_and_key():
    assert verify(0, EQUAL) == (Outcome.FAITHFUL, True)
    assert verify(1, EQUAL) == (Outcome.FAILED_LOUD, False)
    assert verify(0, DIFFERENT) == (Outcome.SILENT_WRONG, False)
    assert verify(1, DIFFERENT, "t differs at 1") == (Outcome.FAITHFUL, True)
    assert verify(1, DIFFERENT, "something differs") == (Outcome.FAILED_LOUD, False)
    assert verify(2, DIFFERENT, "t 1") == (Outcome.FAILED_LOUD, False)
    assert verify(1, UNKNOWN) == (Outcome.UNKNOWN, False)


def test_evidence_survives_being_stored():
    stage = replace(
        init(comparison=DIFFERENT, source_changes=(SLOT,)), barrier=Barrier(crossed=True, seconds=1)
    )
    seen = evidence(stage, premises=(Answer("q", held=True),), logs={"source": "…"})
    assert from_json(json.loads(json.dumps(asdict(seen)))) == seen
