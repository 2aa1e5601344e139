"""Commit N goes through all environments; N+1 with a defect stops where the defect is seen.

The executed `deploy` workflow with stand-ins for programs: what is shown is where a failing step
stops a commit, not that the step would fail.
"""

from __future__ import annotations

import pytest

from tests.workflows.site import Planted, Trigger
from tests.workflows.test_gates import DEPLOY, number_of

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("workflows")]
ENVIRONMENTS = ("dev", "staging", "prod")
FIRST, SECOND = "1" * 40, "2" * 40

# Where the defect is seen: a job, what it calls there, and what runs where afterwards.
STOPS = {
    "unit": ("ci / test (ubuntu-24.04)", ".ci/test", (FIRST, FIRST, FIRST)),
    "conformance": (
        "ci / suite (docker, --pg-provider docker) / suite",
        "make integration",
        (FIRST, FIRST, FIRST),
    ),
    "smoke": ("dev / deploy", ".ci/smoke-deployed", (SECOND, FIRST, FIRST)),
    "evidence": ("staging / plan", "assay promote", (SECOND, FIRST, FIRST)),
}


class Chain:
    """One repository; `running` is the commit of each environment."""

    def __init__(self, house):
        self.site = house.site()
        self.running = {}

    def push(self, commit, broken=()):
        record = self.site.start(
            DEPLOY, Trigger("push", sha=commit), planted=Planted(broken=frozenset(broken))
        )
        self.site.play()
        for name in ENVIRONMENTS:
            job = record.jobs.get(f"{name} / deploy")
            applied = [step for step in job.steps if "bash .ci/deploy" in step.calls] if job else []
            if any(step.outcome == "success" for step in applied):
                self.running[name] = commit
        return record


@pytest.mark.parametrize("seen", STOPS)
def test_a_commit_goes_as_far_as_its_defect_lets_it(seen, house):
    job, called, running = STOPS[seen]
    chain = Chain(house)
    green = chain.push(FIRST)
    assert green.result == "success"
    assert chain.running == dict.fromkeys(ENVIRONMENTS, FIRST)
    assert [request.environment for request in chain.site.asked] == ["prod"]

    red = chain.push(SECOND, [(job, number_of(green, job, called))])
    assert red.result == "failure"
    assert tuple(chain.running[name] for name in ENVIRONMENTS) == running
    assert [request.environment for request in chain.site.asked] == ["prod"]  # nobody was asked
    stopped = next(step for step in red.jobs[job].steps if step.outcome == "failure")
    assert "planted" in stopped.said
    (gate,) = [step for step in red.jobs["gate"].steps if step.outcome == "failure"]
    assert f"{job.split(' / ')[0]}: failure" in gate.said
