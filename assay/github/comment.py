"""Keeps a run's summary as one comment of a pull request: `python -m assay.github.comment RUN`.

NAME tells several comments of one pull request apart, PAGE is where the page is. A token that may
not write, as that of a pull request from a fork, is said and is no failure: the same summary
stands on the page of the workflow's run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from assay.environment import variable
from assay.errors import SetupError, UsageError
from assay.exits import Exit
from assay.github.hub import Hub
from assay.github.runner import given, run_url, step
from assay.report.markdown import summary
from assay.run.record import load

_REFUSED = "HTTP 403"


def keep(hub: Hub, number: int, *, name: str, text: str) -> None:
    """Write the comment, or replace what the one of this name says."""
    mark = f"<!-- assay-suite {name} -->"
    body = f"{mark}\n{text}"
    for comment in hub.comments(number):
        if comment.body.startswith(mark):
            hub.edit_comment(comment.id, body)
            return
    hub.comment(number, body)


def main() -> int:
    """Bring the pull request's comment to what the run says."""
    if len(sys.argv) != 2:
        raise UsageError("It takes a report directory.")
    event = json.loads(Path(given("GITHUB_EVENT_PATH", "run this in a workflow")).read_text())
    try:
        number = int(event["pull_request"]["number"])
    except (KeyError, TypeError) as error:
        raise UsageError(
            "This run belongs to no pull request.", remedy="if: github.event_name == 'pull_request'"
        ) from error
    page = variable("PAGE") or run_url()
    text = summary(load(Path(sys.argv[1])), page=page)
    hub = Hub(given("GITHUB_REPOSITORY", "run this as a step of a workflow"))
    try:
        keep(hub, number, name=variable("NAME") or "assay", text=text)
    except SetupError as refusal:
        if _REFUSED not in refusal.evidence:
            raise
        sys.stdout.write(
            "::warning title=assay::NOT RUN: the comment, which the token may not write "
            "(permissions: pull-requests: write)\n"
        )
    return Exit.GOOD


if __name__ == "__main__":
    step(main)
