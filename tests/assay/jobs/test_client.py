"""The client against a server that answers whatever a test wants."""

from __future__ import annotations

import json

import pytest

from assay.errors import TimedOut, UsageError
from assay.jobs.answers import ContractBroken
from assay.jobs.client import IllegalTransition, JobClient, NotAccepted, Unreachable, Watch
from assay.jobs.contract import Status, machine, reachable
from assay.redact import Secret
from tests.assay.jobs.conftest import ACCEPTED, JOB, SPEC, TRACE, view


def test_a_job_is_submitted_with_the_key_and_followed_to_its_end(server, client):
    server.answers = [
        (201, ACCEPTED),
        (200, view("provisioning")),
        (200, view("running")),
        (200, view("completed")),
    ]
    watch = client.wait(client.submit(SPEC), timeout=5, every=0.01)
    assert watch.states == [Status.PROVISIONING, Status.RUNNING, Status.COMPLETED]
    method, path, headers, body = server.requests[0]
    assert (method, path, headers["x-api-key"]) == ("POST", "/jobs", "k3y-of-api")
    assert json.loads(body) == SPEC


def test_a_missed_state_is_no_error_and_a_way_back_is_one():
    assert reachable(Status.PROVISIONING, Status.COMPLETED)
    assert not reachable(Status.RUNNING, Status.PROVISIONING)
    assert not any(reachable(end, other) for end in Status if end.terminal for other in Status
                   if other is not end)  # fmt: skip
    assert set(machine()) == set(Status)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (view("running"), view("provisioning")),
        (view("completed"), view("failed")),
        (view("completed"), view("running")),
        (view("failed"), view("failed", error="another")),
        (view("completed"), view("completed", completed_at="2026-01-01T00:00:03.000Z")),
    ],
)
def test_an_illegal_transition_is_detected(server, client, first, second):
    watch = Watch()
    server.answers = [(200, first), (200, second)]
    watch.see(client.status(JOB))
    with pytest.raises(IllegalTransition):
        watch.see(client.status(JOB))


@pytest.mark.parametrize(
    "changed",
    [
        {"trace_id": "2b9c2f4e-8d3a-4c55-9b1e-7f6a5d4c3b2a"},
        {"created_at": "2026-01-01T00:00:00.500Z"},
        {"started_at": "2026-01-01T00:00:01.500Z"},
    ],
)
def test_what_may_never_change_is_watched(server, client, changed):
    watch = Watch()
    server.answers = [(200, view("running")), (200, view("running", **changed))]
    watch.see(client.status(JOB))
    with pytest.raises(ContractBroken):
        watch.see(client.status(JOB))


@pytest.mark.parametrize(
    "body",
    [
        [],
        b"<html>",
        {},
        view("done"),
        view("running", started_at=None),
        view("provisioning", started_at="2026-01-01T00:00:01.000Z"),
        view("completed", completed_at=None),
        view("running", completed_at="2026-01-01T00:00:02.000Z"),
        view("failed", error=None),
        view("failed", error=" "),
        view("completed", error="but"),
        view("running", created_at="2026-01-01 00:00:00"),
        view("running", created_at=None),
        view("running", created_at="2026-13-01T00:00:00Z"),
        view("running", created_at="2026-01-01T00:00:09.000Z"),
        {**view("running"), "secret": 1},
        {k: v for k, v in view("running").items() if k != "error"},
        view("running", job_id=TRACE),
    ],
)  # fmt: skip
def test_a_view_that_breaks_the_contract_is_a_finding(server, client, body):
    server.answers = [(200, body)]
    with pytest.raises(ContractBroken):
        client.status(JOB)


@pytest.mark.parametrize(
    "body",
    [{}, {**ACCEPTED, "status": "running"}, {**ACCEPTED, "job_id": "1"}, {**ACCEPTED, "more": 1},
     {**ACCEPTED, "trace_id": "00000000-0000-1000-8000-000000000000"}, b"ok"],
)  # fmt: skip
def test_a_201_that_breaks_the_contract_is_a_finding(server, client, body):
    server.answers = [(201, body)]
    with pytest.raises(ContractBroken):
        client.submit(SPEC)


def test_a_lost_answer_to_a_poll_is_asked_for_again(server, client):
    server.answers = [None, None, (200, view("running"))]
    assert client.status(JOB).status is Status.RUNNING
    assert client.calls == 3


def test_the_retries_are_few(server, client):
    server.answers = [None]
    with pytest.raises(Unreachable, match="No answer to GET"):
        client.status(JOB)
    assert client.calls == 4


def test_an_answer_is_never_asked_for_again(server, client):
    server.answers = [(500, {"error": "Internal error"}), (200, view("running"))]
    with pytest.raises(NotAccepted, match="500"):
        client.status(JOB)
    assert client.calls == 1


def test_a_post_is_sent_again_only_with_an_idempotency_key(server, client):
    server.answers = [None, (201, ACCEPTED)]
    with pytest.raises(Unreachable):
        client.submit(SPEC)
    server.answers = [None, (201, ACCEPTED)]
    assert client.submit(SPEC, idempotency_key="k").job_id == JOB


def test_a_post_that_never_left_is_sent_again(client, server):
    gone = JobClient("http://127.0.0.1:9", Secret("key1"))
    with pytest.raises(Unreachable, match="endpoint's spelling"):
        gone.submit(SPEC)
    assert gone.calls == 4


def test_a_job_that_does_not_end_is_no_verdict(server, client):
    server.answers = [(200, view("running", log_url="https://logs.example.com/x"))]
    with pytest.raises(TimedOut, match=r"last seen running; log: https://logs"):
        client.wait(JOB, timeout=0.05, every=0.01)


def test_secrets_in_an_answer_are_noticed_and_not_shown(server, client):
    server.answers = [(500, {"error": "no connection with c4n:ry and 0ther-pw and k3y-of-api"})]
    answer = client.post(SPEC)
    assert answer.shows_secret
    assert not any(secret in answer.text for secret in ("c4n:ry", "0ther-pw", "k3y-of-api"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"command": "drop"}, "command"),
        ({"source_url": 7}, "source_url"),
        ({"options": {"enable_sync": "yes"}}, "options.enable_sync"),
        ({"more": 1}, "Additional properties"),
    ],
)
def test_a_malformed_specification_is_refused_before_it_is_sent(client, changed, said):
    with pytest.raises(UsageError, match=said) as refusal:
        client.submit({**SPEC, **changed})
    assert client.calls == 0
    assert "c4n" not in str(refusal.value)


@pytest.mark.parametrize("endpoint", ["", "example.com", "ftp://example.com", "http://"])
def test_an_endpoint_that_is_none_is_refused(endpoint):
    with pytest.raises(UsageError, match="is no endpoint"):
        JobClient(endpoint, None)
