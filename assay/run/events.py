"""What happens in a run, as values: suites emit them, reports consume them.

One codec writes and reads them; `journal.schema.json` is made from these types (a test holds it).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from assay.errors import UsageError
from assay.oracle.words.finding import Finding
from assay.run.cause import Cause
from assay.run.outcome import Outcome, Verdict

SCHEMA = "assay/report/schemas/journal.schema.json"
Count = Annotated[int, msgspec.Meta(ge=0)]
Place = Annotated[int, msgspec.Meta(ge=1)]
RunName = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{8}$")]
RustResult = Literal["passed", "failed", "diverged", "skipped", "error"]
CheckResult = Literal["PASS", "FAIL", "UNKNOWN"]


@dataclass(frozen=True, slots=True, order=True)
class Server:
    """One side of a server pair: ``source`` or ``target``."""

    role: Literal["source", "target"]
    version: str
    provider: str
    pg: str = ""


@dataclass(frozen=True, slots=True)
class PhaseJudged:
    """What one phase of a case came to.

    `assisted`: the suite made the state it began with, because the tool's own earlier phase had
    failed; it never counts as the tool's own. `gap` is the reason of a known gap that it fits, and
    `intermittent` tells of one that comes and goes; without `gap` it has not come this time.
    `cause` is the first reason for its being wrong, `beside` are others of it.
    """

    phase: str
    outcome: Outcome
    expected: bool
    assisted: bool = False
    proof: str | None = None
    harmed_source: bool = False
    why: str | None = None
    cause: Cause | None = None
    beside: tuple[Cause, ...] = ()
    gap: str | None = None
    intermittent: bool = False
    findings: tuple[Finding, ...] = ()
    omitted: Count = 0

    @property
    def causes(self) -> tuple[Cause, ...]:
        """All of them, the worst first."""
        return (self.cause, *self.beside) if self.cause is not None else ()

    @property
    def own(self) -> bool:
        """Whether it is an outcome of the tool's own."""
        return not self.assisted and self.outcome is not Outcome.NOT_REACHED

    @property
    def wrong(self) -> bool:
        """Whether it is shown to be otherwise than required; UNKNOWN alone shows nothing."""
        return self.harmed_source or (not self.expected and self.outcome is not Outcome.UNKNOWN)

    @property
    def gravity(self) -> tuple[bool, bool, bool, int]:
        """For sorting: harm to the source outranks everything, then what is wrong, then UNKNOWN."""
        return (self.harmed_source, self.wrong, not self.expected, self.outcome.rank)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A phase of a case that was not asked for, and what the tool lacks for it."""

    phase: str
    requires: str


@dataclass(frozen=True, slots=True)
class CaseJudged:
    """A case with the outcomes of its phases; `evidence` is a path below the report directory."""

    name: ClassVar[str] = "case-judged"

    case: str
    category: str
    title: str
    replicator: str
    version: str
    pg: str
    phases: tuple[PhaseJudged, ...]
    seconds: float = 0.0
    servers: tuple[Server, ...] = ()
    evidence: str = ""
    nodeid: str = ""
    left_out: tuple[LeftOut, ...] = ()
    leaked: tuple[str, ...] = ()  # what it left behind without having declared it
    sql: str = ""  # the case file, where there is one

    @property
    def gravest(self) -> PhaseJudged:
        """The phase that speaks for the case: the gravest, of these the first."""
        return max(self.phases, key=lambda one: one.gravity)

    @property
    def expected(self) -> bool:
        """A case is as expected when every phase of it is, and nothing was left behind."""
        return not self.leaked and all(phase.expected for phase in self.phases)

    @property
    def unproved(self) -> bool:
        """Nothing was proved in one of its phases, and no other one is wrong."""
        wrong = any(phase.wrong for phase in self.phases)
        return not wrong and any(phase.outcome is Outcome.UNKNOWN for phase in self.phases)

    @property
    def harmed_source(self) -> bool:
        """Whether the source came to harm in any phase."""
        return any(phase.harmed_source for phase in self.phases)

    @property
    def gap(self) -> str | None:
        """The reason of the first known gap that it fits."""
        return next((phase.gap for phase in self.phases if phase.gap is not None), None)

    @property
    def intermittent(self) -> tuple[PhaseJudged, ...]:
        """The phases with a known gap that comes and goes, seen this time or not."""
        return tuple(phase for phase in self.phases if phase.intermittent)

    @property
    def badness(self) -> tuple[int, int, int]:
        """For sorting, the worst first: harm, not as required, unproved, known gap, as required."""
        group = 1 if self.unproved else 0 if not self.expected else 2 if self.gap else 3
        return (not self.harmed_source, group, -self.gravest.outcome.rank)

    @property
    def told(self) -> str:
        """Its phases in words, such as ``init FAITHFUL, live FAILED_LOUD``."""
        return ", ".join(
            f"{phase.phase} {phase.outcome}{' (assisted)' if phase.assisted else ''}"
            for phase in self.phases
        )


@dataclass(frozen=True, slots=True)
class CaseSkipped:
    """A case that was not run, and what is missing for it."""

    name: ClassVar[str] = "case-skipped"

    case: str
    category: str
    replicator: str
    pg: str
    requires: str
    nodeid: str = ""


@dataclass(frozen=True, slots=True)
class SelfTested:
    """One worker's trial of the oracle on planted damage."""

    name: ClassVar[str] = "self-test"

    planted: Count
    detected: Count
    missed: tuple[str, ...] = ()
    seconds: float = 0.0
    worker: str = ""
    pg: str = ""


@dataclass(frozen=True, slots=True)
class RustTested:
    """A test of a Rust crate; ``error`` where it could not be run.

    `compared` is the oracle's answer where the test brought something to the target, `findings`
    what speaks against a test that passed, `changes` what it did on each side.
    """

    name: ClassVar[str] = "rust-test"

    test: str
    target: str
    result: RustResult
    seconds: float = 0.0
    why: str | None = None
    nodeid: str = ""
    output: str = ""
    compared: str | None = None
    findings: tuple[Finding, ...] = ()
    changes: tuple[Finding, ...] = ()

    @property
    def badness(self) -> int:
        """For sorting, the worst first."""
        return {"passed": 3, "skipped": 2, "error": 1}.get(self.result, 0)


@dataclass(frozen=True, slots=True)
class CheckJudged:
    """A check of an endpoint, and the jobs that it created."""

    name: ClassVar[str] = "check-judged"

    endpoint: str
    check: str
    category: str
    result: CheckResult
    why: str = ""
    advice: str = ""
    seconds: float = 0.0
    jobs: tuple[str, ...] = ()
    nodeid: str = ""


@dataclass(frozen=True, slots=True)
class ItemFailed:
    """A failure that no case accounts for: of a fixture, of collection, of a worker."""

    name: ClassVar[str] = "item-error"

    nodeid: str
    when: str
    why: str

    def __str__(self) -> str:
        return f"error in {self.when} of {self.nodeid}: {self.why}"


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The first event: `argv` are pytest's arguments, without passwords."""

    name: ClassVar[str] = "run-started"

    run: RunName
    started: str
    seed: int
    assay: str
    argv: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewsTold:
    """A message about the run, in a journal of its own; `place` shows nothing of a URL."""

    name: ClassVar[str] = "news"

    place: str
    delivered: bool
    tries: Count
    why: str = ""


@dataclass(frozen=True, slots=True)
class Sharded:
    """That a run is one of several parts of a whole; it follows `RunStarted`.

    `parts` are the node ids of every part, as each of them knows them; `digest` is of these and of
    the files in which the items are. `code` is the digest of our own files, `inputs` are those of
    the files that options name.
    """

    name: ClassVar[str] = "sharded"

    index: Place
    of: Place
    digest: str
    parts: tuple[tuple[str, ...], ...]
    commit: str = ""  # none where there is no git
    code: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def own(self) -> tuple[str, ...]:
        """The node ids of this part."""
        return self.parts[self.index - 1]

    def __str__(self) -> str:
        return f"shard {self.index}/{self.of}"


@dataclass(frozen=True, slots=True)
class Merged:
    """That the journals of several runs follow, whole, each of so many events."""

    name: ClassVar[str] = "merged"

    runs: tuple[RunName, ...]
    lengths: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The last event: `exit` is pytest's own code, before the verdict."""

    name: ClassVar[str] = "run-finished"

    exit: int
    seconds: float
    verdict: Verdict
    line: str


Event = (
    RunStarted | Sharded | Merged | CaseJudged | CaseSkipped | SelfTested | RustTested
    | CheckJudged | ItemFailed | RunFinished | NewsTold
)  # fmt: skip
KINDS: Mapping[str, type[Event]] = {
    kind.name: kind
    for kind in (RunStarted, Sharded, Merged, CaseJudged, CaseSkipped, SelfTested, RustTested,
                 CheckJudged, ItemFailed, RunFinished, NewsTold)
}  # fmt: skip


def encode(event: Event) -> dict[str, Any]:
    """An event as JSON's own types, with its name under ``event``."""
    told: dict[str, Any] = msgspec.to_builtins(event)
    return {"event": event.name, **told}


def decode(data: Mapping[str, Any]) -> Event:
    """An event from its JSON form; UsageError where it has another shape or an unknown name."""
    kind = KINDS.get(str(data.get("event")))
    if kind is None:
        raise UsageError(
            f"There is no event {data.get('event')!r}.", remedy=f"known: {', '.join(KINDS)}"
        )
    try:
        event: Event = msgspec.convert(
            {name: value for name, value in data.items() if name not in ("event", "at")}, kind
        )
    except msgspec.ValidationError as error:
        raise UsageError(
            f"The journal holds a {kind.name} of another shape.",
            evidence=str(error),
            remedy=f"see {SCHEMA}",
        ) from error
    return event


def schema() -> dict[str, Any]:
    """The JSON Schema of one line of a journal, as it is written: no key is missing or unknown."""
    kinds = list(KINDS.values())
    made, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    for kind in kinds:
        known = components[kind.__name__]
        known["properties"] = {
            "event": {"const": kind.name},
            "at": {"type": "string", "description": "when it was written, RFC 3339, UTC"},
            **known["properties"],
        }
    for known in components.values():
        if "properties" in known:
            known["required"] = list(known["properties"])
            known["additionalProperties"] = False
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "one line of journal.jsonl",
        "oneOf": list(made),
        "$defs": components,
    }


def schema_text() -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema(), indent=2) + "\n"
