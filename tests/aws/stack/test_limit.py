"""The limit of unfinished jobs, under requests that come at once: exact, and given back."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from assay.jobs.answers import Accepted
from assay.jobs.client import JobClient

AT_ONCE = 8
REQUESTS = 30


@pytest.fixture
def waiting(stack):
    """No provisioner: accepted jobs wait until they are given up."""
    fault = stack.cloud.faults.crash(f"{stack.environment.prefix}-provisioner", times=10_000)
    yield fault
    stack.cloud.faults.clear()


def give_up(stack, jobs):
    """End jobs as dead letters do."""
    client, url = stack.cloud.client("sqs"), stack.outputs["dead_letter_queue_url"]
    for job in jobs:
        body = json.dumps({"job_id": job.job_id, "trace_id": job.trace_id})
        client.send_message(QueueUrl=url, MessageBody=body)


def active(stack):
    """The count of unfinished jobs in the table, and how many there are."""
    items = stack.records()
    (counter,) = [int(one["active"]["N"]) for one in items if one["job_id"]["S"] == "#active"]
    states = Counter(one["status"]["S"] for one in items if "status" in one)
    return counter, states["provisioning"] + states["running"]


def test_of_many_requests_at_once_exactly_the_limit_is_accepted(stack, databases, waiting):
    limit, spec = stack.environment.max_active_jobs, databases.spec()

    def post(_):
        return JobClient(stack.endpoint, stack.api_key).post(spec)

    with ThreadPoolExecutor(AT_ONCE) as clients:
        answers = list(clients.map(post, range(REQUESTS)))
    assert Counter(answer.status for answer in answers) == {201: limit, 429: REQUESTS - limit}
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.body == {"error": f"Too many active jobs (limit: {limit})"}
    accepted = [Accepted.of(answer) for answer in answers if answer.status == 201]
    assert active(stack) == (limit, limit)
    give_up(stack, accepted)
    client = JobClient(stack.endpoint, stack.api_key)
    for job in accepted:
        view = client.wait(job, timeout=60, every=0.1).views[-1]
        assert "its message was given up" in view.error
    assert active(stack) == (0, 0)
    assert waiting.happened() > 0
