"""A job whose worker is a container of the image that the recipe for AWS makes."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from assay.clock import wait_until
from assay.deployment.terraform import changes
from assay.jobs.contract import Status
from assay.oracle.words.finding import Equality
from assay.postgres.containers import daemon
from assay.postgres.session import connect

pytestmark = pytest.mark.docker
TEMPLATE = "aws_launch_template.worker"


@pytest.fixture
def contained(stack, container_image):
    """Rolls the container image out as one would an AMI, and the other one again at the end."""
    name = f"container-{secrets.token_hex(6)}"
    image = stack.cloud.register_image(container_image.tag, name=name)
    before = stack.terraform
    after = replace(before, variables={**before.variables, "worker_ami_id": image})
    planned = changes(after.plan())
    assert (TEMPLATE, ("update",)) in planned
    try:
        after.apply()
        yield image
    finally:
        before.make_plan()
        before.apply()


def containers_of(instance_id):
    """The containers in which an instance runs."""
    with daemon() as client:
        labelled = {"label": f"instance_id={instance_id}"}
        found = client.containers.list(all=True, filters=labelled, ignore_removed=True)
        return [one.image.tags for one in found]


def begun(view):
    """The job when it tells of progress or has ended, else nothing."""
    return view if view.progress or view.status.terminal else None


def test_a_job_in_a_container_completes_and_is_equal(
    stack, jobs, databases, contained, container_image
):
    with connect(databases.source, autocommit=False) as session:
        session.execute(b"lock table item in access exclusive mode")
        accepted = jobs.submit(databases.spec())
        view = wait_until(
            lambda: begun(jobs.status(accepted.job_id)), what="progress", timeout=60, every=0.2
        )
        assert view.progress, view.error
        (instance,) = stack.cloud.instances(accepted.job_id)
        assert instance["ImageId"] == contained
        assert containers_of(instance["InstanceId"]) == [[container_image.tag]]
        session.rollback()
    watch = jobs.wait(accepted, timeout=60, every=0.1)
    assert watch.states[-1] is Status.COMPLETED, watch.views[-1].error
    comparison = databases.still()
    assert (comparison.equality, comparison.compared["rows"]) == (Equality.EQUAL, 3000)
    wait_until(
        lambda: not containers_of(instance["InstanceId"]), what="its container's end", timeout=15
    )
