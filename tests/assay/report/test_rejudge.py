"""A stored run judged again: the same evidence gives the same outcomes, phase by phase."""

from assay.conformance.evidence import Stage
from assay.oracle.words.finding import Comparison, Equality
from assay.process import Execution
from assay.report.rejudge import rejudge
from tests.assay.run.made import judged, phase

EQUAL = Comparison(Equality.EQUAL, compared={"relations": 1})


def call(code, name):
    return Execution(("tool",), code, "", "", 1.0, phase=name)


def changes(run_folder, evidence, *phases):
    """What is said of a case whose copy is faithful and whose stream was killed."""
    stages = (
        Stage("init", executions=(call(0, "init"),), comparison=EQUAL),
        Stage("live", executions=(call(-9, "sync"),)),
    )
    case = judged("dt-x", *phases)
    folder = run_folder(case)
    evidence(stages=stages).save(folder / case.evidence)
    (one,) = rejudge(folder)
    return [
        (name, was and str(was.outcome), now and str(now.outcome)) for name, was, now in one.changed
    ]


def test_what_is_judged_as_before_has_not_changed(run_folder, evidence):
    live = phase("FAILED_LOUD", "live", expected=True, gap="known")
    assert changes(run_folder, evidence, phase(), live) == []


def test_a_phase_that_is_judged_otherwise_is_named_with_both_outcomes(run_folder, evidence):
    assert changes(run_folder, evidence, phase("SILENT_WRONG"), phase("FAILED_LOUD", "live")) == [
        ("init", "SILENT_WRONG", "FAITHFUL")
    ]


def test_a_phase_of_one_judgement_only_is_named(run_folder, evidence):
    assert changes(run_folder, evidence, phase(), phase("FAITHFUL", "end")) == [
        ("end", "FAITHFUL", None), ("live", None, "FAILED_LOUD"),
    ]  # fmt: skip


def test_a_phase_that_was_judged_on_a_copy_of_ours_is_not_the_same(run_folder, evidence):
    live = phase("FAILED_LOUD", "live", assisted=True)
    assert changes(run_folder, evidence, phase(), live) == [("live", "FAILED_LOUD", "FAILED_LOUD")]


def test_harm_that_is_no_longer_seen_is_a_change(run_folder, evidence):
    live = phase("FAILED_LOUD", "live", harmed_source=True)
    assert changes(run_folder, evidence, phase(), live) == [("live", "FAILED_LOUD", "FAILED_LOUD")]
