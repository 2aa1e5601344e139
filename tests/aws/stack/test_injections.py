"""Whatever happens to a job: no false completed, a terminal state within the bound, one worker."""

from __future__ import annotations

import json

import pytest

from tests.aws.stack import injections_of_service, injections_of_workers
from tests.aws.stack.injection import ALL
from tests.aws.stack.scene import Scene

MODULES = (injections_of_service, injections_of_workers)  # importing them fills the list


def test_there_are_enough_of_them():
    kinds = {one.kind for one in ALL}
    assert (len(ALL) >= 40, len(kinds) >= 8) == (True, True)
    assert len({one.kind for one in ALL if one.quick}) >= 8


@pytest.fixture
def scene(stack, jobs, databases, replicator, request):
    """A stage; afterwards nothing is refused or held any more.

    Whether ends come within the schedule's minute is measured every night.
    """
    hurried = not request.config.getoption("nightly")
    made = Scene(stack, jobs, databases, replicator, hurried=hurried)
    yield made
    made.release()
    stack.cloud.faults.clear()


@pytest.mark.parametrize(
    "injection",
    [pytest.param(one, id=one.name, marks=() if one.quick else pytest.mark.nightly)
     for one in ALL],
)  # fmt: skip
def test_a_job_ends_as_it_should(scene, injection, request):
    injection.do(scene)
    seen = scene.judge(injection)
    record = {"kind": injection.kind, "name": injection.name, **seen}
    request.node.user_properties.append(("injection", json.dumps(record)))
