"""What a journal's events say, as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.conformance.outcome import Outcome
from assay.conformance.verdict import Conclusion, conclude
from assay.errors import UsageError
from assay.oracle.words.finding import Finding
from assay.report import journal

_INTERRUPTED = {
    2: "the session was interrupted",
    3: "pytest had an internal error",
    4: "pytest was called wrongly",
}


@dataclass(frozen=True, slots=True, order=True)
class Server:
    """One side of a server pair."""

    role: str
    version: str
    provider: str
    pg: str = ""


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """A case with its outcome; `evidence` is a path below the report directory."""

    case: str
    category: str
    title: str
    phase: str
    replicator: str
    version: str
    pg: str
    outcome: Outcome
    expected: bool
    proof: str | None = None
    harmed_source: bool = False
    why: str | None = None
    gap: str | None = None
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    omitted: int = 0
    servers: tuple[Server, ...] = ()
    evidence: str = ""
    nodeid: str = ""
    skipped_phases: tuple[tuple[str, str], ...] = ()  # the phase and what it requires
    sql: str = ""

    @property
    def badness(self) -> tuple[int, int]:
        """For sorting, the worst first: unexpected, unproved, known gap, as required."""
        unknown = self.outcome is Outcome.UNKNOWN
        group = 1 if unknown else 0 if not self.expected else 2 if self.gap is not None else 3
        return (group, -self.outcome.rank)


@dataclass(frozen=True, slots=True)
class SkippedCase:
    """A case that was not run, and what is missing for it."""

    case: str
    category: str
    replicator: str
    pg: str
    requires: str
    nodeid: str = ""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """One worker's trial of the oracle on planted damage."""

    planted: int
    detected: int
    missed: tuple[str, ...] = ()
    seconds: float = 0.0
    worker: str = ""
    pg: str = ""


@dataclass(frozen=True, slots=True)
class RustTest:
    """A test of a Rust crate: ``passed``, ``failed``, ``diverged``, ``skipped`` or ``error``.

    `compared` is the oracle's answer where the test brought something to the target, `findings`
    what speaks against a test that passed, `changes` what it did on each side.
    """

    name: str
    target: str
    result: str
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
class JudgedCheck:
    """A check of an endpoint: ``PASS``, ``FAIL`` or ``UNKNOWN``, and the jobs that it created."""

    endpoint: str
    check: str
    category: str
    result: str
    why: str = ""
    advice: str = ""
    seconds: float = 0.0
    jobs: tuple[str, ...] = ()
    nodeid: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure that no case accounts for: of a fixture, of collection, of a worker."""

    nodeid: str
    when: str
    why: str

    def __str__(self) -> str:
        return f"error in {self.when} of {self.nodeid}: {self.why}"


@dataclass(frozen=True, slots=True)
class Run:
    """One start of a suite, as its journal tells it; `exit` is None when it never ended."""

    id: str
    started: str
    seed: int
    assay: str
    argv: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    judged: tuple[JudgedCase, ...] = ()
    skipped: tuple[SkippedCase, ...] = ()
    self_tests: tuple[SelfTest, ...] = ()
    rust_tests: tuple[RustTest, ...] = ()
    checks: tuple[JudgedCheck, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    exit: int | None = None
    seconds: float | None = None

    @property
    def conclusion(self) -> Conclusion:
        """The verdict; a run without an end has trouble by that alone."""
        errors = [str(trouble) for trouble in self.troubles]
        if self.exit is None:
            errors.append("the run did not come to its end")
        elif self.exit in _INTERRUPTED:
            errors.append(_INTERRUPTED[self.exit])
        elif self.exit not in (0, 1, 5):
            errors.append(f"pytest ended with exit code {self.exit}")
        return conclude(
            self.judged,
            self_tests=self.self_tests,
            rust_tests=self.rust_tests,
            checks=self.checks,
            skipped=len(self.skipped),
            errors=errors,
        )

    @property
    def servers(self) -> tuple[Server, ...]:
        """Every server that a case was judged on."""
        return tuple(sorted({server for case in self.judged for server in case.servers}))

    @property
    def replicators(self) -> tuple[tuple[str, str], ...]:
        """Names and versions of the tools under test."""
        return tuple(sorted({(case.replicator, case.version) for case in self.judged}))


def load(folder: Path) -> Run:
    """The run whose journal lies in a folder."""
    return from_events(journal.read(folder))


def from_events(events: Iterable[Mapping[str, Any]]) -> Run:
    """A run from its events, in an order that does not depend on the workers'; others are left."""
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for event in events:
        by_name.setdefault(event["event"], []).append(event)
    try:
        return _run(by_name)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            "The journal holds an event of another shape.",
            evidence=f"{type(error).__name__}: {error}",
            remedy="see assay/report/schemas/journal.schema.json",
        ) from error


def _run(by_name: Mapping[str, list[Mapping[str, Any]]]) -> Run:
    start = by_name["run-started"][0]
    end = by_name.get("run-finished", [{}])[-1]
    judged = [_judged(event) for event in by_name.get("case-judged", [])]
    skipped = [_skipped(event) for event in by_name.get("case-skipped", [])]
    return Run(
        id=start["run"],
        started=start["started"],
        seed=start["seed"],
        assay=start["assay"],
        argv=tuple(start["argv"]),
        options=start["options"],
        judged=tuple(sorted(judged, key=_place)),
        skipped=tuple(sorted(skipped, key=_place)),
        self_tests=tuple(_self_test(event) for event in by_name.get("self-test", [])),
        rust_tests=tuple(_rust_test(event) for event in by_name.get("rust-test", [])),
        checks=tuple(_check(event) for event in by_name.get("check-judged", [])),
        troubles=tuple(
            Trouble(event["nodeid"], event["when"], event["why"])
            for event in by_name.get("item-error", [])
        ),
        exit=end.get("exit"),
        seconds=end.get("seconds"),
    )


def _place(record: JudgedCase | SkippedCase) -> tuple[str, ...]:
    return (record.category, record.case, record.replicator, record.pg)


def _judged(event: Mapping[str, Any]) -> JudgedCase:
    given = _fields(JudgedCase, event)
    given["outcome"] = Outcome(event["outcome"])
    given["findings"] = tuple(
        Finding(**_fields(Finding, found)) for found in event.get("findings", ())
    )
    given["servers"] = tuple(
        Server(**{"pg": event["pg"], **_fields(Server, server)})
        for server in event.get("servers", ())
    )
    given["skipped_phases"] = tuple(
        (skip["phase"], _text(skip["requires"])) for skip in event.get("skipped_phases", ())
    )
    return JudgedCase(**given)


def _skipped(event: Mapping[str, Any]) -> SkippedCase:
    given = _fields(SkippedCase, event)
    given["requires"] = _text(event["requires"])
    return SkippedCase(**given)


def _self_test(event: Mapping[str, Any]) -> SelfTest:
    given = _fields(SelfTest, event)
    given["missed"] = tuple(event.get("missed", ()))
    return SelfTest(**given)


def _rust_test(event: Mapping[str, Any]) -> RustTest:
    given = _fields(RustTest, event)
    for name in ("findings", "changes"):
        given[name] = tuple(Finding(**_fields(Finding, found)) for found in event.get(name, ()))
    return RustTest(**given)


def _check(event: Mapping[str, Any]) -> JudgedCheck:
    given = _fields(JudgedCheck, event)
    return JudgedCheck(**{**given, "jobs": tuple(event["jobs"])})


def _fields(record: type, event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: event[name] for name in record.__dataclass_fields__ if name in event}  # type: ignore[attr-defined]


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)
