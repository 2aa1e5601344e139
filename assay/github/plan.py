"""Plans a deployment and names the plan, for its approval: `python -m assay.github.plan`.

ENVIRONMENT and REPLICATOR are what `assay deploy` is asked for, FROM is the environment whose
evidence lets it in, none for the first, AMI an image that is there already. The output `plan` is
what `assay deploy --approve` takes: another plan than the one that was looked at is refused there.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from assay.environment import variable, variables
from assay.errors import SetupError
from assay.exits import Exit
from assay.github.runner import given, put, step
from assay.process import execute

LIMIT = 25 * 60.0  # seconds, below the job's own
_PLAN = re.compile(r"^plan (?P<name>[0-9a-f]+): (?P<changes>\d+) changes", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan by the name that approves it."""

    name: str
    changes: int


def named(output: str) -> Plan:
    """The plan that a dry run's output names. Raises SetupError when there is none."""
    found = _PLAN.findall(output)
    if len(found) != 1:
        raise SetupError(
            f"The dry run names {len(found)} plans, not one.",
            evidence=output[-500:],
            remedy="run `assay deploy --environment NAME` by hand",
        )
    name, changes = found[0]
    return Plan(name, int(changes))


def main() -> int:
    """The dry run; its exit code where it failed."""
    environment = given("ENVIRONMENT", "name a file of environments/")
    replicator = given("REPLICATOR", "name what the worker runs, such as reference")
    words = ["deploy", "--environment", environment, "--replicator", replicator]
    if origin := variable("FROM"):
        words += ["--evidence", f"got/evidence-{origin}"]
    if image := variable("AMI"):
        words += ["--ami", image]
    done = execute((sys.executable, "-m", "assay", *words), env=variables(""), timeout=LIMIT)
    sys.stdout.write(done.output)
    if not done.ok:
        return done.exit or Exit.REFUSED
    plan = named(done.stdout)
    put("GITHUB_OUTPUT", f"plan={plan.name}\n")
    put(
        "GITHUB_STEP_SUMMARY",
        f"### {environment}: plan {plan.name}, {plan.changes} changes\n\n"
        f"```text\n{done.output[-60_000:]}\n```\n",
    )
    return Exit.GOOD


if __name__ == "__main__":
    step(main)
