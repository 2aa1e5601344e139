"""Provisioner and reconciler: one worker for each job, and an end for every job."""

from __future__ import annotations

import base64
import json
import uuid

import boto3
import pytest
from botocore.exceptions import ClientError

from jobcore import clock
from jobcore.instances import Workers
from jobcore.records import Job
from provisioner import app as provisioning
from provisioner.app import Provisioner, Sizes
from reconciler import app as reconciling
from reconciler.app import Limits, Reconciler, dead_letters


@pytest.fixture
def workers(account):
    """Instances of moto."""
    return Workers(boto3.client("ec2"), "p")


@pytest.fixture
def provisioner(account, workers):
    """With a launch template of its own."""
    ec2 = boto3.client("ec2")
    data = {"ImageId": ec2.describe_images()["Images"][0]["ImageId"]}
    made = ec2.create_launch_template(LaunchTemplateName="worker", LaunchTemplateData=data)
    template = made["LaunchTemplate"]["LaunchTemplateId"]
    sizes = Sizes("t3.micro", "t3.large", 100)
    return Provisioner(account.records, workers, sizes, template, "1", "/p/worker")


@pytest.fixture
def reconciler(account, workers):
    """With limits that are over at once."""
    return Reconciler(account.records, workers, Limits(provisioning=-1, heartbeat=-1, job=3600))


def accepted(account, **options):
    """The id of a job that was just accepted."""
    job = Job(str(uuid.uuid4()), "t", "1.0", "init", "s", "t", {}, options)
    account.records.reserve(job, limit=99)
    return job.job_id


def refusing(code):
    """A launch that AWS refuses."""

    def refuse(**_):
        raise ClientError({"Error": {"Code": code, "Message": "secret"}}, "RunInstances")

    return refuse


def test_a_job_gets_a_worker_that_knows_the_jobs_id_only(account, provisioner, workers):
    job_id = accepted(account)
    assert provisioner.provision(job_id) == "launched"
    (worker,) = workers.living()
    assert worker.job_id == job_id
    assert account.records.get(job_id)["instance_id"] == worker.instance_id
    asked = {"InstanceId": worker.instance_id, "Attribute": "userData"}
    sent = boto3.client("ec2").describe_instance_attribute(**asked)["UserData"]["Value"]
    script = f'#!/bin/sh\nexec "${{AMI_ROOT:-}}/opt/replicator/worker.sh" {job_id}\n'
    assert base64.b64decode(sent).decode() == script


def test_a_launch_is_asked_for_under_the_jobs_own_token(account, provisioner, monkeypatch):
    job_id, asked = accepted(account), []
    launch = provisioner.workers.client.run_instances
    monkeypatch.setattr(
        provisioner.workers.client, "run_instances", lambda **kw: asked.append(kw) or launch(**kw)
    )
    provisioner.provision(job_id)
    assert [one["ClientToken"] for one in asked] == [job_id]


def test_a_message_that_comes_again_starts_no_second_worker(account, provisioner, workers):
    job_id = accepted(account)
    provisioner.provision(job_id)
    assert provisioner.provision(job_id) == "already provisioned"
    assert len(list(workers.living())) == 1


@pytest.mark.parametrize(("size", "kind"), [(99, "t3.micro"), (100, "t3.large")])
def test_the_estimate_sizes_the_instance(account, provisioner, size, kind):
    provisioner.provision(accepted(account, estimated_size_bytes=size))
    answer = boto3.client("ec2").describe_instances()
    assert answer["Reservations"][0]["Instances"][0]["InstanceType"] == kind


def test_a_launch_that_can_never_succeed_fails_the_job_at_once(account, provisioner, monkeypatch):
    job_id = accepted(account)
    monkeypatch.setattr(
        provisioner.workers.client, "run_instances", refusing("InvalidAMIID.NotFound")
    )
    provisioner.provision(job_id)
    job = account.records.get(job_id)
    assert job["status"] == "failed"
    assert job["error"] == "the worker could not be launched: InvalidAMIID.NotFound"


def test_a_launch_that_may_succeed_later_leaves_the_message(account, provisioner, monkeypatch):
    job_id = accepted(account)
    monkeypatch.setattr(
        provisioner.workers.client, "run_instances", refusing("InsufficientInstanceCapacity")
    )
    with pytest.raises(ClientError):
        provisioner.provision(job_id)
    assert account.records.get(job_id)["status"] == "provisioning"


def test_a_job_that_ended_while_launching_loses_its_worker(
    account, provisioner, workers, monkeypatch
):
    job_id = accepted(account)
    launch = provisioner.workers.client.run_instances

    def too_slow(**asked):
        account.records.finish(job_id, "failed", error="meanwhile")
        return launch(**asked)

    monkeypatch.setattr(provisioner.workers.client, "run_instances", too_slow)
    assert provisioner.provision(job_id) == "ended meanwhile"
    assert not list(workers.living())


def test_a_job_without_a_worker_and_one_with_a_silent_one_fail(account, reconciler):
    waiting, silent = accepted(account), accepted(account)
    account.records.start(silent, instance_id="i-1")
    reconciler.reconcile()
    errors = [account.records.get(job)["error"] for job in (waiting, silent)]
    assert errors == ["no worker began within -1 s", "the worker was not heard of for -1 s"]
    assert account.records.active() == 0


def test_a_job_that_goes_on_for_too_long_ends_as_timeout(account, workers):
    job_id = accepted(account)
    account.records.start(job_id, instance_id="i-1")
    Reconciler(account.records, workers, Limits(60, 60, -100)).reconcile()
    assert account.records.get(job_id)["status"] == "timeout"


def test_a_job_that_is_alive_is_left_alone(account, workers):
    waiting, running = accepted(account), accepted(account)
    account.records.start(running, instance_id="i-1")
    assert Reconciler(account.records, workers, Limits(60, 60, 60)).reconcile() == 2
    states = [account.records.get(job)["status"] for job in (waiting, running)]
    assert states == ["provisioning", "running"]


def test_instances_of_finished_and_of_unknown_jobs_are_ended(
    account, provisioner, workers, reconciler
):
    job_id = accepted(account)
    provisioner.provision(job_id)
    account.records.finish(job_id, "failed", error="why")
    template = provisioner.template
    workers.launch("nobody", template=template, version="1", instance_type="t3.micro")
    reconciler.reconcile()
    assert not list(workers.living())


def test_a_dead_letter_fails_its_job_and_a_strange_one_is_left_out():
    bodies = ('{"job_id": "a"}', "no json", "[]", "{}")
    event = {"Records": [{"body": body, "messageId": "m"} for body in bodies]}
    assert list(dead_letters(event)) == ["a"]


@pytest.fixture
def deployed(account, provisioner, monkeypatch):
    """The environment variables of both functions, with limits that are over at once."""
    variables = {
        "NAME_PREFIX": "p",
        "LAUNCH_TEMPLATE_ID": provisioner.template,
        "LAUNCH_TEMPLATE_VERSION": "1",
        "INSTANCE_TYPE": "t3.micro",
        "INSTANCE_TYPE_LARGE": "t3.large",
        "LARGE_THRESHOLD_BYTES": "100",
        "PROVISIONING_LIMIT_SECONDS": "-1",
        "HEARTBEAT_LIMIT_SECONDS": "-1",
        "JOB_TIME_LIMIT_SECONDS": "3600",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    provisioning.provisioner.cache_clear()
    reconciling.reconciler.cache_clear()


def letters(*jobs):
    """An event of a queue."""
    bodies = [json.dumps({"job_id": job, "trace_id": "t"}) for job in jobs]
    return {
        "Records": [
            {"body": body, "messageId": f"m{number}", "eventSource": "aws:sqs"}
            for number, body in enumerate(bodies)
        ]
    }


@pytest.mark.usefixtures("deployed")
def test_the_consumer_launches_and_names_what_failed(account, monkeypatch):
    job_id = accepted(account)
    launch = provisioning.provisioner().workers.client.run_instances
    client = provisioning.provisioner().workers.client
    monkeypatch.setattr(client, "run_instances", refusing("InsufficientInstanceCapacity"))
    provisioning.metrics.clear_metrics()  # of other tests: a batch that fails whole has its own
    failed = provisioning.handler(letters(job_id), None)
    assert failed == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    monkeypatch.setattr(client, "run_instances", launch)
    assert provisioning.handler(letters(job_id), None) == {"batchItemFailures": []}
    assert account.records.get(job_id)["instance_id"]


@pytest.mark.usefixtures("deployed")
def test_dead_letters_fail_the_jobs_that_wait_and_no_others(account):
    waiting, running = accepted(account), accepted(account)
    account.records.start(running, instance_id="i-1")
    reconciling.handler(letters(waiting, running, "unknown"), None)
    states = [account.records.get(job)["status"] for job in (waiting, running)]
    assert states == ["failed", "running"]


@pytest.mark.usefixtures("deployed")
def test_the_schedules_tick_reconciles(account):
    waiting = accepted(account)
    reconciling.handler({"detail-type": "Scheduled Event"}, None)
    assert account.records.get(waiting)["status"] == "failed"


def test_times_sort_as_texts_and_come_back():
    earlier, now = clock.ago(1), clock.utc_now()
    assert clock.written(earlier) < clock.written(now)
    assert clock.read(clock.written(now)) == now
