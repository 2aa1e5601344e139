"""What is done to jobs, kind by kind; each ends as it says, or the promise is broken.

`ends` are the states in which a job may end; whichever it is, completed means equal. `quick` ones
run in CI, all of them with ``--nightly``.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from assay.clock import pause, wait_until
from assay.jobs.contract import Status
from assay.postgres.session import connect, scalar

ALWAYS = 10_000
COMPLETED, FAILED, TIMEOUT = (frozenset({state}) for state in ("completed", "failed", "timeout"))
EITHER = COMPLETED | FAILED
STOPS_BADLY = "trap '' TERM; while :; do sleep 1; done"


@dataclass(frozen=True, slots=True)
class Injection:
    """One thing that is done."""

    kind: str
    name: str
    do: Callable
    ends: frozenset[str]
    quick: bool


ALL: list[Injection] = []


def injection(kind, ends, *, quick=False):
    """Register a function that does it to a scene."""

    def registered(do):
        ALL.append(Injection(kind, do.__name__.replace("_", "-"), do, ends, quick))
        return do

    return registered


# A worker dies


@injection("worker killed", FAILED, quick=True)
def worker_killed_while_a_lock_holds_pg_dump(scene):
    scene.hold()
    instance = scene.running(scene.post())
    scene.waits()
    scene.signal(instance, "-m worker")


@injection("worker killed", FAILED)
def everything_of_the_machine_killed(scene):
    scene.hold()
    instance = scene.running(scene.post())
    scene.waits()
    scene.signal(instance)


@injection("worker killed", FAILED, quick=True)
def replicator_killed(scene):
    scene.hold()
    instance = scene.running(scene.post())
    scene.waits()
    scene.signal(instance, "replicators.reference")


@injection("worker killed", FAILED)
def pg_dump_killed(scene):
    scene.hold()
    instance = scene.running(scene.post())
    scene.waits()
    scene.signal(instance, "pg_dump")


@injection("worker killed", FAILED, quick=True)
def worker_asked_to_stop(scene):
    scene.hold()
    instance = scene.running(scene.post())
    scene.waits()
    scene.signal(instance, "-m worker", number=signal.SIGTERM)


@injection("worker killed", FAILED)
def worker_hangs(scene):
    scene.hold()
    instance = scene.running(scene.post())
    scene.waits()
    scene.signal(instance, "-m worker", number=signal.SIGSTOP)


# An instance is terminated


@injection("instance terminated", FAILED)
def instance_terminated_while_it_works(scene):
    scene.hold()
    instance = scene.running(scene.post())
    scene.stack.cloud.client("ec2").terminate_instances(InstanceIds=[instance])
    scene.saw("terminated")


@injection("instance terminated", FAILED)
def instance_terminated_before_it_begins(scene):
    fault = scene.refuse(
        "ssm:GetParameter", "InternalServerError", times=ALWAYS, by="*-worker*", status=500
    )
    instance = scene.instance(scene.post())
    wait_until(lambda: fault.happened() > 0, what="a worker that asks for its settings", timeout=10)
    scene.stack.cloud.client("ec2").terminate_instances(InstanceIds=[instance])
    scene.saw("terminated")


@injection("instance terminated", COMPLETED, quick=True)
def instance_terminated_after_the_end(scene):
    job = scene.post()
    instance = scene.running_or_done(job)
    scene.finished(job)
    scene.stack.cloud.client("ec2").terminate_instances(InstanceIds=[instance])
    scene.saw("terminated")


# The queue delivers again


@injection("redelivery", COMPLETED, quick=True)
def message_again_while_running(scene):
    scene.hold()
    job = scene.post()
    scene.running(job)
    scene.redeliver(job)
    pause(2)


@injection("redelivery", COMPLETED, quick=True)
def message_ten_times_at_once(scene):
    scene.hold()
    job = scene.post()
    with ThreadPoolExecutor(10) as senders:
        list(senders.map(lambda _: scene.redeliver(job), range(10)))
    scene.running(job)
    pause(3)


@injection("redelivery", COMPLETED)
def message_again_after_the_end(scene):
    job = scene.post()
    scene.finished(job)
    scene.redeliver(job)
    pause(3)


@injection("redelivery", COMPLETED)
def messages_that_are_none(scene):
    for body in ("", "{}", "[]", "null", '{"job_id": 7}', '{"job_id": "x", "trace_id": "y"}'):
        scene.send("jobs", body or " ")
    scene.saw("six messages that mean nothing")
    scene.finished(scene.post())


@injection("redelivery", COMPLETED, quick=True)
def dead_letter_of_a_job_that_runs(scene):
    scene.hold()
    job = scene.post()
    scene.running(job)
    scene.redeliver(job, queue="dead")
    pause(3)


@injection("redelivery", FAILED, quick=True)
def dead_letter_of_a_job_without_worker(scene):
    scene.crash("provisioner", times=ALWAYS)
    job = scene.post()
    scene.redeliver(job, queue="dead")


# DynamoDB is throttled


@injection("dynamodb throttled", COMPLETED, quick=True)
def reservation_throttled_twice(scene):
    scene.throttle("TransactWriteItems", times=2, by="coordinator")
    scene.post()


@injection("dynamodb throttled", COMPLETED, quick=True)
def reservation_throttled_always(scene):
    fault = scene.throttle("TransactWriteItems", times=ALWAYS, by="coordinator")
    scene.refused(status=500)
    scene.end(fault)
    assert scene.unknown() == []
    scene.post()


@injection("dynamodb throttled", COMPLETED)
def reading_throttled_always(scene):
    job = scene.post()
    fault = scene.throttle("GetItem", times=ALWAYS, by="coordinator")
    answer = scene.client.call("GET", f"/jobs/{job.job_id}")
    assert answer.status == 500, answer
    scene.end(fault)


@injection("dynamodb throttled", COMPLETED, quick=True)
def beginning_throttled(scene):
    scene.throttle("UpdateItem", times=7, by="worker")
    scene.post()


@injection("dynamodb throttled", COMPLETED)
def heartbeats_throttled_for_a_while(scene):
    scene.hold()
    scene.running(scene.post())
    fault = scene.throttle("UpdateItem", times=9, by="worker")
    wait_until(lambda: fault.happened() == 9, what="nine refusals", timeout=30)


@injection("dynamodb throttled", FAILED)
def heartbeats_throttled_beyond_the_limit(scene):
    scene.hold()
    job = scene.post()
    instance = scene.running(job)
    fault = scene.throttle("UpdateItem", times=ALWAYS, by="worker")
    assert scene.finished(job) is Status.FAILED
    scene.end(fault)
    gone = wait_until(
        lambda: not scene.processes(instance), what="the end of the instance", timeout=90
    )
    assert gone


@injection("dynamodb throttled", COMPLETED, quick=True)
def ending_throttled(scene):
    scene.throttle("TransactWriteItems", times=9, by="worker")
    scene.post()


@injection("dynamodb throttled", EITHER)
def ending_throttled_beyond_the_limit(scene):
    fault = scene.throttle("TransactWriteItems", times=ALWAYS, by="worker")
    job = scene.post()
    scene.running(job)
    scene.finished(job)
    scene.end(fault)


@injection("dynamodb throttled", COMPLETED)
def note_of_the_launch_throttled(scene):
    scene.throttle("UpdateItem", times=3, by="provisioner")
    scene.post()


@injection("dynamodb throttled", EITHER)
def provisioner_cannot_read(scene):
    scene.throttle("GetItem", times=4, by="provisioner")
    scene.post()


@injection("dynamodb throttled", FAILED)
def reconciler_throttled_once(scene):
    scene.hold()
    instance = scene.running(scene.post())
    scene.throttle("Query", times=4, by="reconciler")
    scene.signal(instance)


# A launch fails


@injection("launch failed", COMPLETED, quick=True)
def launch_throttled_twice(scene):
    scene.refuse("ec2:RunInstances", "RequestLimitExceeded", times=2, status=503)
    scene.post()


@injection("launch failed", EITHER)
def no_capacity_once(scene):
    scene.refuse("ec2:RunInstances", "InsufficientInstanceCapacity", times=3, status=500)
    scene.post()


@injection("launch failed", FAILED)
def no_capacity_ever(scene):
    scene.refuse("ec2:RunInstances", "InsufficientInstanceCapacity", times=ALWAYS, status=500)
    scene.post()


@injection("launch failed", FAILED, quick=True)
def launch_not_allowed(scene):
    scene.refuse("ec2:RunInstances", "UnauthorizedOperation", times=ALWAYS, status=403)
    scene.post()


@injection("launch failed", FAILED, quick=True)
def image_is_gone(scene):
    scene.refuse("ec2:RunInstances", "InvalidAMIID.NotFound", times=ALWAYS)
    scene.post()


# The queue's consumer dies


@injection("provisioner crashed", EITHER)
def provisioner_crashes_once(scene):
    scene.crash("provisioner", times=1)
    scene.post()


@injection("provisioner crashed", FAILED)
def provisioner_crashes_always(scene):
    scene.crash("provisioner", times=ALWAYS)
    scene.post()


@injection("provisioner crashed", FAILED)
def provisioner_and_reconciler_crash(scene):
    scene.crash("provisioner", times=ALWAYS)
    scene.crash("reconciler", times=1)
    scene.post()
    scene.patience = 60.0  # the reconciler's next turn


# The time limit


@injection("time limit", TIMEOUT, quick=True)
def job_longer_than_its_limit(scene):
    scene.hold()
    with scene.worker_limit(3):
        job = scene.post()
        scene.running(job)
        scene.waits()
        assert scene.finished(job) is Status.TIMEOUT


@injection("time limit", TIMEOUT | FAILED)
def replicator_that_does_not_stop(scene):
    scene.program("sh", "-c", STOPS_BADLY)
    with scene.worker_limit(3):
        instance = scene.running(scene.post())
        scene.saw(f"{len(scene.processes(instance, STOPS_BADLY))} processes that ignore SIGTERM")


# Answers are lost


@injection("lost answer", COMPLETED, quick=True)
def answer_to_a_post_lost(scene):
    scene.lose("POST /jobs")
    scene.unanswered()
    assert len(scene.accepted) == 1


@injection("lost answer", COMPLETED, quick=True)
def answer_to_a_post_with_a_key_lost(scene):
    scene.lose("POST /jobs")
    scene.post(key=scene.key())
    assert scene.unknown() == []


@injection("lost answer", COMPLETED)
def answers_to_polls_lost(scene):
    job = scene.post()
    scene.lose(f"GET /jobs/{job.job_id}", times=3)
    scene.finished(job)


# A POST comes twice


@injection("double post", COMPLETED, quick=True)
def five_posts_with_one_key_at_once(scene):
    key = scene.key()
    with ThreadPoolExecutor(5) as clients:
        made = set(clients.map(lambda _: scene.post(key=key), range(5)))
    assert len(made) == 1, made
    scene.saw("five posts, one job")


@injection("double post", COMPLETED)
def same_key_after_the_end(scene):
    key = scene.key()
    job = scene.post(key=key)
    scene.finished(job)
    assert scene.post(key=key) == job
    scene.saw("one job")


@injection("double post", COMPLETED)
def same_key_with_another_request(scene):
    key = scene.key()
    scene.post(key=key)
    other = scene.databases.spec("verify")
    answer = scene.client.post(other, headers={"idempotency-key": key})
    assert (answer.status, answer.body["error"]) == (
        400, "Idempotency-Key was used with another request",
    )  # fmt: skip
    scene.saw(str(answer))


@injection("double post", EITHER, quick=True)
def two_jobs_for_one_target(scene):
    scene.hold()
    scene.post(drop_existing=False)
    scene.running(scene.post(drop_existing=False))
    scene.saw("two jobs at once")


# The queue does not take a message


@injection("queue", COMPLETED, quick=True)
def queue_refuses_once(scene):
    scene.refuse("sqs:SendMessage", "ServiceUnavailable", times=1, status=503)
    scene.post()


@injection("queue", FAILED, quick=True)
def queue_refuses_always(scene):
    scene.refuse("sqs:SendMessage", "ServiceUnavailable", times=ALWAYS, status=503)
    scene.refused(status=500)
    scene.accepted += scene.unknown()
    assert len(scene.accepted) == 1


# Keys, parameters and logs cannot be had


@injection("keys and logs", FAILED, quick=True)
def worker_may_not_decrypt(scene):
    scene.refuse("trentservice:Decrypt", "AccessDeniedException", times=ALWAYS, by="*-worker*")
    scene.post()


@injection("keys and logs", COMPLETED, quick=True)
def coordinator_may_not_encrypt(scene):
    fault = scene.refuse("trentservice:Encrypt", "AccessDeniedException", times=ALWAYS)
    scene.refused(status=500)
    scene.end(fault)
    assert scene.unknown() == []
    scene.post()


@injection("keys and logs", COMPLETED, quick=True)
def logs_are_not_taken(scene):
    scene.refuse("logs:*", "ThrottlingException", times=ALWAYS, by="*-worker*")
    scene.post()


@injection("keys and logs", FAILED)
def worker_gets_no_settings(scene):
    scene.refuse("ssm:GetParameter", "AccessDeniedException", times=ALWAYS, by="*-worker*")
    scene.post()


# The databases fail


@injection("databases", FAILED, quick=True)
def wrong_password(scene):
    spec = scene.databases.spec()
    password = scene.databases.source_of_worker.password.reveal()
    spec["source_url"] = spec["source_url"].replace(password, f"{password}x")
    scene.submit(spec)
    scene.saw("a wrong password was given")


@injection("databases", FAILED, quick=True)
def backend_of_pg_dump_terminated(scene):
    scene.hold()
    scene.running(scene.post())
    scene.waits()
    with connect(scene.databases.source) as session:
        query = (
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where wait_event_type = 'Lock'"
        )
        scene.saw(f"{scalar(session, query)} backends terminated")


@injection("databases", FAILED)
def nobody_listens(scene):
    spec = json.loads(json.dumps(scene.databases.spec()))
    port = f":{scene.databases.source_of_worker.port}/"
    spec["source_url"] = spec["source_url"].replace(port, ":9/")
    scene.submit(spec)
    scene.saw("port 9 was given")
