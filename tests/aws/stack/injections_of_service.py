"""What is done to the API, the queue, the table, the launches, and the functions behind them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from assay.clock import pause, wait_until
from assay.jobs.contract import Status
from tests.aws.stack.injection import (
    ALWAYS,
    COMPLETED,
    EITHER,
    FAILED,
    NOBODY,
    SILENT,
    injection,
)

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
    for body in (" ", "{}", "[]", "null", '{"job_id": 7}', '{"job_id": "x", "trace_id": "y"}'):
        scene.send("jobs", body)
    scene.finished(scene.post())


@injection("redelivery", COMPLETED, quick=True)
def dead_letter_of_a_job_that_runs(scene):
    scene.hold()
    job = scene.post()
    scene.running(job)
    scene.redeliver(job, queue="dead")
    pause(3)


@injection("redelivery", FAILED, cause="its message was given up", quick=True)
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


@injection("dynamodb throttled", FAILED, cause=SILENT)
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


@injection("dynamodb throttled", EITHER, cause=SILENT)
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


@injection("dynamodb throttled", EITHER, cause=NOBODY)
def provisioner_cannot_read(scene):
    scene.throttle("GetItem", times=4, by="provisioner")
    scene.post()


@injection("dynamodb throttled", FAILED, cause=SILENT)
def reconciler_throttled_once(scene):
    instance = scene.held_job()
    scene.throttle("Query", times=4, by="reconciler")
    scene.signal(instance)


# A launch fails


@injection("launch failed", COMPLETED, quick=True)
def launch_throttled_twice(scene):
    scene.refuse("ec2:RunInstances", "RequestLimitExceeded", times=2, status=503)
    scene.post()


@injection("launch failed", EITHER, cause=NOBODY)
def no_capacity_once(scene):
    scene.refuse("ec2:RunInstances", "InsufficientInstanceCapacity", times=3, status=500)
    scene.post()


@injection("launch failed", FAILED, cause=NOBODY)
def no_capacity_ever(scene):
    scene.refuse("ec2:RunInstances", "InsufficientInstanceCapacity", times=ALWAYS, status=500)
    scene.post()


@injection(
    "launch failed", FAILED, cause="could not be launched: UnauthorizedOperation", quick=True
)
def launch_not_allowed(scene):
    scene.refuse("ec2:RunInstances", "UnauthorizedOperation", times=ALWAYS, status=403)
    scene.post()


@injection(
    "launch failed", FAILED, cause="could not be launched: InvalidAMIID.NotFound", quick=True
)
def image_is_gone(scene):
    scene.refuse("ec2:RunInstances", "InvalidAMIID.NotFound", times=ALWAYS)
    scene.post()


# The queue's consumer dies


@injection("provisioner crashed", EITHER, cause=NOBODY)
def provisioner_crashes_once(scene):
    scene.crash("provisioner", times=1)
    scene.post()


@injection("provisioner crashed", FAILED, cause=NOBODY)
def provisioner_crashes_always(scene):
    scene.crash("provisioner", times=ALWAYS)
    scene.post()


@injection("provisioner crashed", FAILED, cause=NOBODY)
def provisioner_and_reconciler_crash(scene):
    scene.crash("provisioner", times=ALWAYS)
    scene.crash("reconciler", times=1)
    scene.post()
    scene.patience = 60.0  # the reconciler's next turn


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


@injection("double post", EITHER, cause=r"\S", quick=True)
def two_jobs_for_one_target(scene):
    scene.hold()
    first, second = scene.post(drop_existing=False), scene.post(drop_existing=False)
    scene.running(first)
    scene.running_or_done(second)
    assert scene.status(first) is Status.RUNNING
    scene.saw("the second began while the first was held")


# The queue does not take a message


@injection("queue", COMPLETED, quick=True)
def queue_refuses_once(scene):
    scene.refuse("sqs:SendMessage", "ServiceUnavailable", times=1, status=503)
    scene.post()


@injection("queue", FAILED, cause="could not be queued", quick=True)
def queue_refuses_always(scene):
    scene.refuse("sqs:SendMessage", "ServiceUnavailable", times=ALWAYS, status=503)
    scene.refused(status=500)
    scene.accepted += scene.unknown()
    assert len(scene.accepted) == 1
