"""An applied stack: the next plan is empty; another image is taken by the next job."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.cloud import images
from assay.deployment.places import in_clone
from assay.deployment.terraform import changes
from assay.jobs.contract import Status
from assay.oracle.finding import Equality

TAG = "assay-worker:test-stack"


def test_the_plan_after_apply_is_empty(stack):
    assert changes(stack.terraform.plan()) == []


@pytest.fixture
def container_workers(stack):
    """Another image for the workers for a while: one of Docker's."""
    images.container_image(TAG, sources=in_clone("aws"))
    try:
        image = stack.cloud.register_image(TAG, name="worker-container")
        given = {**stack.terraform.variables, "worker_ami_id": image}
        other = replace(stack.terraform, variables=given)
        planned = changes(other.plan())
        other.apply()
        yield planned
        stack.terraform.plan()
        stack.terraform.apply()
    finally:
        images.remove_container_image(TAG)


@pytest.mark.docker
def test_the_next_job_runs_in_a_container_of_the_new_image_and_is_equal(
    stack, jobs, databases, container_workers
):
    kinds = {address.partition(".")[0] for address, _ in container_workers}
    assert kinds >= {"aws_launch_template", "aws_lambda_function", "aws_lambda_alias"}
    accepted = jobs.submit(databases.spec())
    watch = jobs.wait(accepted, timeout=60, every=0.2)
    assert watch.states[-1] is Status.COMPLETED, watch.views[-1].error
    comparison = databases.still()
    assert (comparison.equality, comparison.compared["rows"]) == (Equality.EQUAL, 3000)
    instance = stack.cloud.instances(accepted.job_id)[0]
    assert not (stack.cloud.state / "instances" / instance["InstanceId"]).exists()  # no process
