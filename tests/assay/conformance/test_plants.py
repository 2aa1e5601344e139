"""What a case asks a tool to name is named by no accident: left out, nobody says it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assay.conformance.answers import must_name
from assay.conformance.baseline import Known
from assay.conformance.case import parse
from assay.conformance.expectations import Gaps
from assay.conformance.suite import Suite
from assay.conformance.trial import run_phases
from assay.replicators.base import Phase
from assay.replicators.registry import resolve
from assay.run.outcome import Outcome
from fixtures.servers import POOLS

pytestmark = pytest.mark.servers
CASES = sorted((Path(__file__).parents[3] / "integration" / "cases").rglob("*.sql"))
PARSED = [parse(path) for path in CASES]
REFUSED = [case for case in PARSED if any(expected.text for expected in case.expected)]
VERIFIED = [case for case in PARSED if "verify" in case.phases and case.of("plant")]


@pytest.fixture
def put(request, tmp_path, run_id):
    """Put a tool to a case by some steps, as the suite does; its result."""
    config = request.config
    pg = config.getoption("pg")[0]
    spec = pg if ":" in pg else f"{pg}:{pg}"
    suite = Suite(run_id, tmp_path, config.stash[POOLS].pool)

    def attempt(case, name, steps):
        asked = {"driver": resolve(name), "spec": spec, "known": Known(Gaps())}
        with suite.attempt(case, **asked, nodeid=request.node.nodeid) as tried:
            if tried.trial is None:
                pytest.skip(f"the servers lack {tried.result.event.requires}")
            steps(tried.trial)
        return tried.result

    return attempt


def without_plant(case):
    """The case up to where it refuses, without what it wants named."""
    texts = [expected.text for expected in case.expected if expected.text]
    named = any(text in value for values in (case.filters or {}).values() for value in values
                for text in texts)  # fmt: skip
    left = replace(
        case,
        sections=tuple(s for s in case.sections if s.kind in ("setup", "target") and not s.planted),
        filters=None if named else case.filters,
        phases=tuple(phase for phase in case.phases if phase in ("validate", "init")),
    )
    planted = any(section.planted for section in case.sections)
    assert planted or named or "init-again" in case.phases, f"{case.id}: mark what it plants"
    return left, texts


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_no_refusal_is_named_where_there_is_nothing_to_refuse(put, case):
    left, texts = without_plant(case)

    def up_to_the_snapshot(trial):
        trial.prepare()
        if "validate" in case.phases:
            trial.validate()
        trial.init(compare=False)

    evidence = put(left, "reference", up_to_the_snapshot).evidence
    calls = [call for stage in evidence.stages for call in stage.executions]
    assert calls, evidence.trouble
    assert all(call.ok for call in calls), calls
    assert not [text for text in texts for call in calls if text in call.output]


@pytest.mark.parametrize("case", VERIFIED, ids=lambda case: case.id)
def test_a_verify_that_counts_rows_and_names_none_is_not_taken_for_one_that_does(put, case):
    judgement = put(case, "lossy:verify-names-no-row", run_phases).judgement
    assert judgement.gravest.outcome is Outcome.FAILED_LOUD, judgement
    assert judgement.gravest.why.startswith("verify does not name ")


@pytest.mark.parametrize("case", VERIFIED, ids=lambda case: case.id)
def test_a_verify_that_has_nothing_to_find_does_not_say_the_name(put, case):
    before = []

    def once_without(trial):
        trial.prepare()
        trial.init()
        before.append(trial.bench.tool.execute(Phase.VERIFY, trial.bench.call()))
        trial.verify()

    stage = put(case, "reference", once_without).evidence.stages[-1]
    names = must_name(stage.comparison.findings[0])
    assert before[0].ok
    assert not all(name in before[0].output for name in names)
    assert all(name in stage.executions[0].output for name in names)
