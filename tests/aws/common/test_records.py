"""A job's record goes only where the state machine lets it, and the count of jobs follows."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobcore import contract
from jobcore.records import DuplicateJob, IllegalTransition, Job, TooManyActiveJobs

LIMIT = 3
STEPS = ("launched", "start", "heartbeat", "completed", "failed", "timeout")


def a_job(job_id=None):
    """A job; its URLs are not looked at here."""
    return Job(job_id or str(uuid.uuid4()), "t", "1.0", "init", "s", "t", {}, {})


def reserve(records):
    """A new job's id."""
    job = a_job()
    records.reserve(job, limit=LIMIT)
    return job.job_id


def attempt(records, job_id, step):
    """One change; whether it was allowed."""
    try:
        if step == "launched":
            records.launched(job_id, instance_id="i-1", log_group="g")
        elif step == "start":
            records.start(job_id, instance_id="i-1")
        elif step == "heartbeat":
            records.heartbeat(job_id, instance_id="i-1")
        else:
            error = None if step == "completed" else "why"
            records.finish(job_id, step, error=error)
    except IllegalTransition:
        return False
    return True


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(STEPS), max_size=8))
def test_no_sequence_of_changes_leaves_the_state_machine(account, steps):
    records = account.records
    job_id = reserve(records)
    before = records.active()
    state = "provisioning"
    for step in steps:
        allowed = attempt(records, job_id, step)
        now = records.get(job_id)["status"]
        assert now == state or now in contract.transitions()[state]
        moves = step in ("start", "completed", "failed", "timeout")
        target = "running" if step == "start" else step
        assert not moves or allowed == (target in contract.transitions()[state])
        state = now
    over = state in contract.terminal()
    assert records.active() == before - over
    if not over:
        records.finish(job_id, "failed", error="end of the test")


def test_the_limit_holds_and_a_finished_job_makes_room(account):
    jobs = [reserve(account.records) for _ in range(LIMIT)]
    with pytest.raises(TooManyActiveJobs):
        reserve(account.records)
    account.records.finish(jobs[0], "failed", error="why")
    assert reserve(account.records)
    assert account.records.active() == LIMIT


def test_a_job_is_created_once(account):
    job = a_job()
    account.records.reserve(job, limit=LIMIT)
    with pytest.raises(DuplicateJob):
        account.records.reserve(job, limit=LIMIT)
    assert account.records.active() == 1


def test_another_instance_can_neither_begin_nor_report_nor_finish(account):
    records, job_id = account.records, reserve(account.records)
    records.launched(job_id, instance_id="i-1", log_group="g")
    with pytest.raises(IllegalTransition):
        records.start(job_id, instance_id="i-2")
    records.start(job_id, instance_id="i-1")
    with pytest.raises(IllegalTransition):
        records.heartbeat(job_id, instance_id="i-2")
    with pytest.raises(IllegalTransition):
        records.finish(job_id, "completed", worker="i-2")
    assert records.get(job_id)["status"] == "running"


def test_a_terminal_state_is_final(account):
    records, job_id = account.records, reserve(account.records)
    records.finish(job_id, "failed", error="first")
    with pytest.raises(IllegalTransition):
        records.finish(job_id, "failed", error="second")
    assert records.get(job_id)["error"] == "first"
    assert records.active() == 0


@pytest.mark.parametrize(("status", "error"), [("completed", "why"), ("failed", None)])
def test_an_error_belongs_to_failure_and_only_to_it(account, status, error):
    with pytest.raises(ValueError, match=status):
        account.records.finish(reserve(account.records), status, error=error)


def test_unfinished_jobs_are_all_found(account):
    records = account.records
    waiting, running, over = (reserve(records) for _ in range(3))
    records.start(running, instance_id="i-1")
    records.finish(over, "failed", error="why")
    assert {job["job_id"] for job in records.unfinished()} == {waiting, running}
