"""Keeps one issue for each cause of a night: `python -m assay.github.issues RUN`.

GATE is the result of the night's gate: `success` closes the alarm.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from assay.environment import variable
from assay.errors import UsageError
from assay.exits import Exit
from assay.github import alarm
from assay.github.hub import Hub
from assay.github.runner import given, run_url, step
from assay.github.tracked import LABEL, Night, Seen, Step, steps
from assay.report.causes import Shown, causes, reproduce
from assay.report.markdown import literal
from assay.report.matrix import pg_name
from assay.report.text import clip, visible
from assay.run.events import CaseJudged
from assay.run.outcome import Verdict
from assay.run.record import Run, load


def night_of(run: Run, *, url: str) -> Night:
    """What a run says of its causes and of what it judged."""
    return Night(
        date=run.start.started[:10],
        url=url,
        causes=tuple(_seen(run, cause) for cause in causes(run)),
        judged=frozenset(_name(case) for case in run.judged if not case.unproved),
        proved=run.conclusion.verdict is not Verdict.UNKNOWN,
    )


def _seen(run: Run, cause: Shown) -> Seen:
    return Seen(
        signature=cause.cause.signature,
        title=clip(cause.cause.words, 110),
        line=literal(cause.line),
        cases=frozenset(_name(case) for case, _ in cause.phases),
        repeat=visible(reproduce(run, cause.example, Path("night"))),
    )


def _name(case: CaseJudged) -> str:
    return f"{case.case} {case.replicator} {pg_name(case.pg)}"


def take(hub: Hub, planned: Iterable[Step]) -> list[str]:
    """Do it; a line for each issue that was opened, continued or closed."""
    told = []
    for one in planned:
        number = one.number
        if number is None:
            number = hub.create(one.title, one.body, label=LABEL)
        else:
            state = "open" if one.open else "closed"
            hub.change(
                number, title=one.title, body=one.body, state=state, labels=sorted(one.labels)
            )
        if one.comment:
            hub.comment(number, one.comment)
        done = "opened" if one.number is None else "continued" if one.open else "closed"
        told.append(f"#{number} {done}: {one.title}")
    return told


def main() -> int:
    """Bring the issues to what the run says."""
    if len(sys.argv) != 2:
        raise UsageError("It takes the report directory of the night's run.")
    hub = Hub(given("GITHUB_REPOSITORY", "run this as a step of a workflow"))
    night = night_of(load(Path(sys.argv[1])), url=run_url())
    for line in take(hub, steps(night, hub.issues(LABEL))):
        sys.stdout.write(f"{line}\n")
    if variable("GATE") == "success":
        alarm.end(hub, url=night.url)
    return Exit.GOOD


if __name__ == "__main__":
    step(main)
