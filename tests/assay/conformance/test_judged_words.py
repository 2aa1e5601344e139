"""What judge says, word for word: an outcome without its reason helps nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.conformance.case import Expected
from assay.conformance.causes.authored import NOBODY
from assay.conformance.evidence import Answer, Barrier, Evidence, Stage, Trouble
from assay.conformance.judge import judge, rule
from assay.conformance.ruling import failed
from assay.conformance.suite import explained
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.process import Execution
from assay.run.events import PhaseJudged
from assay.run.outcome import Outcome

ROW = Finding("row", "public.t", key="(1)", column="v", source="a", target="b")
EQUAL = Comparison(Equality.EQUAL, compared={"relations": 1})
DIFFERENT = Comparison(Equality.DIFFERENT, (ROW,), omitted=3, compared={"relations": 1})
UNKNOWN = Comparison(Equality.UNKNOWN, why="server vanished")


def call(code: int | None = 0, *, phase: str = "init", output: str = "", **how: object):
    done = Execution(("tool",), code, output, "", 2.5, phase=phase)
    return replace(done, **how)


def said(*stages: Stage, **more: object) -> PhaseJudged:
    """What is said of the phase that speaks for the case."""
    evidence = Evidence(
        case="c", category="k", title="T.", replicator="r", version="1", pg="17:17",
        expected=(Expected(Outcome.FAITHFUL),), stages=stages,
    )  # fmt: skip
    return judge(replace(evidence, **more)).gravest


def stage(phase: str = "init", *executions: Execution, comparison=EQUAL, **more: object) -> Stage:
    return replace(Stage(phase, executions=executions, comparison=comparison), **more)


@pytest.mark.parametrize(
    ("broken", "outcome", "why"),
    [
        (call(3, output="a\n  the last  \n\n"), Outcome.REFUSED, "init: exit 3: the last"),
        (call(3), Outcome.REFUSED, "init: exit 3"),
        (call(-9), Outcome.FAILED_LOUD, "init: killed by signal 9"),
        (call(None, stderr=" cannot start \n"), Outcome.FAILED_LOUD, "init: cannot start"),
        (call(-15, timed_out=True), Outcome.FAILED_LOUD, "init: ended at our time limit of 2.5 s"),
        (call(101, crashed=True, output="panicked"), Outcome.FAILED_LOUD,
         "init: exit 101: panicked"),
        (call(1, output="x" * 400), Outcome.REFUSED, "init: exit 1: " + "x" * 300),
    ],
)  # fmt: skip
def test_how_a_command_ended_is_told(broken, outcome, why):
    judged = said(stage("init", broken))
    assert (judged.outcome, judged.phase, judged.why) == (outcome, "init", why)
    dirty = said(stage("init", broken, debris=(ROW,)))
    assert (dirty.outcome, dirty.why, dirty.findings) == (
        Outcome.FAILED_DIRTY, f"{why}; debris left", (ROW,),
    )  # fmt: skip


def test_a_stream_that_stands_still_is_told_with_its_wait():
    barrier = Barrier(crossed=False, seconds=12.0)
    why = "no marker row crossed the stream within 12 s"
    judged = said(stage("live", barrier=barrier))
    assert (judged.outcome, judged.why, judged.phase) == (Outcome.FAILED_LOUD, why, "live")
    dirty = said(stage("live", barrier=barrier, debris=(ROW,)))
    assert (dirty.outcome, dirty.why, dirty.findings) == (
        Outcome.FAILED_DIRTY, f"{why}; debris left", (ROW,),
    )  # fmt: skip
    copying = replace(barrier, unsynced=("public.t (state d)", "public.u (state i)"))
    first = "the first copy of public.t (state d), public.u (state i) did not end within 12 s"
    assert said(stage("live", barrier=copying)).why == first
    ours = replace(barrier, server_failed="the target vanished")
    assert said(stage("live", barrier=ours)).why == "the target vanished"
    assert said(stage("live", barrier=ours)).outcome is Outcome.UNKNOWN
    claimed = said(stage("live", barrier=replace(barrier, claimed=True)))
    assert (claimed.outcome, claimed.why) == (
        Outcome.SILENT_WRONG, f"{why}, and the tool says it is done",
    )  # fmt: skip
    arrived = replace(copying, claimed=True)  # the row did, and nothing else is missing
    assert said(stage("live", barrier=arrived)).outcome is Outcome.FAITHFUL


@pytest.mark.parametrize(
    ("answer", "comparison", "outcome", "why"),
    [
        (call(0), EQUAL, Outcome.FAITHFUL, None),
        (call(1, output="differs"), EQUAL, Outcome.FAILED_LOUD,
         "false alarm: verify: exit 1: differs"),
        (call(0), DIFFERENT, Outcome.SILENT_WRONG, f"verify says equal; {ROW}"),
        (call(1, output="table t, row 1"), DIFFERENT, Outcome.FAITHFUL, None),
        (call(1, output="row 1 differs"), DIFFERENT, Outcome.FAILED_LOUD,
         "verify does not name t"),
        (call(1, output="no"), DIFFERENT, Outcome.FAILED_LOUD, "verify does not name t, 1"),
        (call(2, output="usage"), EQUAL, Outcome.FAILED_LOUD, "verify: exit 2: usage"),
        (call(101, crashed=True), DIFFERENT, Outcome.FAILED_LOUD, "verify: exit 101"),
        (call(0), UNKNOWN, Outcome.UNKNOWN, "the oracle could not tell what verify should say"),
        (call(0), None, Outcome.UNKNOWN, "the oracle could not tell what verify should say"),
    ],
)  # fmt: skip
def test_an_answer_of_verify_is_held_against_the_oracle(answer, comparison, outcome, why):
    verify = stage("verify", replace(answer, phase="verify"), comparison=comparison)
    judged = said(verify)
    assert (judged.outcome, judged.why, judged.phase) == (outcome, why, "verify")
    assert rule(verify) is outcome
    if outcome is Outcome.SILENT_WRONG:
        assert (judged.findings, judged.omitted) == ((ROW,), 3)


def test_without_an_answer_verify_is_unknown():
    assert said(stage("verify")).why == "the oracle could not tell what verify should say"


def test_a_table_without_a_key_is_named_by_its_name_alone():
    keyless = replace(DIFFERENT, findings=(Finding("multiplicity", 'app."T"', source="1"),))
    assert said(stage("verify", call(1, output="T"), comparison=keyless)).why is None
    assert said(stage("verify", call(1, output="t"), comparison=keyless)).why == (
        "verify does not name T"
    )


def test_what_did_not_hold_on_the_target_is_found():
    judged = said(
        stage(
            "init",
            call(),
            answers=(Answer("q1", held=True), Answer("q2", held=False),
                     Answer("q3", held=False, error="no such table")),
            statement_errors=("c.sql:9: cannot insert",),
        )
    )  # fmt: skip
    assert judged.outcome is Outcome.SILENT_WRONG
    assert judged.findings == (
        Finding("statement", "query", None, "q2", "true", "not true"),
        Finding("statement", "query", None, "q3", "true", "no such table"),
        Finding("statement", "statement", None, None, "success", "c.sql:9: cannot insert"),
    )
    assert judged.why == "statement query q2: source true, target not true"


@pytest.mark.parametrize(
    ("given", "phase", "why"),
    [
        ({"stages": ()}, "setup", "no phase was run"),
        ({"trouble": Trouble("init", "disk full")}, "init", "disk full"),
        ({"stages": (), "trouble": Trouble("setup", "disk full")}, "setup", "disk full"),
        ({"stages": (), "premises": (Answer("select 1", held=False),)}, "setup",
         "premise is not true: select 1"),
        ({"stages": (stage(comparison=None),)}, "init", "no comparison was made"),
        ({"stages": (stage(comparison=UNKNOWN),)}, "init",
         "the oracle could not tell: server vanished"),
        ({"stages": (stage("validate", comparison=None),)}, "validate", "no comparison was made"),
    ],
)  # fmt: skip
def test_why_nothing_was_proved_is_told(given, phase, why):
    given = {"stages": (stage(),), **given}
    judged = said(*given.pop("stages"), **given)
    assert replace(judged, proof=None) == PhaseJudged(
        phase, Outcome.UNKNOWN, expected=False, why=why
    )


def test_a_validation_needs_no_comparison_of_its_own():
    validated = stage("validate", call(0, phase="validate"), comparison=None)
    assert said(validated, stage("init", call())).outcome is Outcome.FAITHFUL


def test_a_name_with_dots_is_named_by_its_last_part():
    found = Finding("row", '"x.y"."X"', key="(X)", source="1")
    dotted = replace(DIFFERENT, findings=(found,))
    assert said(stage("verify", call(1, output="none"), comparison=dotted)).why == (
        "verify does not name X, X"
    )


def test_harm_is_the_reason_where_there_is_no_other():
    judged = said(stage("live", source_errors=("first", "second"), source_changes=(ROW,)))
    assert judged.why == f"source harmed: first; {ROW}"
    assert (judged.outcome, judged.harmed_source, judged.expected) == (
        Outcome.SILENT_WRONG, True, False,
    )  # fmt: skip
    slot = Finding("slot", "left", target="logical")
    judged = said(stage(source_changes=(slot,)), stage("live", source_errors=("e",)))
    assert judged.why == "source harmed: slot left: source (absent), target logical"
    assert judged.findings == (slot,)


def test_a_table_that_the_source_lost_is_lost_and_one_that_changed_is_not():
    gone = Finding("table", "public.t", source="present")
    assert said(stage(source_changes=(gone,))).outcome is Outcome.SILENT_WRONG
    changed = Finding("table", "public.t", None, "persistence", "p", "u")
    assert said(stage(source_changes=(changed,))).outcome is Outcome.FAITHFUL


@pytest.mark.parametrize(
    ("execution", "is_failed"),
    [
        (call(0), False), (call(1), True), (call(None), False), (call(None, stderr="no"), True),
        (call(None, timed_out=True), True), (call(1, phase="caught_up"), False),
        (call(1, phase="status"), False), (call(1, phase="stop"), False),
        (call(1, phase="sync"), True),
    ],
)  # fmt: skip
def test_which_commands_have_failed(execution, is_failed):
    assert failed(execution) is is_failed


def test_harm_is_told_before_the_innermost_error_of_the_same_phase():
    stuck = Stage("live", executions=(call(1, phase="sync", output="ERROR: no slot"),),
                  source_errors=("c.sql:9: cannot update",))  # fmt: skip
    evidence = Evidence(
        case="c", category="k", title="T.", replicator="r", version="1", pg="17:17",
        expected=(Expected(Outcome.FAITHFUL),), stages=(stuck,),
    )  # fmt: skip
    (phase,) = explained(judge(evidence), evidence, NOBODY)
    assert phase.why.startswith("source harmed: c.sql:9: cannot update; ")
    assert phase.why.endswith(phase.causes[1].why)
