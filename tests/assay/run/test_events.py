"""Events: one codec, one schema, and which phase speaks for a case."""

import json

import pytest

from assay.errors import UsageError
from assay.run.events import (
    KINDS,
    SCHEMA,
    LeftOut,
    Merged,
    NewsTold,
    decode,
    encode,
    schema,
    schema_text,
)
from fixtures.options import ROOT
from tests.assay.run.made import (
    CHECK,
    ERROR,
    FINISHED,
    RUST,
    SELF_TEST,
    STARTED,
    cause,
    hold,
    judged,
    phase,
    skipped,
)
from tests.assay.run.parts import shard

CAUSE = cause()

CASE = judged(
    "dt-x",
    phase("FAILED_DIRTY", cause=CAUSE, gap="known", omitted=3),
    phase("SILENT_WRONG", "live", assisted=True, harmed_source=True),
    phase("NOT_REACHED", "cutover", proof=None, why="live failed"),
    left_out=(LeftOut("cutover", "cutover"),),
    leaked=("role x",),
    sql="select 1;",
)
SHARDED = shard(2, commit="", inputs={"--baseline x": "1"})
MERGED = Merged(("0a1b2c3d",), (4,))
NEWS = NewsTold("receiver 1 (json)", delivered=False, tries=4, why="503")
EVENTS = (STARTED, SHARDED, MERGED, CASE, skipped(), SELF_TEST, RUST, CHECK, ERROR, FINISHED, NEWS)


def line(event):
    """The event as a line of the journal has it."""
    return {"at": "now", **json.loads(json.dumps(encode(event)))}


def test_an_event_of_every_kind_comes_back_whole():
    assert {event.name for event in EVENTS} == set(KINDS)
    for event in EVENTS:
        assert decode(encode(event)) == event
        hold("journal.schema.json", line(event))


def test_the_file_is_the_schema_of_the_events():
    assert (ROOT / SCHEMA).read_text() == schema_text(), "write it: python -m assay.run"
    assert set(schema()["$defs"]) >= {kind.__name__ for kind in KINDS.values()}


@pytest.mark.parametrize(
    ("event", "change"),
    [
        (CASE, {"surprise": 1}),
        (CASE, {"phases": [{**encode(CASE)["phases"][0], "outcome": "FINE"}]}),
        (CASE, {"phases": [{**encode(CASE)["phases"][0], "surprise": 1}]}),
        (CASE, {"phases": [{**encode(CASE)["phases"][0], "omitted": -1}]}),
        (RUST, {"result": "broken"}),
        (CHECK, {"result": "maybe"}),
        (SELF_TEST, {"detected": -1}),
        (STARTED, {"run": "not hexadecimal"}),
        (FINISHED, {"verdict": "GOOD"}),
        (FINISHED, {"event": "run-ended"}),
    ],
)  # fmt: skip
def test_the_schema_refuses_what_no_event_is(event, change):
    with pytest.raises(Exception, match="is not valid under"):
        hold("journal.schema.json", {**line(event), **change})


def test_no_key_may_be_missing():
    for event in EVENTS:
        told = line(event)
        for key in told:
            with pytest.raises(Exception, match="is not valid under"):
                hold("journal.schema.json", {k: v for k, v in told.items() if k != key})


def test_an_event_without_its_facts_is_refused():
    with pytest.raises(UsageError, match="case-judged of another shape") as caught:
        decode({"event": "case-judged", "case": "a"})
    assert "category" in caught.value.evidence


def test_an_event_that_nobody_knows_is_refused():
    with pytest.raises(UsageError, match="no event 'case-felt'"):
        decode({"event": "case-felt"})


def named(*phases):
    """The phase that speaks for a case of these."""
    return judged("x", *phases).gravest.phase


def test_the_gravest_phase_speaks_for_its_case():
    good, loud = phase("FAITHFUL", "validate"), phase("FAILED_LOUD", "init")
    wrong = phase("SILENT_WRONG", "live")
    assert named(good, loud, wrong) == "live"
    assert named(good, loud) == "init"
    assert named(good, phase("FAITHFUL", "init")) == "validate"


def test_harm_to_the_source_outranks_everything():
    harmed = phase("FAITHFUL", "init", expected=False, harmed_source=True)
    assert named(harmed, phase("SILENT_WRONG", "live")) == "init"
    unproved = phase("UNKNOWN", "init", expected=False, harmed_source=True)
    assert named(unproved, phase("SILENT_WRONG", "live")) == "init"


def test_what_is_wrong_outranks_what_is_not_known():
    assert named(phase("FAILED_LOUD", "init"), phase("UNKNOWN", "live")) == "init"
    assert named(phase("FAITHFUL", "init"), phase("UNKNOWN", "live")) == "live"
    known = phase("SILENT_WRONG", "init", expected=True, gap="known")
    assert named(known, phase("UNKNOWN", "live")) == "live"


def test_what_was_not_reached_speaks_for_nobody():
    known = phase("REFUSED", "init", expected=True, gap="known")
    assert named(known, phase("NOT_REACHED", "live")) == "init"


def test_a_case_is_told_in_words():
    assert CASE.told == "init FAILED_DIRTY, live SILENT_WRONG (assisted), cutover NOT_REACHED"


def test_the_worst_cases_come_first():
    cases = [
        judged("good"),
        judged("gap", phase("REFUSED", expected=True, gap="known")),
        judged("unknown", "UNKNOWN"),
        judged("loud", "FAILED_LOUD"),
        judged("half", phase("SILENT_WRONG"), phase("UNKNOWN", "live")),
        judged("wrong", "SILENT_WRONG"),
        judged("late", phase(), phase("SILENT_WRONG", "live", assisted=True)),
        judged("harmed", phase("FAITHFUL", expected=False, harmed_source=True)),
        judged("unproved", phase("UNKNOWN", harmed_source=True)),
    ]
    ordered = [case.case for case in sorted(cases, key=lambda case: case.badness)]
    assert ordered == ["unproved", "harmed", "half", "wrong", "late", "loud", "unknown", "gap",
                       "good"]  # fmt: skip


def test_an_assisted_phase_is_not_the_tools_own_and_still_makes_its_case_red():
    case = judged("x", phase(), phase("SILENT_WRONG", "verify", assisted=True))
    assert [one.own for one in case.phases] == [True, False]
    assert not case.expected
    assert not phase("NOT_REACHED").own
