"""What is done to workers, to the machines that they run on, and to what they reach."""

from __future__ import annotations

import json
import signal

from assay.clock import wait_until
from assay.jobs.contract import Status
from assay.postgres.session import connect, scalar
from tests.aws.stack.injection import ALWAYS, COMPLETED, FAILED, NOBODY, SILENT, TIMEOUT, injection

STOPS_BADLY = "trap '' TERM; while :; do sleep 1; done"


# A worker dies


@injection("worker killed", FAILED, cause=SILENT, quick=True)
def worker_killed_while_a_lock_holds_pg_dump(scene):
    instance = scene.held_job()
    scene.signal(instance, "-m worker")


@injection("worker killed", FAILED, cause=SILENT)
def everything_of_the_machine_killed(scene):
    instance = scene.held_job()
    scene.signal(instance)


@injection("worker killed", FAILED, cause="ended with signal 9", quick=True)
def replicator_killed(scene):
    instance = scene.held_job()
    scene.signal(instance, "replicators.reference")


@injection("worker killed", FAILED, cause="pg_dump failed")
def pg_dump_killed(scene):
    instance = scene.held_job()
    scene.signal(instance, "pg_dump")


@injection("worker killed", FAILED, cause="the worker was stopped", quick=True)
def worker_asked_to_stop(scene):
    instance = scene.held_job()
    scene.signal(instance, "-m worker", number=signal.SIGTERM)


@injection("worker killed", FAILED, cause=SILENT)
def worker_hangs(scene):
    instance = scene.held_job()
    scene.signal(instance, "-m worker", number=signal.SIGSTOP)


# An instance is terminated


@injection("instance terminated", FAILED, cause=SILENT)
def instance_terminated_while_it_works(scene):
    scene.terminate(scene.held_job())


@injection("instance terminated", FAILED, cause=NOBODY)
def instance_terminated_before_it_begins(scene):
    fault = scene.refuse(
        "ssm:GetParameter", "InternalServerError", times=ALWAYS, by="*-worker*", status=500
    )
    instance = scene.instance(scene.post())
    wait_until(lambda: fault.happened() > 0, what="a worker that asks for its settings", timeout=10)
    scene.terminate(instance)


@injection("instance terminated", COMPLETED, quick=True)
def instance_terminated_after_the_end(scene):
    job = scene.post()
    instance = scene.running_or_done(job)
    scene.finished(job)
    scene.terminate(instance)


# The time limit


@injection("time limit", TIMEOUT, cause="did not end within 3 s", quick=True)
def job_longer_than_its_limit(scene):
    scene.hold()
    with scene.worker_limit(3):
        job = scene.post()
        scene.running(job)
        scene.waits()
        assert scene.finished(job) is Status.TIMEOUT


@injection("time limit", TIMEOUT | FAILED, cause="did not end within 3 s|not heard of")
def replicator_that_does_not_stop(scene):
    scene.program("sh", "-c", STOPS_BADLY)
    with scene.worker_limit(3):
        instance = scene.running(scene.post())
        found = wait_until(
            lambda: scene.processes(instance, STOPS_BADLY), what="the program", timeout=10
        )
        scene.saw(f"{len(found)} processes that ignore SIGTERM")


# Keys, parameters and logs cannot be had


@injection("keys and logs", FAILED, cause="the worker failed: Decrypt: AccessDenied", quick=True)
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


@injection("keys and logs", FAILED, cause=NOBODY)
def worker_gets_no_settings(scene):
    scene.refuse("ssm:GetParameter", "AccessDeniedException", times=ALWAYS, by="*-worker*")
    scene.post()


# The databases fail


@injection("databases", FAILED, cause="password authentication failed", quick=True)
def wrong_password(scene):
    spec = scene.databases.spec()
    password = scene.databases.source_of_worker.password.reveal()
    spec["source_url"] = spec["source_url"].replace(password, f"{password}x")
    scene.submit(spec)
    scene.saw("a wrong password was given")


@injection("databases", FAILED, cause="terminat", quick=True)
def backend_of_pg_dump_terminated(scene):
    scene.held_job()
    with connect(scene.databases.source) as session:
        query = (
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where wait_event_type = 'Lock'"
        )
        scene.saw(f"{scalar(session, query)} backends terminated")


@injection("databases", FAILED, cause="refused")
def nobody_listens(scene):
    spec = json.loads(json.dumps(scene.databases.spec()))
    port = f":{scene.databases.source_of_worker.port}/"
    spec["source_url"] = spec["source_url"].replace(port, ":9/")
    scene.submit(spec)
    scene.saw("port 9 was given")
