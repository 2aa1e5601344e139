"""The news of a deployment: how far its steps came, and why no further."""

from __future__ import annotations

from pathlib import Path

from assay.deployment import steps
from assay.deployment.ladder import NAMES
from assay.deployment.steps import Outcome, Result
from assay.errors import UsageError
from assay.news.message import News, Told

STEP = "news"  # under which a delivery stands in a deployment's journal


def is_one(folder: Path) -> bool:
    """Whether steps of a deployment were made in this folder."""
    return any(steps.read(folder, name) for name in NAMES)


def read(folder: Path) -> News:
    """The news of the last deployment in a folder; UsageError where there is none."""
    known = [one for name in NAMES if (one := steps.read(folder, name)) is not None]
    if not known:
        raise UsageError(
            "There is neither a run nor a deployment here.",
            evidence=str(folder),
            remedy="name a folder below .assay/runs or .assay/steps",
        )
    last = max(known, key=lambda one: (one.began, NAMES.index(one.step)))
    made = {one.step: one.made for one in known}
    plan = str(made.get("plan", {}).get("digest", ""))[:12]
    where = tuple(
        f"{name}: {value}"
        for name, value in (
            ("plan", plan),
            ("commit", made.get("approval", {}).get("commit", "")),
            ("endpoint", made.get("endpoint", {}).get("endpoint", "")),
            ("by", last.by),
        )
        if value
    )
    subject = f"deployment {folder.name}"
    if last.outcome is Outcome.DONE and last.step == NAMES[-1]:
        line = f"deployed, {last.ended}"
        return News(
            subject, "DEPLOYED", line, (Told(f"deployed {plan} {last.ended}", line),), where
        )
    again = (("Again", f"assay deploy --environment {folder.name} --from {last.step}"),)
    told = Told(f"{last.step} {last.outcome} {last.why}", _line(last), again)
    verdict = "FAIL" if last.outcome is Outcome.FAILED else "UNKNOWN"
    return News(subject, verdict, _line(last), (told,), where)


def _line(last: Result) -> str:
    if last.outcome is Outcome.FAILED:
        return f"the step {last.step} failed, {last.ended}: {last.why}"
    if last.outcome is Outcome.DONE:
        return f"it ended after the step {last.step}, {last.ended}"
    return f"the step {last.step} was begun {last.began} and did not come to its end"
