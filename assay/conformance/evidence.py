"""Everything seen in one case, as values that can be stored and judged again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from assay.conformance.case import Expected
from assay.oracle.words.finding import Comparison, Finding
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

    `assisted`: it began with a copy that the suite had made; `anew`: which it made just before
    this phase, on both databases set up anew. `source_changes` are changes of the
    source that nobody declared: harm. `target_changes` are those that a command made which only
    had to answer. `debris` is what a tool that failed has left on either side,
    whatever it declared; `begun` are relations that then hold some of their rows, `not_compared`
    why nobody could look. `truth` are the states of which one is true, `said` those that the
    tool's `status` can have meant. `log_lines` are the lines of `Evidence.logs` that were written
    meanwhile: the first, and the one behind the last. `changed`: the case's statements were run on
    the source, `source_errors` are those that failed there.
    """

    phase: str
    assisted: bool = False
    anew: bool = False
    executions: tuple[Execution, ...] = ()
    barrier: Barrier | None = None
    comparison: Comparison | None = None
    begun: tuple[str, ...] = ()
    not_compared: str = ""
    log_lines: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    truth: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    source_changes: tuple[Finding, ...] = ()
    target_changes: tuple[Finding, ...] = ()
    debris: tuple[Finding, ...] = ()
    changed: bool = False
    source_errors: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    statement_errors: tuple[str, ...] = ()
    exposures: tuple[Finding, ...] = ()  # secrets seen where they must not be
    compared_later: bool = False  # the stream has yet to bring what the case is about


@dataclass(frozen=True, slots=True)
class Unreached:
    """A phase that was not asked for, and why: an earlier one failed, or trouble of ours."""

    phase: str
    why: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure of ours, which leaves its phase UNKNOWN (`setup`: before the first one)."""

    phase: str
    what: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen."""

    case: str
    category: str
    title: str
    replicator: str
    version: str
    pg: str
    expected: tuple[Expected, ...]
    stages: tuple[Stage, ...] = ()
    premises: tuple[Answer, ...] = ()
    unreached: tuple[Unreached, ...] = ()
    left_out: tuple[str, ...] = ()  # phases that the tool does not claim
    trouble: Trouble | None = None
    logs: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    reproduction: str = ""
    seconds: float = 0.0

    def logs_of(self, stage: Stage) -> dict[str, str]:
        """What both servers wrote during a phase, by side."""
        found = {}
        for side, (first, behind) in stage.log_lines.items():
            found[side] = "\n".join(self.logs.get(side, "").split("\n")[first:behind])
        return found

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False), encoding="utf-8")


def load(path: Path) -> Evidence:
    """Read what `Evidence.save` wrote; ValueError where it holds something else."""
    return from_json(json.loads(path.read_text(encoding="utf-8")))


def from_json(data: dict[str, Any]) -> Evidence:
    """Evidence from its JSON form."""
    return msgspec.convert(data, Evidence)
