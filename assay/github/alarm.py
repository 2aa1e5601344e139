"""Says that a night is red, whatever became of its page: `python -m assay.github.alarm`.

NEEDS is the context `needs` as JSON. One issue, which the next green night closes.
"""

from __future__ import annotations

import json
import sys

from assay.exits import Exit
from assay.github.hub import Hub
from assay.github.runner import given, run_url, step

LABEL = "nightly-alarm"
TITLE = "The night is red"


def sound(hub: Hub, *, url: str, results: str) -> int:
    """Open the alarm, or say in the open one that it goes on; its number."""
    said = f"[The night]({url}) is red: {results}."
    for issue in hub.issues(LABEL):
        if issue.open:
            hub.comment(issue.number, said)
            return issue.number
    return hub.create(TITLE, said, label=LABEL)


def end(hub: Hub, *, url: str) -> None:
    """Close it: a night was green."""
    for issue in hub.issues(LABEL):
        if issue.open:
            hub.comment(issue.number, f"[The night]({url}) is green.")
            hub.change(issue.number, state="closed")


def main() -> int:
    """Sound it; the step itself succeeds, the night is red by its gate."""
    needs = json.loads(given("NEEDS", "env: NEEDS: ${{ toJSON(needs) }}"))
    results = ", ".join(f"{name} {job['result']}" for name, job in needs.items())
    hub = Hub(given("GITHUB_REPOSITORY", "run this as a step of a workflow"))
    number = sound(hub, url=run_url(), results=results)
    sys.stdout.write(f"::error title=nightly::the night is red, issue {number}: {results}\n")
    return Exit.GOOD


if __name__ == "__main__":
    step(main)
