"""What was deployed where, when, by whom and from which evidence: read back from the journals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from assay.deployment.ladder import NAMES
from assay.deployment.steps import DESTROYED, JOURNAL, Outcome
from assay.errors import AssayError, UsageError
from assay.run import record

Committed = Callable[[str], datetime | None]


class State(StrEnum):
    """What became of a change of an environment."""

    DEPLOYED = "deployed"
    FAILED = "failed"  # while it was applied, or afterwards by a smoke run
    UNKNOWN = "unknown"  # it was begun, and nothing says how it ended
    GONE = "gone"  # the environment was destroyed


@dataclass(frozen=True, slots=True)
class Smoked:
    """A smoke run of an environment's endpoint: PASS, FAIL or UNKNOWN."""

    environment: str
    run: str
    at: datetime
    result: str


@dataclass(frozen=True, slots=True)
class Change:
    """One time that an environment was changed, or that this was tried.

    `at` is its end, or its beginning where it has none. `committed` is when its commit was made,
    None where nobody knows. `evidence` are digests of bundles. `smoked` are the runs before the
    next change.
    """

    environment: str
    began: datetime
    at: datetime
    state: State
    why: str = ""
    plan: str = ""
    commit: str = ""
    by: str = ""
    approved: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    committed: datetime | None = None
    smoked: tuple[Smoked, ...] = ()

    @property
    def failed_at(self) -> datetime | None:
        """Since when it was a failure; None where it was none, or nobody knows."""
        if self.state is State.FAILED:
            return self.at
        return next((run.at for run in self.smoked if run.result == "FAIL"), None)

    @property
    def good_at(self) -> datetime | None:
        """The first moment at which it was good; for one that failed by smoke, good again."""
        if self.state is not State.DEPLOYED:
            return None
        failed = self.failed_at
        if failed is None:
            return self.at
        later = (run for run in self.smoked if run.at > failed)
        return next((run.at for run in later if run.result == "PASS"), None)

    @property
    def smoke(self) -> str:
        """What the last smoke run came to; empty where there was none."""
        return self.smoked[-1].result if self.smoked else ""


def changes_in(folder: Path, *, committed: Committed = lambda _: None) -> tuple[Change, ...]:
    """The changes that a deployment's journal tells, in order; the environment is its name.

    UsageError where there is no journal, or a line of it is none.
    """
    found = [_change(folder.name, attempt) for attempt in _attempts(_lines(folder / JOURNAL))]
    return tuple(
        replace(one, committed=committed(one.commit) if one.commit else None)
        for one in found
        if one is not None
    )


def smoke_runs(folders: Iterable[Path]) -> tuple[Smoked, ...]:
    """The smoke runs below folders of runs, by endpoint; a run that cannot be read is none."""
    found: list[Smoked] = []
    for folder in folders:
        try:
            run = record.load(folder)
        except AssayError:
            continue
        for endpoint in dict.fromkeys(check.endpoint for check in run.checks):
            results = [check.result for check in run.checks if check.endpoint == endpoint]
            worst = max(results, key=("PASS", "UNKNOWN", "FAIL").index)
            at = datetime.fromisoformat(run.start.started)
            found.append(Smoked(endpoint, run.start.run, at, worst))
    return tuple(sorted(found, key=lambda one: one.at))


def with_smoke(changes: Sequence[Change], runs: Sequence[Smoked]) -> tuple[Change, ...]:
    """Changes of one environment, each with its smoke runs before the next."""
    ends = [*(one.began for one in changes[1:]), None][: len(changes)]
    return tuple(
        replace(
            one,
            smoked=tuple(
                run
                for run in runs
                if run.environment == one.environment
                and run.at >= one.at
                and (end is None or run.at < end)
            ),
        )
        for one, end in zip(changes, ends, strict=True)
    )


def _lines(journal: Path) -> Iterator[Mapping[str, Any]]:
    if not journal.is_file():
        raise UsageError(
            "There is no deployment here.", evidence=str(journal),
            remedy="name a folder below .assay/steps",
        )  # fmt: skip
    lines = journal.read_text(encoding="utf-8").split("\n")[:-1]  # what follows is torn
    for number, line in enumerate(lines, start=1):
        try:
            read = json.loads(line)
            yield {name: read[name] for name in ("step", "began", "outcome", "by")} | read
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"The deployment's journal is damaged at line {number}.",
                evidence=f"{journal}: {error!r}",
            ) from error


def _attempts(lines: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Mapping[str, Any]]]:
    """The last word of each step, climb by climb: every climb makes its plan anew."""
    current: dict[str, Mapping[str, Any]] = {}
    for line in lines:
        if line["step"] == DESTROYED:
            yield current
            yield {DESTROYED: line}
            current = {}
        elif line["step"] in NAMES:
            if line["step"] == "plan" and line["outcome"] == Outcome.BEGUN and current:
                yield current
                current = {}
            current[line["step"]] = line
    yield current


def _change(name: str, attempt: Mapping[str, Mapping[str, Any]]) -> Change | None:
    """What a climb changed; None where it came to no apply, or there was nothing to change."""
    if gone := attempt.get(DESTROYED):
        return Change(name, _time(gone["began"]), _time(gone["ended"]), State.GONE, gone["why"],
                      by=gone["by"])  # fmt: skip
    applied, plan = attempt.get("applied"), attempt.get("plan", {}).get("made", {})
    if applied is None or not plan.get("changes", True):
        return None
    last = attempt.get("endpoint", applied)
    allowed = attempt.get("approval", {}).get("made", {})
    let_in = allowed.get("let_in_by", {})
    state = {Outcome.FAILED.value: State.FAILED, Outcome.BEGUN.value: State.UNKNOWN}.get(
        last["outcome"], State.DEPLOYED if "endpoint" in attempt else State.UNKNOWN
    )
    approved = tuple(let_in.get("approvals", ()))
    if not approved and allowed.get("by"):
        approved = (f"{allowed['by']} by {allowed['how']}",)
    return Change(
        environment=name,
        began=_time(applied["began"]),
        at=_time(last.get("ended") or last["began"]),
        state=state,
        why=last.get("why", ""),
        plan=str(plan.get("digest", "")),
        commit=str(allowed.get("commit") or let_in.get("commit", "")),
        by=applied["by"],
        approved=approved,
        evidence=tuple(map(str, let_in.get("evidence", ()))),
        overrides=tuple(map(str, let_in.get("overrides", ()))),
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
