"""Whatever happens to a job: no false completed, a terminal state within the bound, one worker."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest


def load(name):
    """A file beside this one: tests are not a package."""
    known = f"tests_aws_stack_{name}"
    if known not in sys.modules:
        spec = importlib.util.spec_from_file_location(known, Path(__file__).with_name(f"{name}.py"))
        sys.modules[known] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[known])
    return sys.modules[known]


INJECTIONS = load("injections").ALL
SCENE = load("scene")


def test_there_are_enough_of_them():
    kinds = {one.kind for one in INJECTIONS}
    assert (len(INJECTIONS) >= 40, len(kinds) >= 8) == (True, True)
    assert len({one.kind for one in INJECTIONS if one.quick}) >= 8


@pytest.fixture
def scene(stack, jobs, databases, replicator):
    """A stage; afterwards nothing is refused or held any more."""
    made = SCENE.Scene(stack, jobs, databases, replicator)
    yield made
    made.release()
    stack.cloud.faults.clear()


@pytest.mark.parametrize(
    "injection",
    [pytest.param(one, id=one.name, marks=() if one.quick else pytest.mark.nightly)
     for one in INJECTIONS],
)  # fmt: skip
def test_a_job_ends_as_it_should(scene, injection, request):
    injection.do(scene)
    seen = scene.judge(injection.ends)
    record = {"kind": injection.kind, "name": injection.name, **seen}
    request.node.user_properties.append(("injection", json.dumps(record)))
