"""What a step of a workflow is told by its runner, and how it answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from assay.environment import variable
from assay.errors import AssayError, UsageError
from assay.exits import Exit


def given(name: str, remedy: str) -> str:
    """A variable that the step must have; what to do is said where it is missing or empty."""
    value = variable(name)
    if not value:
        raise UsageError(f"{name} is not set, or empty.", remedy=remedy)
    return value


def put(file: str, text: str) -> None:
    """Append to one of the runner's files, by its variable: GITHUB_OUTPUT, GITHUB_STEP_SUMMARY."""
    path = Path(given(file, "run this as a step of a workflow, or name a file in it"))
    with path.open("a", encoding="utf-8") as stream:
        stream.write(text)


def run_url() -> str:
    """Where the run that this step belongs to is looked at."""
    server, repository, run = (
        given(name, "run this as a step of a workflow")
        for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    )
    return f"{server}/{repository}/actions/runs/{run}"


def step(main: Callable[[], int]) -> None:
    """End the process as a step does; a refusal is a message and exit code 4, not a traceback."""
    try:
        sys.exit(main())
    except AssayError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(Exit.REFUSED)
