"""Whether a job can get an environment's role at all: `python -m assay.github.oidc`.

A runner that gives no tokens gives an empty address and no error: said here, before any step
goes on without credentials or with those of somebody else.
"""

from __future__ import annotations

import sys

from assay.environment import variables
from assay.errors import Refused
from assay.exits import Exit
from assay.github.runner import given, step

_TOKEN = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")


def main() -> int:
    """Say which role will be asked for; refuse where it cannot be."""
    remedy = "set the variables AWS_ROLE and AWS_REGION of the environment (docs/workflows.md)"
    role, region = given("ROLE", remedy), given("REGION", remedy)
    tokens = variables("ACTIONS_ID_TOKEN_")
    if missing := [name for name in _TOKEN if not tokens.get(name)]:
        raise Refused(
            f"The runner gives no token for {role}.",
            evidence=f"empty: {', '.join(missing)}",
            remedy="give the job `permissions: id-token: write`, on a runner that issues tokens",
        )
    if kept := sorted(variables("AWS_ACCESS_KEY_ID")):
        raise Refused(
            "There are credentials already, which are not the role's.",
            evidence=f"set: {', '.join(kept)}",
            remedy="remove stored keys: a role's are made for each job and end with it",
        )
    sys.stdout.write(f"role {role} in {region}\n")
    return Exit.GOOD


if __name__ == "__main__":
    step(main)
