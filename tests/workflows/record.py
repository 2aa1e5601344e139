"""What an executed workflow did: values that two runs are compared by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class StepRecord:
    """A step: its outcome, and its conclusion, which `continue-on-error` makes a success."""

    what: str
    outcome: str  # success, failure, cancelled, skipped
    conclusion: str = ""
    calls: tuple[str, ...] = ()  # the programs that it called, where stand-ins write them down
    said: str = ""


@dataclass(slots=True)
class JobRecord:
    """A job, or one leg of its matrix; `result` is empty while it waits."""

    key: str
    place: tuple[str, str]  # the file, and the job's name in it
    result: str = ""
    why: str = ""
    started: int | None = None
    ended: int | None = None
    waited: list[str] = field(default_factory=list)
    steps: list[StepRecord] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    rights: dict[str, str] = field(default_factory=dict)  # of its token
    subject: str = ""  # of its identity token, where it asked for one


@dataclass(slots=True)
class RunRecord:
    """A run; `result` is GitHub's word, or `waiting` where somebody else has to act first."""

    number: int
    event: str
    result: str = "waiting"
    why: str = ""
    waited: list[str] = field(default_factory=list)
    jobs: dict[str, JobRecord] = field(default_factory=dict)

    def happened(self) -> dict[str, Any]:
        """What was done and left undone, and when; not what was only allowed, nor what was said."""
        return {
            "result": self.result,
            "waited": self.waited,
            "jobs": {
                key: {
                    "result": job.result,
                    "started": job.started,
                    "ended": job.ended,
                    "waited": job.waited,
                    "outputs": job.outputs,
                    "steps": [
                        (step.what, step.outcome, step.conclusion, step.calls) for step in job.steps
                    ],
                }
                for key, job in sorted(self.jobs.items())
            },
        }

    def results(self) -> dict[str, str]:
        """The result of each job."""
        return {key: job.result for key, job in self.jobs.items()}

    def calls(self, key: str) -> list[str]:
        """The programs that one job called."""
        return [call for step in self.jobs[key].steps for call in step.calls]
