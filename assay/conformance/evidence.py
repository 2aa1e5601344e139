"""Everything seen in one case, as values that can be stored and judged again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assay.conformance.case import Expected
from assay.conformance.outcome import Outcome
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.oracle.words.route import Route
from assay.postgres.barrier import Barrier
from assay.process import Execution


@dataclass(frozen=True, slots=True)
class Answer:
    """A query of the case and whether it was true; `error` where it could not be asked."""

    query: str
    held: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One phase: what the tool was asked, and what both sides were like afterwards.

    `source_changes` are changes of the source that nobody declared: harm. `debris` is what a tool
    that failed has left on either side, whatever it declared. `source_errors` are the case's
    statements that failed on the source.
    """

    phase: str
    executions: tuple[Execution, ...] = ()
    barrier: Barrier | None = None
    comparison: Comparison | None = None
    source_changes: tuple[Finding, ...] = ()
    debris: tuple[Finding, ...] = ()
    source_errors: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    statement_errors: tuple[str, ...] = ()
    exposures: tuple[Finding, ...] = ()  # secrets seen where they must not be
    compared_later: bool = False  # the stream has yet to bring what the case is about


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen; `trouble` is ours and makes the case UNKNOWN."""

    case: str
    category: str
    title: str
    replicator: str
    version: str
    pg: str
    expected: tuple[Expected, ...]
    stages: tuple[Stage, ...] = ()
    premises: tuple[Answer, ...] = ()
    skipped_phases: tuple[str, ...] = ()
    trouble: str | None = None
    logs: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    reproduction: str = ""
    seconds: float = 0.0

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")


def load(path: Path) -> Evidence:
    """Read what `Evidence.save` wrote."""
    return from_json(json.loads(path.read_text(encoding="utf-8")))


def from_json(data: dict[str, Any]) -> Evidence:
    """Evidence from its JSON form."""
    data = dict(data)
    data["expected"] = tuple(Expected(Outcome(e["outcome"]), e["text"]) for e in data["expected"])
    data["premises"] = _answers(data["premises"])
    data["stages"] = tuple(_stage(s) for s in data["stages"])
    for name in ("skipped_phases", "files"):
        data[name] = tuple(data[name])
    return Evidence(**data)


def _stage(data: dict[str, Any]) -> Stage:
    data = dict(data)
    data["executions"] = tuple(_execution(e) for e in data["executions"])
    data["barrier"] = _barrier(data["barrier"]) if data["barrier"] else None
    data["comparison"] = _comparison(data["comparison"]) if data["comparison"] else None
    for name in ("source_changes", "debris", "exposures"):
        data[name] = tuple(Finding(**f) for f in data[name])
    data["answers"] = _answers(data["answers"])
    for name in ("source_errors", "statement_errors"):
        data[name] = tuple(data[name])
    return Stage(**data)


def _barrier(data: dict[str, Any]) -> Barrier:
    return Barrier(**{**data, "unsynced": tuple(data["unsynced"])})


def _execution(data: dict[str, Any]) -> Execution:
    return Execution(
        **{**data, "argv": tuple(data["argv"]), "left_in_tmp": tuple(data["left_in_tmp"])}
    )


def _comparison(data: dict[str, Any]) -> Comparison:
    return Comparison(
        **{
            **data,
            "equality": Equality(data["equality"]),
            "findings": tuple(Finding(**f) for f in data["findings"]),
            "warnings": tuple(data["warnings"]),
            "doubts": tuple(Doubt(**d) for d in data["doubts"]),
            "left_out": tuple(data["left_out"]),
            "used": tuple(map(Route, data["used"])),
        }
    )


def _answers(data: list[dict[str, Any]]) -> tuple[Answer, ...]:
    return tuple(Answer(**a) for a in data)
