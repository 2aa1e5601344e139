import json
from dataclasses import replace

import pytest

from assay.report import verdicts
from assay.report.draw import draw
from assay.run.events import LeftOut
from assay.run.outcome import Outcome
from tests.assay.run.made import (
    CHECK,
    ERROR,
    RUST,
    SELF_TEST,
    a_run,
    cause,
    hold,
    judged,
    phase,
    skipped,
)

CAUSE = cause()
EVERY_OUTCOME = tuple(
    judged(f"{outcome}-{assisted}", phase(outcome, assisted=assisted, cause=CAUSE, gap="known"))
    for outcome in Outcome
    for assisted in (False, True)
)


def test_every_kind_of_outcome_fits_the_schema(run_folder):
    case = judged(
        "b",
        phase("FAILED_DIRTY", harmed_source=True),
        phase("NOT_REACHED", "live", proof=None),
        left_out=(LeftOut("cutover", "cutover"),),
        leaked=("role x",),
    )
    folder = run_folder(SELF_TEST, *EVERY_OUTCOME, case, skipped(), RUST, CHECK, ERROR)
    draw(folder)
    written = json.loads((folder / verdicts.NAME).read_text())
    hold("verdicts.schema.json", written)
    assert len(written["outcomes"]) == len(EVERY_OUTCOME) + 2
    assert written["rust_tests"][0]["test"] == "t"
    assert written["checks"][0]["check"] == "health"
    assert written["errors"][0]["nodeid"] == "x"
    assert written["leaks"] == [
        {"case": "b", "replicator": "seren", "pg": "17:17", "left": ["role x"]}
    ]
    assert written["left_out"] == [
        {"case": "b", "replicator": "seren", "pg": "17:17", "phase": "cutover",
         "requires": "cutover"}
    ]  # fmt: skip


def test_it_has_the_shape_of_the_design():
    written = verdicts.verdicts(a_run(SELF_TEST, judged("dt-toast")))
    assert written["verdict"] == "PASS"
    assert written["line"] == "PASS, 1 judged, 0 known gaps, 0 skipped"
    assert written["run"] == {
        "id": "0a1b2c3d", "started": "2026-01-02T03:04:05.678Z", "seed": 7, "assay": "0.1.0",
    }  # fmt: skip
    assert written["replicators"] == [{"name": "seren", "version": "2.5.1"}]
    assert written["counts"] == {"FAITHFUL": 1}
    (outcome,) = written["outcomes"]
    assert outcome == {
        "case": "dt-toast", "category": "data-types", "phase": "init", "replicator": "seren",
        "pg": "17:17", "outcome": "FAITHFUL", "proof": "bytes", "harmed_source": False,
        "expected": True, "assisted": False, "cause": None, "beside": (), "gap": None,
        "intermittent": False, "why": None,
        "findings": (), "omitted": 0, "seconds": 0.5, "evidence": "evidence/dt-toast.json",
    }  # fmt: skip


def test_every_phase_has_an_outcome_and_cases_are_counted():
    case = judged("a", phase(), phase("FAILED_LOUD", "live"), phase("NOT_REACHED", "cutover"))
    written = verdicts.verdicts(a_run(SELF_TEST, case))
    told = [(one["case"], one["phase"], one["outcome"]) for one in written["outcomes"]]
    assert told == [
        ("a", "init", "FAITHFUL"), ("a", "live", "FAILED_LOUD"), ("a", "cutover", "NOT_REACHED"),
    ]  # fmt: skip
    assert written["line"] == "FAIL, 1 judged, 0 known gaps, 0 skipped, 1 unexpected"
    assert written["counts"] == {"FAITHFUL": 1, "FAILED_LOUD": 1, "NOT_REACHED": 1}


def test_assisted_outcomes_are_counted_apart():
    known = phase("REFUSED", expected=True, gap="known")
    one = judged("a", known, phase(name="verify", assisted=True))
    other = judged("b", known, phase("SILENT_WRONG", "verify", assisted=True))
    written = verdicts.verdicts(a_run(SELF_TEST, one, other))
    assert written["counts"] == {"REFUSED": 2}
    assert written["assisted"] == {"FAITHFUL": 1, "SILENT_WRONG": 1}
    assert written["verdict"] == "FAIL"


def test_harm_to_the_source_comes_first_and_is_counted_as_that_alone():
    silent = phase("SILENT_WRONG", "verify")
    harmed = phase("FAITHFUL", "live", expected=False, harmed_source=True)
    lent = phase("REFUSED", "verify", assisted=True, harmed_source=True)
    run = a_run(SELF_TEST, judged("a", phase(), silent), judged("b", phase(), harmed, lent))
    written = verdicts.verdicts(run)
    assert list(written["counts"].items()) == [
        ("HARMED_SOURCE", 1), ("SILENT_WRONG", 1), ("FAITHFUL", 2),
    ]  # fmt: skip
    assert written["assisted"] == {"HARMED_SOURCE": 1}
    assert [(one["case"], one["phase"]) for one in written["outcomes"]] == [
        ("b", "live"), ("b", "verify"), ("a", "init"), ("a", "verify"), ("b", "init"),
    ]  # fmt: skip
    assert written["line"].startswith("FAIL, source harmed in 1 case, 2 judged, ")
    hold("verdicts.schema.json", json.loads(json.dumps(written)))


def test_plants_of_all_workers_are_counted_together():
    slow = replace(SELF_TEST, worker="gw1", detected=2, missed=("lost-grant",), seconds=2.5)
    written = verdicts.verdicts(a_run(SELF_TEST, slow, judged()))
    assert written["self_test"] == {
        "planted": 6, "detected": 5, "missed": ["lost-grant"], "seconds": 2.5,
    }  # fmt: skip
    assert written["verdict"] == "UNKNOWN"


def test_what_the_oracle_was_measured_to_see_is_told():
    written = verdicts.verdicts(a_run(judged()))
    assert written["oracle"]["corpus"]["found"] >= 250
    assert written["oracle"]["equal_pairs"]["comparisons"] >= 1


def test_a_broken_text_is_still_json(run_folder):
    folder = run_folder(judged("x", phase(why="caf\udce9 \u2028 é")))
    draw(folder)
    written = json.loads((folder / verdicts.NAME).read_text(encoding="utf-8"))
    assert written["outcomes"][0]["why"] == "caf\udce9 \u2028 é"


def sample():
    """A whole file, as JSON's own types."""
    events = (SELF_TEST, judged("a", "SILENT_WRONG", leaked=("x",)), skipped(), RUST, CHECK, ERROR)
    return json.loads(json.dumps(verdicts.verdicts(a_run(*events))))


@pytest.mark.parametrize(
    "place",
    [(), ("run",), ("servers", 0), ("replicators", 0), ("outcomes", 0), ("leaks", 0),
     ("outcomes", 0, "findings", 0), ("skipped", 0), ("self_test",), ("oracle",),
     ("oracle", "corpus"), ("rust_tests", 0), ("checks", 0), ("errors", 0)],
)  # fmt: skip
def test_the_schema_refuses_what_it_does_not_know_and_what_is_missing(place):
    written = sample()
    hold("verdicts.schema.json", written)
    there = written
    for step in place:
        there = there[step]
    key = next(iter(there))
    kept = there.pop(key)
    with pytest.raises(Exception, match="is a required property"):
        hold("verdicts.schema.json", written)
    there[key] = kept
    there["surprise"] = 1
    with pytest.raises(Exception, match="surprise"):
        hold("verdicts.schema.json", written)
