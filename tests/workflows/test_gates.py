"""What the workflows of this repository do, and above all do not do, by executing them."""

from __future__ import annotations

import pytest

from tests.workflows import house as here
from tests.workflows.site import Planted, Trigger, nobody
from tests.workflows.stand_ins import ROOT

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("workflows")]
DEPLOY = here.WORKFLOWS + "deploy.yml"
NIGHTLY = here.WORKFLOWS + "nightly.yml"
CI = here.WORKFLOWS + "ci.yml"
NIGHT = Trigger("schedule")
TO_PROD = Trigger("workflow_dispatch", inputs={"until": "prod"})


def run(house, path, trigger, *, approve=here.approves, broken=(), changed=None):
    site = house.site(approve, changed)
    record = site.start(path, trigger, planted=Planted(broken=frozenset(broken)))
    site.play()
    return record


def number_of(record, key, called):
    """The step of a job that called that program."""
    (step,) = [one for one in record.jobs[key].steps if any(called in call for call in one.calls)]
    return step.what.split()[0]


def every_run(house, language, path):
    for trigger in here.triggers(language.workflow(path, here.read(path))):
        yield trigger, run(house, path, trigger)


@pytest.mark.parametrize("path", here.started_by_events())
def test_every_workflow_runs_from_every_event(path, house, language):
    for trigger, record in every_run(house, language, path):
        failed = {
            key: job.why or [step.said for step in job.steps if step.outcome == "failure"]
            for key, job in record.jobs.items()
            if job.result == "failure"
        }
        assert failed == {}, trigger
        assert record.result in ("success", "skipped"), trigger


def test_every_job_of_every_file_runs(house, language):
    wanted = {
        (path, job)
        for path in (f"{here.WORKFLOWS}{one.name}" for one in (ROOT / here.WORKFLOWS).glob("*.yml"))
        for job in language.workflow(path, here.read(path))["jobs"]
    }
    ran = {
        job.place
        for path in here.started_by_events()
        for _, record in every_run(house, language, path)
        for job in record.jobs.values()
        if job.result == "success"
    }
    assert wanted - ran == {(NIGHTLY, "alarm")}  # below: it runs when the night is red


def test_production_never_starts_when_stagings_smoke_suite_failed(house):
    green = run(house, DEPLOY, TO_PROD)
    assert "bash .ci/deploy" in green.calls("prod / deploy")
    smoke = number_of(green, "staging / deploy", ".ci/smoke-deployed staging")
    red = run(house, DEPLOY, TO_PROD, broken=[("staging / deploy", smoke)])
    assert red.jobs["staging"].result == "failure"
    assert red.jobs["prod"].result == "skipped"
    assert not [key for key in red.jobs if key.startswith("prod / ")]
    assert red.jobs["gate"].result == "failure"
    assert any(".ci/evidence" in call for call in red.calls("staging / deploy"))


def test_an_unapproved_promotion_waits(house):
    record = run(house, DEPLOY, TO_PROD, approve=nobody)
    assert record.result == "waiting"
    assert record.jobs["prod / plan"].result == "success"
    deploy = record.jobs["prod / deploy"]
    assert (deploy.result, deploy.started, deploy.steps) == ("", None, [])
    assert deploy.waited == ["approval of prod: deploy plan 0123456789ab"]


def test_a_refused_promotion_deploys_nothing(house):
    record = run(house, DEPLOY, TO_PROD, approve=here.refuses)
    assert record.result == "failure"
    assert record.jobs["prod / deploy"].steps == []


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_refused_evidence_stops_a_promotion_before_its_plan(environment, house):
    green = run(house, DEPLOY, TO_PROD)
    asked = [call for call in green.calls(f"{environment} / plan") if "assay promote" in call]
    if environment == "dev":
        assert asked == []
        return
    number = number_of(green, f"{environment} / plan", "assay promote")
    red = run(house, DEPLOY, TO_PROD, broken=[(f"{environment} / plan", number)])
    assert red.jobs[f"{environment} / deploy"].result == "skipped"
    assert not any("assay.github.plan" in call for call in red.calls(f"{environment} / plan"))


def test_two_deployments_into_one_environment_do_not_overlap(house):
    site = house.site()
    records = [site.start(DEPLOY, TO_PROD, after=number) for number in range(2)]
    site.play()
    assert [record.result for record in records] == ["success", "success"]
    for name in ("dev", "staging", "prod"):
        first, second = ([job for key, job in record.jobs.items() if key.startswith(f"{name} / ")]
                         for record in records)  # fmt: skip
        assert max(job.ended for job in first) <= min(job.started for job in second)


def test_only_jobs_that_deploy_or_sign_can_prove_who_they_are(house):
    record = run(house, DEPLOY, Trigger("push"))
    able = {key for key, job in record.jobs.items() if job.steps and "id-token" in job.rights}
    deploying = {
        f"{name} / {job}" for name in ("dev", "staging", "prod") for job in ("plan", "deploy")
    }
    assert deploying <= able
    assert {key for key in able - deploying if not key.endswith("attest")} == set()


def test_each_environment_has_a_role_of_its_own(house):
    record = run(house, DEPLOY, TO_PROD)
    subjects = {key: job.subject for key, job in record.jobs.items() if job.subject}
    assert len(set(subjects.values())) == len(subjects) == 6
    assert subjects["prod / deploy"] == "repo:owner/name:environment:prod"
    site = house.site()
    site.roles = dict.fromkeys(site.roles, "repo:owner/name:environment:dev")
    stranger = site.start(DEPLOY, TO_PROD)
    site.play()
    assert "does not trust" in " ".join(step.said for step in stranger.jobs["dev / plan"].steps)


@pytest.mark.parametrize(
    ("job", "called"),
    [
        ("plan", ".ci/plan-night"),
        ("leg (reference, 17:17, wheel, 2, 2) / suite", "make integration"),
        ("long (cloud)", "benchmarks.nightly"),
        ("page", ".ci/merge-night"),
    ],
)
def test_the_alarm_rings_when_the_night_is_red(job, called, house):
    green = run(house, NIGHTLY, NIGHT)
    assert green.jobs["alarm"].result == "skipped"
    red = run(house, NIGHTLY, NIGHT, broken=[(job, number_of(green, job, called))])
    assert red.result == "failure"
    assert red.jobs["gate"].result == "failure"
    assert red.calls("alarm") == ["python3 -m assay.github.alarm"]
    assert red.jobs["alarm"].result == "success"


def test_the_alarm_rings_when_the_issues_could_not_be_kept(house):
    text = here.read(NIGHTLY)
    before, mark, after = text.partition("\n  issues:")
    mute = before + mark + after.replace("issues: write", "issues: read", 1)
    record = run(house, NIGHTLY, NIGHT, changed={NIGHTLY: mute})
    assert "HTTP 403" in " ".join(step.said for step in record.jobs["issues"].steps)
    assert record.jobs["alarm"].result == "success"


def test_an_alarm_without_its_right_is_no_success(house):
    text = here.read(NIGHTLY)
    before, mark, after = text.partition("\n  alarm:")
    mute = before + mark + after.replace("issues: write", "issues: read", 1)
    green = run(house, NIGHTLY, NIGHT)
    broken = [("page", number_of(green, "page", ".ci/merge-night"))]
    record = run(house, NIGHTLY, NIGHT, broken=broken, changed={NIGHTLY: mute})
    assert record.jobs["alarm"].result == "failure"


PULL = Trigger("pull_request", ref="refs/pull/1/merge", payload={"action": "opened"})


def test_the_gate_opens_only_for_what_ran(house):
    green = run(house, CI, PULL)
    assert green.jobs["gate"].result == "success"
    for job, called in (
        ("lint", "make lint"),
        ("test (macos-15)", ".ci/test"),
        ("suite (docker, --pg-provider docker) / suite", "make integration"),
    ):
        red = run(house, CI, PULL, broken=[(job, number_of(green, job, called))])
        assert red.jobs["gate"].result == "failure", job


def test_a_skipped_matrix_does_not_pass_the_gate(house):
    text = here.read(CI)
    changed = {CI: text.replace("\n  test:\n", "\n  test:\n    if: false\n", 1)}
    record = run(house, CI, PULL, changed=changed)
    assert record.jobs["test"].result == "skipped"
    assert record.jobs["gate"].result == "failure"


def test_an_empty_matrix_does_not_pass_the_gate(house):
    text = here.read(CI).replace("os: [ubuntu-24.04, macos-15]", "os: []", 1)
    record = run(house, CI, PULL, changed={CI: text})
    assert record.jobs["gate"].result == "failure"
