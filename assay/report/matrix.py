"""Category by outcome of phases, one table for each replicator and version pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from assay.conformance.phases import STEPS
from assay.run.events import CaseJudged, CaseSkipped, PhaseJudged
from assay.run.outcome import Outcome
from assay.run.record import Run

HARM = "HARMED_SOURCE"  # stands before every outcome


@dataclass(frozen=True, slots=True)
class Cell:
    """Some phases of one category's cases."""

    phases: tuple[tuple[CaseJudged, PhaseJudged], ...] = ()

    @property
    def count(self) -> int:
        """How many."""
        return len(self.phases)

    @property
    def unexpected(self) -> int:
        """How many of them are not as required."""
        return sum(not phase.expected for _, phase in self.phases)

    @property
    def gaps(self) -> int:
        """How many of them are known gaps."""
        return sum(phase.gap is not None for _, phase in self.phases)


@dataclass(frozen=True, slots=True)
class Row:
    """One category: every phase stands in one cell.

    Harm to the source outranks the outcome; what began with a copy of the suite's is apart.
    """

    category: str
    harmed: Cell
    cells: Mapping[Outcome, Cell]
    assisted: Cell
    skipped: int  # cases

    @property
    def as_required(self) -> bool:
        """Whether every phase that was judged is so, an assisted one as well."""
        return not any(cell.unexpected for cell in self.all_cells)

    @property
    def all_cells(self) -> tuple[Cell, ...]:
        """Of which each phase stands in one."""
        return (self.harmed, *self.cells.values(), self.assisted)


@dataclass(frozen=True, slots=True)
class Matrix:
    """One replicator on one version pair."""

    replicator: str
    version: str
    pg: str
    rows: tuple[Row, ...]

    @property
    def tool(self) -> str:
        """Its name, and its version where it tells one."""
        return f"{self.replicator} {self.version}".rstrip()

    def total(self, outcome: Outcome) -> Cell:
        """The tool's own phases with this outcome."""
        return Cell(tuple(one for row in self.rows for one in row.cells[outcome].phases))

    @property
    def cases(self) -> tuple[CaseJudged, ...]:
        """The cases that were judged."""
        cells = (cell for row in self.rows for cell in row.all_cells)
        return tuple({id(case): case for cell in cells for case, _ in cell.phases}.values())

    @property
    def harmed(self) -> Cell:
        """The phases in which the source came to harm."""
        return Cell(tuple(one for row in self.rows for one in row.harmed.phases))

    @property
    def assisted(self) -> Cell:
        """The phases that began with a copy of the suite's."""
        return Cell(tuple(one for row in self.rows for one in row.assisted.phases))

    @property
    def whole(self) -> Row:
        """All categories as one."""
        cells = {outcome: self.total(outcome) for outcome in Outcome}
        return Row("all", self.harmed, cells, self.assisted, self.skipped)

    @property
    def skipped(self) -> int:
        """How many cases were not run."""
        return sum(row.skipped for row in self.rows)


@dataclass(frozen=True, slots=True)
class PhaseCount:
    """What came of one phase in all cases: own outcomes, and apart the assisted ones."""

    phase: str
    own: Mapping[str, int]
    assisted: Mapping[str, int]


def by_phase(cases: Sequence[CaseJudged]) -> tuple[PhaseCount, ...]:
    """Every phase with the numbers of its outcomes, worst first; harm goes before an outcome."""
    found: dict[str, list[PhaseJudged]] = {}
    for case in cases:
        for phase in case.phases:
            found.setdefault(phase.phase, []).append(phase)
    place = {phase: number for number, phase in enumerate(STEPS)}
    return tuple(
        PhaseCount(name, *apart(found[name]))
        for name in sorted(found, key=lambda name: place.get(name, len(place)))
    )


def apart(phases: Collection[PhaseJudged]) -> tuple[dict[str, int], dict[str, int]]:
    """The numbers of own and of assisted outcomes, worst first; harm is counted in their stead."""
    unproved = (Outcome.UNKNOWN, Outcome.NOT_REACHED, Outcome.FAITHFUL)
    shown = (*(one for one in reversed(Outcome) if one not in unproved), *unproved)
    order = [HARM, *(outcome.value for outcome in shown)]
    own, assisted = Counter[str](), Counter[str]()
    for phase in phases:
        counted = assisted if phase.assisted else own
        counted[HARM if phase.harmed_source else phase.outcome.value] += 1
    shown_own, shown_assisted = ({o: one[o] for o in order if one[o]} for one in (own, assisted))
    return shown_own, shown_assisted


def matrices(run: Run) -> tuple[Matrix, ...]:
    """Every replicator on every version pair of a run."""
    records: tuple[CaseJudged | CaseSkipped, ...] = (*run.judged, *run.skipped)
    legs = {(record.replicator, record.pg) for record in records if record.replicator}
    return tuple(_matrix(run, replicator, pg) for replicator, pg in sorted(legs))


def _matrix(run: Run, replicator: str, pg: str) -> Matrix:
    judged = [c for c in run.judged if (c.replicator, c.pg) == (replicator, pg)]
    skipped = [s for s in run.skipped if (s.replicator, s.pg) == (replicator, pg)]
    categories = sorted({c.category for c in judged} | {s.category for s in skipped})
    rows = tuple(
        _row(category, [c for c in judged if c.category == category],
             sum(s.category == category for s in skipped))
        for category in categories
    )  # fmt: skip
    version = next((case.version for case in judged), "")
    return Matrix(replicator, version, pg, rows)


def _row(category: str, cases: Sequence[CaseJudged], skipped: int) -> Row:
    phases = [(case, phase) for case in cases for phase in case.phases]
    harmed = Cell(tuple(one for one in phases if one[1].harmed_source))
    others = [one for one in phases if not one[1].harmed_source]
    counted = [one for one in others if not one[1].assisted]
    assisted = Cell(tuple(one for one in others if one[1].assisted))
    cells = {
        outcome: Cell(tuple(one for one in counted if one[1].outcome is outcome))
        for outcome in Outcome
    }
    return Row(category, harmed, cells, assisted, skipped)


def pg_name(pg: str) -> str:
    """A version pair for people: ``17`` where both sides are the same."""
    source, _, target = pg.partition(":")
    return source if target in ("", source) else pg
