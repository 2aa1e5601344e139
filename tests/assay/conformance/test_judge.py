"""judge: small evidence by hand, the complete judgement asserted."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from assay.conformance.case import Expected
from assay.conformance.causes.cause_of import causes_of
from assay.conformance.evidence import (
    Answer,
    Barrier,
    Evidence,
    Stage,
    Trouble,
    Unreached,
    from_json,
)
from assay.conformance.judge import Judgement, ends, judge, rule
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.process import Execution
from assay.replicators.base import State
from assay.run.events import PhaseJudged
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
    """What came of the phase that speaks for the case, and whether the case is as expected."""
    judgement = judge(evidence(*stages, **more))
    return judgement.gravest.outcome, judgement.expected


def told(*stages, **more):
    """Every phase with its outcome, marked where it is not as expected."""
    return [
        f"{one.phase} {one.outcome}{'' if one.expected else ' !'}"
        for one in judge(evidence(*stages, **more)).phases
    ]


def test_exit_zero_and_equal_is_faithful():
    phase = PhaseJudged("init", Outcome.FAITHFUL, expected=True, proof="bytes")
    assert judge(evidence(init())) == Judgement((phase,))


def test_exit_zero_and_different_is_silent_wrong_with_its_findings():
    phase = PhaseJudged(
        "init", Outcome.SILENT_WRONG, expected=False, why=str(ROW), findings=(ROW,), omitted=3,
        proof="bytes",
    )  # fmt: skip
    assert judge(evidence(init(comparison=DIFFERENT))) == Judgement((phase,))


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


def test_trouble_of_ours_is_unknown_in_its_phase_whatever_was_seen_of_it():
    assert told(init(comparison=DIFFERENT), trouble=Trouble("init", "disk full")) == [
        "init UNKNOWN !"
    ]
    assert told(trouble=Trouble("setup", "no server")) == ["setup UNKNOWN !"]


def test_trouble_in_a_later_phase_leaves_the_earlier_outcome():
    broken_off = Stage("live", executions=(call(1, phase="sync"),))
    trouble = Trouble("live", "disk full")
    for stages in ([init()], [init(), broken_off]):
        assert told(*stages, trouble=trouble) == ["init FAITHFUL", "live UNKNOWN !"]
    assert told(init(comparison=DIFFERENT), trouble=trouble) == [
        "init SILENT_WRONG !", "live UNKNOWN !",
    ]  # fmt: skip
    rest = (Unreached("live", "trouble"), Unreached("verify", "trouble"))
    assert told(init(), trouble=trouble, unreached=rest) == [
        "init FAITHFUL", "live UNKNOWN !", "verify NOT_REACHED",
    ]  # fmt: skip


def test_a_premise_that_does_not_hold_is_unknown():
    false = Answer("select toasted", held=False)
    unreached = (Unreached("init", "a premise is not true"),)
    assert told(premises=(false,), unreached=unreached) == ["setup UNKNOWN !", "init NOT_REACHED"]


def test_non_zero_exit_without_any_change_is_a_refusal():
    assert outcome(init(1)) == (Outcome.REFUSED, False)


def test_a_refusal_must_contain_the_required_text():
    refused = Stage("init", executions=(call(1, output="table typo not found"),))
    assert outcome(refused, expected=(Expected(Outcome.REFUSED, "typo"),))[1]
    assert not outcome(refused, expected=(Expected(Outcome.REFUSED, "other"),))[1]


def test_non_zero_exit_with_changes_on_the_target_is_dirty():
    assert outcome(init(1, debris=(ROW,))) == (Outcome.FAILED_DIRTY, False)


def test_non_zero_exit_with_a_slot_left_on_the_source_is_dirty_and_harm():
    (judged,) = judge(evidence(init(1, debris=(SLOT,), source_changes=(SLOT,)))).phases
    assert (judged.outcome, judged.harmed_source) == (Outcome.FAILED_DIRTY, True)
    (declared,) = judge(evidence(init(1, debris=(SLOT,)))).phases
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


def live(code=0, comparison=EQUAL, **more):
    return Stage("live", executions=(call(code, phase="sync"),), comparison=comparison, **more)


def test_every_phase_is_judged_for_itself():
    assert told(init(comparison=DIFFERENT), live()) == ["init SILENT_WRONG !", "live FAITHFUL"]
    assert told(init(), live(comparison=DIFFERENT)) == ["init FAITHFUL", "live SILENT_WRONG !"]


def test_a_stream_that_fails_takes_nothing_from_the_copy():
    assert told(init(), live(-9)) == ["init FAITHFUL", "live FAILED_LOUD !"]
    assert told(init(), live(1, debris=(SLOT,))) == ["init FAITHFUL", "live FAILED_DIRTY !"]


OTHER = Finding("row", "public.t", key="(2)", source="x")


def different(*findings, totals=None):
    return Comparison(Equality.DIFFERENT, findings, totals=totals or {}, compared={"relations": 1})


def test_what_the_copy_had_wrong_is_not_the_streams():
    first = init(comparison=different(ROW))
    _, judged = judge(evidence(first, live(comparison=different(ROW)))).phases
    assert (judged.outcome, judged.findings) == (Outcome.FAITHFUL, ())
    assert judged.why == "but for what an earlier phase had left wrong"
    assert judged.expected
    _, judged = judge(evidence(first, live(comparison=different(ROW, OTHER)))).phases
    assert (judged.outcome, judged.findings, judged.why) == (
        Outcome.SILENT_WRONG, (OTHER,), str(OTHER),
    )  # fmt: skip


def test_damage_that_hides_what_the_stream_did_leaves_it_wrong():
    gone = Finding("table", "public.t", source="table")
    nothing = different(gone)
    assert told(init(comparison=nothing), live(comparison=nothing)) == [
        "init SILENT_WRONG !", "live SILENT_WRONG !",
    ]  # fmt: skip
    claimed = Barrier(crossed=False, seconds=3.0, claimed=True)
    spoilt = init(comparison=different(ROW))
    assert told(spoilt, live(comparison=different(ROW), barrier=claimed)) == [
        "init SILENT_WRONG !", "live SILENT_WRONG !",
    ]  # fmt: skip
    crossed = replace(claimed, crossed=True, claimed=False)
    assert told(spoilt, live(comparison=different(ROW), barrier=crossed)) == [
        "init SILENT_WRONG !", "live FAITHFUL",
    ]  # fmt: skip


def test_another_value_where_the_copy_was_wrong_is_the_streams():
    first = init(comparison=different(ROW))
    for changed in (replace(ROW, target="c"), replace(ROW, source="d")):
        assert told(first, live(comparison=different(changed))) == [
            "init SILENT_WRONG !", "live SILENT_WRONG !",
        ]  # fmt: skip
    lost = init(comparison=different(OTHER))
    followed = different(replace(OTHER, source="y"))  # nobody can update a row that is not there
    assert told(lost, live(comparison=followed)) == ["init SILENT_WRONG !", "live FAITHFUL"]


def test_rows_that_a_stream_doubles_once_more_are_its_own():
    twice = Finding("multiplicity", "public.t", "(1)", source="1", target="2")
    thrice = replace(twice, target="3")
    first = init(comparison=different(twice))
    assert told(first, live(comparison=different(thrice)))[1] == "live SILENT_WRONG !"
    assert told(first, live(1, comparison=different(thrice)))[1] == "live FAILED_DIRTY !"


def test_more_differences_than_are_listed_are_the_streams_nevertheless():
    first = init(comparison=different(ROW, totals={"row public.t": 150}))
    more = live(comparison=different(ROW, totals={"row public.t": 151}))
    assert told(first, more) == ["init SILENT_WRONG !", "live SILENT_WRONG !"]
    same = live(comparison=different(ROW, totals={"row public.t": 150}))
    assert told(first, same) == ["init SILENT_WRONG !", "live FAITHFUL"]


def test_rows_that_the_copy_had_doubled_are_not_the_failed_streams_debris():
    doubled = Finding("multiplicity", "public.t", "(1)", source="1", target="2")
    failed = live(1, comparison=different(doubled))
    assert told(init(), failed) == ["init FAITHFUL", "live FAILED_DIRTY !"]
    assert told(init(comparison=different(doubled)), failed) == [
        "init SILENT_WRONG !", "live REFUSED !",
    ]  # fmt: skip


def test_a_copy_left_to_a_stream_that_compared_nothing_whole_is_not_reached():
    waiting = init(comparison=None, compared_later=True)
    helped = Stage("verify", assisted=True, executions=(call(0, phase="verify"),), comparison=EQUAL)
    assert told(waiting, live(comparison=DIFFERENT)) == ["init NOT_REACHED", "live SILENT_WRONG !"]
    assert told(waiting, live(-9, comparison=DIFFERENT), helped) == [
        "init NOT_REACHED", "live FAILED_LOUD !", "verify FAITHFUL",
    ]  # fmt: skip
    assert told(waiting, trouble=Trouble("live", "disk full")) == [
        "init NOT_REACHED", "live UNKNOWN !",
    ]  # fmt: skip


def test_a_copy_that_nobody_judged_has_no_cause():
    waiting = init(comparison=None, compared_later=True)
    judged = judge(evidence(waiting, trouble=Trouble("live", "disk full"))).phases[0]
    assert judged.outcome is Outcome.NOT_REACHED
    assert causes_of(judged, waiting, {}) == ()


def test_a_second_copy_has_a_name_of_its_own():
    again = replace(init(1, comparison=DIFFERENT, debris=(ROW,)), phase="init-again")
    assert told(init(), again) == ["init FAITHFUL", "init-again FAILED_DIRTY !"]


REFUSAL = (Expected(Outcome.REFUSED, "typo"),)
ON_THE_WAY = (Expected(Outcome.REFUSED, "typo"), Expected(Outcome.FAITHFUL))


def test_a_refusal_that_the_case_asks_for_ends_it():
    refused = Stage("init", executions=(call(1, output="typo"),))
    assert ends(REFUSAL, refused, rule(refused))
    assert told(refused, expected=REFUSAL) == ["init REFUSED"]
    other = Stage("init", executions=(call(1, output="no"),))
    assert not ends(REFUSAL, other, rule(other))
    assert not ends(ON_THE_WAY, init(), rule(init()))


def test_faithful_where_only_a_refusal_is_allowed_is_unexpected():
    assert told(init(), expected=REFUSAL) == ["init FAITHFUL !"]
    assert told(init(), expected=ON_THE_WAY) == ["init FAITHFUL"]
    refused = Stage("live", executions=(call(1, phase="sync", output="typo"),))
    assert told(init(), refused, expected=REFUSAL) == ["init FAITHFUL", "live REFUSED"]
    assert told(init(), live(), expected=REFUSAL) == ["init FAITHFUL", "live FAITHFUL !"]


def test_faithful_on_a_copy_of_ours_is_never_what_a_case_forbids():
    helped = Stage("verify", assisted=True, anew=True, executions=(call(0, phase="verify"),),
                   comparison=EQUAL)  # fmt: skip
    assert told(init(-9), helped, expected=REFUSAL) == ["init FAILED_LOUD !", "verify FAITHFUL"]


def test_what_was_not_reached_is_named_and_neither_unknown_nor_unexpected():
    judgement = judge(evidence(init(-9), unreached=(Unreached("live", "init failed"),)))
    assert judgement.phases[1] == PhaseJudged(
        "live", Outcome.NOT_REACHED, expected=True, why="init failed"
    )
    assert judgement.gravest.phase == "init"


def test_an_assisted_phase_is_marked_and_makes_its_case_red_when_wrong():
    helped = Stage("verify", assisted=True, anew=True, executions=(call(0, phase="verify"),),
                   comparison=DIFFERENT)  # fmt: skip
    refused = Stage("init", executions=(call(1, output="typo"),))
    first, second = judge(evidence(refused, helped, expected=REFUSAL)).phases
    assert (first.assisted, first.expected) == (False, True)
    assert (second.assisted, second.expected) == (True, False)
    assert second.outcome is Outcome.SILENT_WRONG


def test_databases_that_were_set_up_anew_forget_what_was_wrong_before():
    spoilt = live(1, assisted=True, anew=True, source_changes=(SLOT,))
    helped = Stage("verify", assisted=True, anew=True, executions=(call(0, phase="verify"),),
                   comparison=EQUAL, source_changes=(SLOT,))  # fmt: skip
    assert [one.harmed_source for one in judge(evidence(init(1), spoilt, helped)).phases] == [
        False, True, True,
    ]  # fmt: skip
    going_on = replace(helped, anew=False)
    assert [one.harmed_source for one in judge(evidence(init(1), spoilt, going_on)).phases] == [
        False, True, False,
    ]  # fmt: skip


def test_harm_is_told_once_of_the_phase_that_did_it():
    lost = Finding("table", "public.precious", source="table")
    first, second = judge(
        evidence(init(source_changes=(SLOT, lost)), live(source_changes=(SLOT, lost)))
    ).phases
    assert (first.harmed_source, first.outcome) == (True, Outcome.SILENT_WRONG)
    assert (second.harmed_source, second.outcome, second.expected) == (
        False, Outcome.FAITHFUL, True,
    )  # fmt: skip


def test_harm_comes_first_in_order_and_in_words():
    harmed = live(-9, source_changes=(SLOT,))
    judgement = judge(evidence(init(comparison=DIFFERENT), harmed))
    assert judgement.gravest.phase == "live"
    assert judgement.gravest.why == f"source harmed: {SLOT}; sync: killed by signal 9"


EXTRA = Finding("row", "public.t", key="(9)", target="x")
DOUBLED = Finding("multiplicity", "public.bag", "a", source="1", target="2")
MISSING = Finding("row", "public.t", key="(2)", source="x")
TABLE = Finding("table", "public.t", source="table")


def dirt(stage):
    """What is found of a failure."""
    (judged,) = judge(evidence(stage)).phases
    return judged.outcome, judged.findings


def test_rows_doubled_by_a_failed_stream_are_reported():
    own = Finding("table", "public.state", target="table")  # no row of the source's
    seen = different(TABLE, own, EXTRA, DOUBLED, MISSING)
    assert dirt(live(1, comparison=seen)) == (Outcome.FAILED_DIRTY, (EXTRA, DOUBLED))
    (judged,) = judge(evidence(live(1, comparison=seen))).phases
    assert judged.why == f"sync: exit 1; data present and wrong: {EXTRA}"


def test_a_row_that_was_deleted_on_the_source_meanwhile_is_no_debris_of_the_stream():
    seen = different(EXTRA, DOUBLED, MISSING)
    assert dirt(live(1, comparison=seen, changed=True)) == (Outcome.REFUSED, ())


def test_what_a_stalled_stream_has_not_brought_is_no_finding():
    fewer = Finding("multiplicity", "public.bag", "a", source="2", target="1")
    stalled = Stage("live", barrier=Barrier(crossed=False, seconds=3.0),
                    comparison=different(MISSING, fewer, TABLE))  # fmt: skip
    assert dirt(stalled) == (Outcome.FAILED_LOUD, ())
    spoilt = replace(stalled, comparison=different(MISSING, DOUBLED))
    assert dirt(spoilt) == (Outcome.FAILED_DIRTY, (DOUBLED,))


def test_of_a_failed_copy_tables_that_are_half_there_are_reported():
    debris = (Finding("table", "public.t", target="table"),)
    half = init(1, comparison=different(MISSING), debris=debris, begun=("public.t",))
    assert dirt(half) == (Outcome.FAILED_DIRTY, (MISSING, *debris))
    empty = init(1, comparison=different(MISSING), debris=debris)
    assert dirt(empty) == (Outcome.FAILED_DIRTY, debris)
    changed = init(1, comparison=different(ROW), debris=debris)
    assert dirt(changed) == (Outcome.FAILED_DIRTY, (ROW, *debris))


def test_a_refusal_that_left_the_target_as_it_was_is_a_refusal_whatever_stands_there():
    before = init(1, comparison=different(ROW, EXTRA, MISSING), begun=("public.t",))
    assert dirt(before) == (Outcome.REFUSED, ())


def test_what_a_failure_has_not_touched_on_the_target_is_no_debris_of_it():
    debris = (Finding("table", "public.fresh", target="table", side="target"),)
    before = init(1, comparison=different(ROW, EXTRA, MISSING), debris=debris)
    assert dirt(before) == (Outcome.FAILED_DIRTY, debris)
    rows = Finding("row", "public.t", None, "rows", "1 rows", "2 rows", "target")
    written = init(1, comparison=different(EXTRA), debris=(*debris, rows))
    assert dirt(written) == (Outcome.FAILED_DIRTY, (EXTRA, *debris, rows))


def test_statement_that_fails_on_the_source_is_harm_even_if_both_sides_are_equal():
    stage = Stage("live", comparison=EQUAL, source_errors=("c.sql:9: cannot update",))
    first, second = judge(evidence(init(), stage)).phases
    assert (second.outcome, second.harmed_source) == (Outcome.FAITHFUL, True)
    assert first.expected
    assert not second.expected


def test_changed_source_is_harm_and_shown():
    (judgement,) = judge(evidence(init(source_changes=(SLOT,)))).phases
    assert judgement.harmed_source
    assert judgement.findings == (SLOT,)
    assert not judgement.expected


def test_a_target_equal_to_what_is_left_of_the_source_is_silent_wrong():
    for lost in (
        Finding("table", "public.precious", source="table"),
        Finding("row", "public.precious", None, "rows", "2 rows", "1 rows"),
    ):
        (judgement,) = judge(evidence(init(source_changes=(lost,)))).phases
        assert (judgement.outcome, judgement.harmed_source) == (Outcome.SILENT_WRONG, True)
        assert judgement.findings == (lost,)


def stuck(**more):
    return Stage("live", barrier=Barrier(crossed=False, seconds=30.0, **more))


def test_marker_that_does_not_arrive_is_the_tools_failure():
    assert outcome(init(), stuck()) == (Outcome.FAILED_LOUD, False)


def test_marker_missing_from_a_tool_that_claims_to_be_done_is_compared_anyway():
    stage = replace(stuck(claimed=True), comparison=DIFFERENT)
    assert outcome(init(), stage) == (Outcome.SILENT_WRONG, False)


def test_a_claim_to_be_done_by_a_stream_that_carries_nothing_is_no_proof():
    stage = replace(stuck(claimed=True), comparison=EQUAL)
    judged = judge(evidence(init(), stage)).phases[1]
    assert (judged.outcome, judged.expected) == (Outcome.SILENT_WRONG, False)
    assert causes_of(judged, stage, {})[0].headline == "rows are lost"


def test_marker_missing_because_a_server_failed_is_unknown():
    assert outcome(init(), stuck(server_failed="gone")) == (Outcome.UNKNOWN, False)


def test_marker_missing_because_the_stream_crashed_names_the_exit():
    stage = replace(stuck(), executions=(call(3, phase="sync", output="boom"),))
    judgement = judge(evidence(init(), stage)).gravest
    assert (judgement.outcome, judgement.why) == (Outcome.REFUSED, "sync: exit 3: boom")


def test_what_must_hold_at_the_end_counts():
    untrue = (Answer("select 1 = 2", held=False),)
    assert outcome(init(answers=untrue)) == (Outcome.SILENT_WRONG, False)
    assert outcome(init(statement_errors=("denied",))) == (Outcome.SILENT_WRONG, False)


def test_a_secret_that_was_seen_counts():
    shown = (Finding("secret", "argv of psql", target="***"),)
    assert outcome(init(exposures=shown)) == (Outcome.SILENT_WRONG, False)


SHOWN = Finding("secret", "argv of psql", target="***")


@pytest.mark.parametrize(
    ("stage", "expected", "came"),
    [
        (Stage("verify", executions=(call(0, phase="verify"),), comparison=EQUAL), FAITHFUL,
         Outcome.SILENT_WRONG),
        (Stage("status", executions=(call(0, phase="status"),), truth=("streaming",),
               said=("streaming",)), FAITHFUL, Outcome.SILENT_WRONG),
        (Stage("init", executions=(call(1),)), (Expected(Outcome.REFUSED),), Outcome.FAILED_DIRTY),
    ],
    ids=["verify", "status", "refused"],
)  # fmt: skip
def test_a_secret_counts_whatever_else_the_phase_came_to(stage, expected, came):
    stage = replace(stage, exposures=(SHOWN,))
    (judged,) = judge(evidence(stage, expected=expected)).phases
    assert (judged.outcome, judged.expected, judged.findings) == (came, False, (SHOWN,))
    if came is Outcome.SILENT_WRONG:
        assert (
            causes_of(judged, stage, {})[0].headline
            == "a password is shown in the arguments of psql"
        )


def test_a_verify_that_repairs_what_it_should_report_is_wrong_and_says_so():
    repaired = Finding("row", "public.t", key="(1)", source="present")
    stage = Stage("verify", executions=(call(0, phase="verify"),), comparison=EQUAL,
                  target_changes=(repaired,))  # fmt: skip
    (judged,) = judge(evidence(stage)).phases
    assert (judged.outcome, judged.findings) == (Outcome.SILENT_WRONG, (repaired,))
    assert causes_of(judged, stage, {})[0].headline == "the target is changed: rows are lost"
    alarm = replace(stage, executions=(call(1, phase="verify"),))
    assert told(alarm) == ["verify FAILED_DIRTY !"]
    silent = replace(stage, phase="validate", executions=(call(0, phase="validate"),))
    assert told(silent, init())[0] == "validate SILENT_WRONG !"


def status(said, *truth):
    stage = Stage("status", executions=(call(0, phase="status"),), said=said, truth=truth)
    return outcome(stage)[0]


def test_a_status_that_crashes_is_told_as_a_crash():
    stage = Stage("status", executions=(call(-11, phase="status", output="oops"),),
                  truth=("streaming",))  # fmt: skip
    (judged,) = judge(evidence(stage)).phases
    assert judged.outcome is Outcome.FAILED_LOUD
    assert causes_of(judged, stage, {})[0].headline == "killed by signal 11: oops"


def test_words_that_fit_a_stream_that_keeps_up_too_tell_of_no_other_state():
    assert status(("streaming", "lagging"), "streaming") is Outcome.FAITHFUL
    assert status(("streaming", "lagging"), "lagging") is Outcome.SILENT_WRONG
    assert status(tuple(State), "broken") is Outcome.SILENT_WRONG
    assert status(("broken", "stopped"), "broken") is Outcome.FAITHFUL
    assert status(("not_set_up", "finished"), "not_set_up") is Outcome.FAITHFUL
    assert status(("broken", "lagging"), "stopped") is Outcome.FAILED_LOUD


def test_an_answer_is_no_comparison_of_a_copy():
    waiting = init(comparison=None, compared_later=True)
    seen = Stage("verify", executions=(call(1, phase="verify", output="t 1"),),
                 comparison=DIFFERENT)  # fmt: skip
    assert told(waiting, seen) == ["init UNKNOWN !", "verify FAITHFUL"]


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
