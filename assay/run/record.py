"""One start of a suite, as its journal tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from assay.run import journal
from assay.run.events import (
    CaseJudged,
    CaseSkipped,
    CheckJudged,
    Event,
    ItemFailed,
    Merged,
    PhaseJudged,
    RunFinished,
    RunStarted,
    RustTested,
    SelfTested,
    Server,
    Sharded,
)
from assay.run.verdict import Conclusion, conclude
from assay.run.whole import Part, Whole, parts_of

T = TypeVar("T", bound=Event)
_INTERRUPTED = {
    2: "the session was interrupted",
    3: "pytest had an internal error",
    4: "pytest was called wrongly",
}


@dataclass(frozen=True, slots=True)
class Run:
    """Its events by kind, in an order that does not depend on the workers'.

    `end` is None when it never came to its end. `part` is itself where it is one of several,
    `whole` tells of which it was merged.
    """

    start: RunStarted
    judged: tuple[CaseJudged, ...] = ()
    skipped: tuple[CaseSkipped, ...] = ()
    self_tests: tuple[SelfTested, ...] = ()
    rust_tests: tuple[RustTested, ...] = ()
    checks: tuple[CheckJudged, ...] = ()
    troubles: tuple[ItemFailed, ...] = ()
    end: RunFinished | None = None
    part: Part | None = None
    whole: Whole | None = None

    @property
    def options(self) -> Mapping[str, Any]:
        """What pytest was called with, by name."""
        return self.start.options

    @property
    def phases(self) -> Iterator[tuple[CaseJudged, PhaseJudged]]:
        """Every outcome of every case."""
        return ((case, phase) for case in self.judged for phase in case.phases)

    @property
    def conclusion(self) -> Conclusion:
        """The verdict; a run without an end has trouble by that alone."""
        errors = [str(trouble) for trouble in self.troubles]
        if self.end is None:
            errors.append("the run did not come to its end")
        elif self.end.exit in _INTERRUPTED:
            errors.append(_INTERRUPTED[self.end.exit])
        elif self.end.exit not in (0, 1, 5):
            errors.append(f"pytest ended with exit code {self.end.exit}")
        if self.whole is not None:
            errors += self.whole.doubts()
        elif self.part is not None and self.part.doubt:
            errors.append(self.part.doubt)
        return conclude(
            self.judged,
            self_tests=self.self_tests,
            rust_tests=self.rust_tests,
            checks=self.checks,
            skipped=len(self.skipped),
            errors=errors,
            extent=self._extent,
        )

    @property
    def parts(self) -> tuple[Part, ...]:
        """Itself where it is one of several, those that it was merged of; none of one piece."""
        if self.whole is not None:
            return self.whole.parts
        return (self.part,) if self.part is not None else ()

    @property
    def _extent(self) -> str:
        """Which part of a whole it tells of; nothing where it is no part."""
        if self.whole is None:
            return str(self.part.shard) if self.part is not None else ""
        of = self.whole.parts[0].shard.of
        return f"{of - len(self.whole.missing)} of {of} shards"

    @property
    def servers(self) -> tuple[Server, ...]:
        """Every server that a case was judged on."""
        return tuple(sorted({server for case in self.judged for server in case.servers}))

    @property
    def replicators(self) -> tuple[tuple[str, str], ...]:
        """Names and versions of the tools under test."""
        return tuple(sorted({(case.replicator, case.version) for case in self.judged}))


def load(folder: Path) -> Run:
    """The run whose journal lies in a folder; UsageError where there is none."""
    return from_events(journal.read(folder))


def from_events(events: Iterable[Event]) -> Run:
    """A run from its events, of which the first is that it started."""
    told, part, whole = list(events), None, None
    if len(told) > 1 and isinstance(told[1], Merged):
        whole = Whole.of(parts_of(told))
        end = told[2 + sum(told[1].lengths) :]
        told = [told[0], *(event for part in whole.speaking for event in part.told), *end]
    elif len(told) > 1 and isinstance(told[1], Sharded):
        part = Part.of(told)

    def all_of(kind: type[T]) -> tuple[T, ...]:
        return tuple(event for event in told if isinstance(event, kind))

    return Run(
        start=all_of(RunStarted)[0],
        judged=tuple(sorted(all_of(CaseJudged), key=_place)),
        skipped=tuple(sorted(all_of(CaseSkipped), key=_place)),
        self_tests=all_of(SelfTested),
        rust_tests=all_of(RustTested),
        checks=all_of(CheckJudged),
        troubles=all_of(ItemFailed),
        end=next(iter(reversed(all_of(RunFinished))), None),
        part=part,
        whole=whole,
    )


def _place(event: CaseJudged | CaseSkipped) -> tuple[str, ...]:
    return (event.category, event.case, event.replicator, event.pg)
