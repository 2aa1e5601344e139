"""The guide's deployment checklist, each item checked or left to a person, with its evidence.

Nothing is written and nothing is called that could change anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from assay import environment
from assay.deployment import accounts, machine_images, package, release, steps
from assay.deployment.ladder import Deployment
from assay.deployment.places import CLONE
from assay.deployment.steps import Outcome, Result
from assay.errors import AssayError, Refused
from assay.process import execute

RUNS = CLONE / ".assay" / "runs"
WATCHED = timedelta(minutes=15)  # what the guide asks for at least
_ERRORS = ('"level":"ERROR"', "[ERROR]", "Task timed out")
_TROUBLE = "a check that reads AWS could not: "


class State(StrEnum):
    """How an item stands."""

    OK = "ok"
    BAD = "BAD"
    UNKNOWN = "UNKNOWN"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list; `evidence` is what was seen, or what a person has to do."""

    phase: str
    name: str
    state: State
    evidence: str

    def __str__(self) -> str:
        return f"{self.state:8} {self.name:24} {self.evidence}"


Found = tuple[State, str]


@dataclass(frozen=True, slots=True)
class Looked:
    """What the items look at: a deployment, and its outputs where they can be had."""

    where: Deployment
    outputs: Mapping[str, Any]

    def step(self, name: str) -> Result | None:
        """A step's last result here."""
        return steps.read(self.where.home, name)

    @property
    def applied(self) -> datetime | None:
        """When it was applied from here."""
        known = self.step("applied")
        done = known is not None and known.outcome is Outcome.DONE
        return datetime.fromisoformat(known.ended) if known is not None and done else None

    def verdict(self, check: str | None = None) -> tuple[str, str] | None:
        """The last smoke run of this environment here, or of one check: its verdict and time."""
        name = self.where.environment.environment
        for folder in sorted(RUNS.glob("*"), reverse=True):
            try:
                read = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            rows = [row for row in read.get("checks", ()) if row["endpoint"] == name
                    and check in (None, row["check"])]  # fmt: skip
            if rows:
                verdict = read["verdict"] if check is None else rows[-1]["result"]
                return verdict, read["run"]["started"]
        return None


def look(where: Deployment, outputs: Mapping[str, Any] | None = None) -> list[Item]:
    """Every item of the list. `outputs` are those of a stack whose state is elsewhere."""
    given = outputs
    if given is None:
        try:
            given = where.terraform().outputs()
        except AssayError:
            given = {}
    looked = Looked(where, given)
    return [Item(phase, name, *_one(check, looked)) for phase, name, check in ITEMS]


def _one(check: Callable[[Looked], Found], looked: Looked) -> Found:
    try:
        return check(looked)
    except (BotoCoreError, ClientError, AssayError, requests.RequestException) as error:
        return State.UNKNOWN, _TROUBLE + str(error).splitlines()[0][:200]


def exit_code(items: list[Item]) -> int:
    """1 when something is bad, 2 when something could not be told, else 0."""
    states = {item.state for item in items}
    return 1 if State.BAD in states else 2 if State.UNKNOWN in states else 0


# --- before


def _tests(_: Looked) -> Found:
    return State.MANUAL, "make test; cargo test in the tool's crate"


def _lint(_: Looked) -> Found:
    return State.MANUAL, "make lint; cargo fmt -- --check && cargo clippy in the tool's crate"


def _integration(_: Looked) -> Found:
    for folder in sorted(RUNS.glob("*"), reverse=True):
        try:
            read = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if read.get("outcomes"):
            good = read["verdict"] == "PASS"
            return (State.OK if good else State.BAD), f"{read['line']}, {read['run']['started']}"
    return State.MANUAL, "never run here: pytest -m integration"


def _committed(_: Looked) -> Found:
    changed = _git("status", "--porcelain")
    if changed is None:
        return State.UNKNOWN, "git does not say"
    head = (_git("rev-parse", "--short=12", "HEAD") or "").strip()
    return (State.BAD, f"not committed: {changed.split()[-1]}") if changed else (State.OK, head)


def _reviewed(looked: Looked) -> Found:
    known = looked.step("approval")
    if known is None or known.outcome is not Outcome.DONE:
        return State.MANUAL, "who reviewed it? The ladder notes who allows a plan"
    made = known.made
    if not made.get("by"):
        return State.OK, str(made.get("how", ""))
    head = (_git("rev-parse", "HEAD") or "").strip()
    same = made.get("commit") == head
    told = f"{made['by']} by {made['how']}, commit {str(made.get('commit'))[:12]}"
    return (State.OK, told) if same else (State.BAD, f"{told}; the clone is at {head[:12]}")


def _notes(_: Looked) -> Found:
    waiting = sorted((CLONE / "docs" / "changelog").glob("*.*.md"))
    if waiting:
        return State.OK, f"docs/changelog: {len(waiting)} changes that are not yet released"
    text = (CLONE / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = text.split("\n## ")[1:2]
    lines = [line for line in newest[0].splitlines()[1:] if line.strip()] if newest else []
    if not lines:
        return State.BAD, "CHANGELOG.md says nothing of this release"
    return State.OK, f"CHANGELOG.md, {newest[0].splitlines()[0]}: {len(lines)} lines"


# --- during


def _account(looked: Looked) -> Found:
    try:
        number = accounts.demand(looked.where.account, looked.where.environment)
    except Refused as error:
        return State.BAD, str(error).splitlines()[0]
    return State.OK, f"account {number}"


def _binary(looked: Looked) -> Found:
    return _made(looked, "release_binary", lambda known: release.holds(known.made))


def _image(looked: Looked) -> Found:
    account = looked.where.account
    return _made(
        looked, "worker_image", lambda known: machine_images.missing(account, known.made["image"])
    )


def _package(looked: Looked) -> Found:
    return _made(looked, "lambda_package", lambda known: package.changed(known.made))


def _plan(looked: Looked) -> Found:
    plan, approval = looked.step("plan"), looked.step("approval")
    if plan is None or approval is None:
        return State.MANUAL, "assay deploy --until plan, and read it"
    digest = str(plan.made.get("digest", ""))
    if approval.made.get("plan") != digest:
        return State.BAD, f"plan {digest[:12]} was made after another one was allowed"
    return State.OK, f"plan {digest[:12]}, {len(plan.made.get('changes', ()))} changes"


def _applied(looked: Looked) -> Found:
    return _made(looked, "applied", lambda _known: "")


def _answers(looked: Looked) -> Found:
    if not looked.outputs:
        return State.UNKNOWN, "there are no outputs: terraform output -json > FILE, --outputs FILE"
    url = looked.where.account.endpoint(looked.outputs)
    status = requests.get(f"{url}/jobs/none", timeout=10).status_code
    said = f"{url} answers {status} without a key"
    return (State.OK if status == 401 else State.BAD), said


# --- after


def _smoke(looked: Looked) -> Found:
    return _run(looked, None, "pytest smoke --environment NAME")


def _job(looked: Looked) -> Found:
    return _run(looked, "completed-means-equal", "assay job submit SPEC --wait, then compare")


def _run(looked: Looked, check: str | None, how: str) -> Found:
    found = looked.verdict(check)
    if found is None:
        return State.MANUAL, f"never run here: {how}"
    verdict, at = found
    if looked.applied is not None and datetime.fromisoformat(at) < looked.applied:
        return State.BAD, f"{verdict} at {at}, before the last apply: {how}"
    return (State.OK if verdict == "PASS" else State.BAD), f"{verdict} at {at}"


def _logs(looked: Looked) -> Found:
    logs, names = looked.where.account.client("logs"), looked.outputs.get("function_names")
    if not names:
        return State.UNKNOWN, "there are no outputs that name the functions"
    since = looked.applied or datetime.now(UTC) - timedelta(hours=1)
    errors = []
    for name in names.values():
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{name}",
            startTime=int(since.timestamp() * 1000),
            PaginationConfig={"MaxItems": 5000},
        )
        said = (event["message"].strip() for page in pages for event in page["events"])
        errors += [
            f"{name}: {line[:120]}" for line in said if any(sign in line for sign in _ERRORS)
        ]
    told = f"{len(errors)} errors since {since:%Y-%m-%d %H:%M}"
    return (State.BAD, f"{told}: {errors[0]}") if errors else (State.OK, told)


def _metrics(looked: Looked) -> Found:
    prefix = looked.where.environment.prefix
    found = looked.where.account.client("cloudwatch").list_metrics(Namespace=prefix)["Metrics"]
    if found:
        return State.OK, f"{len(found)} metrics of {prefix}"
    if looked.where.environment.local:
        return State.MANUAL, "the emulator takes none out of logs: see them on AWS"
    return State.BAD, f"no metric of {prefix}: call the API, then look again"


def _alarms(looked: Looked) -> Found:
    prefix = looked.where.environment.prefix
    client = looked.where.account.client("cloudwatch")
    found = client.describe_alarms(AlarmNamePrefix=f"{prefix}-")["MetricAlarms"]
    ringing = [one["AlarmName"] for one in found if one["StateValue"] == "ALARM"]
    if not found:
        return State.BAD, f"{prefix} has no alarms"
    return (State.BAD, ", ".join(ringing)) if ringing else (State.OK, f"{len(found)} are silent")


def _dead_letters(looked: Looked) -> Found:
    url = looked.outputs.get("dead_letter_queue_url")
    if not url:
        return State.UNKNOWN, "there are no outputs that name the queue"
    name = "ApproximateNumberOfMessages"
    queue = looked.where.account.client("sqs")
    count = int(queue.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])
    return (State.BAD if count else State.OK), f"{count} messages"


def _watched(looked: Looked) -> Found:
    if looked.applied is None:
        return State.MANUAL, "watch logs and alarms for 15 to 30 minutes"
    age = datetime.now(UTC) - looked.applied
    minutes = int(age.total_seconds() // 60)
    told = f"{minutes} min since the apply"
    return (State.OK, told) if age >= WATCHED else (State.MANUAL, f"{told}: go on watching")


def _docs(_: Looked) -> Found:
    return State.MANUAL, "does docs/ still say what is so?"


def _tag(_: Looked) -> Found:
    tags = (_git("tag", "--points-at", "HEAD") or "").split()
    return (State.OK, ", ".join(tags)) if tags else (
        State.MANUAL, "git tag vX.Y.Z && git push --tags")  # fmt: skip


def _made(looked: Looked, step: str, why_not: Callable[[Result], str]) -> Found:
    """A step's result, and whether it still holds."""
    known = looked.step(step)
    if known is None:
        return State.MANUAL, f"not made from here: assay deploy --until {step}"
    if known.outcome is not Outcome.DONE:
        return State.BAD, f"{step} {known.outcome} {known.began}: {known.why or 'no end'}"
    why = why_not(known)
    return (State.BAD, why) if why else (State.OK, f"made {known.ended}")


def _git(*words: str) -> str | None:
    done = execute(["git", *words], env=environment.inherited("HOME"), cwd=CLONE, timeout=30)
    return done.stdout if done.ok else None


ITEMS: tuple[tuple[str, str, Callable[[Looked], Found]], ...] = (
    ("before", "tests", _tests),
    ("before", "lint", _lint),
    ("before", "integration tests", _integration),
    ("before", "committed", _committed),
    ("before", "reviewed and approved", _reviewed),
    ("before", "release notes", _notes),
    ("during", "account", _account),
    ("during", "release binary", _binary),
    ("during", "worker image", _image),
    ("during", "functions' package", _package),
    ("during", "plan reviewed", _plan),
    ("during", "applied", _applied),
    ("during", "endpoint answers", _answers),
    ("after", "smoke tests", _smoke),
    ("after", "logs", _logs),
    ("after", "metrics", _metrics),
    ("after", "alarms", _alarms),
    ("after", "dead letters", _dead_letters),
    ("after", "one real job, judged", _job),
    ("after", "watched", _watched),
    ("after", "documentation", _docs),
    ("after", "tag", _tag),
)


def lines(items: list[Item]) -> Iterator[str]:
    """For a terminal: by phase, and the count at the end."""
    for phase in dict.fromkeys(item.phase for item in items):
        yield f"{phase}:"
        yield from (f"  {item}" for item in items if item.phase == phase)
    counted = {state: sum(item.state is state for item in items) for state in State}
    yield ", ".join(f"{count} {state}" for state, count in counted.items() if count)


def outputs_of(path: Path) -> dict[str, Any]:
    """The outputs in a file that `terraform output -json` wrote."""
    return {name: one["value"] for name, one in json.loads(path.read_text("utf-8")).items()}
