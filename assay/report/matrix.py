"""Category by outcome of phases, one table for each replicator and version pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.run.events import CaseJudged, CaseSkipped, PhaseJudged
from assay.run.outcome import Outcome
from assay.run.record import Run


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
    """One category: the tool's own outcomes, and apart what began with a copy of the suite's."""

    category: str
    cells: Mapping[Outcome, Cell]
    assisted: Cell
    skipped: int  # cases

    @property
    def as_required(self) -> bool:
        """Whether every phase that was judged is so, an assisted one as well."""
        return not any(cell.unexpected for cell in (*self.cells.values(), self.assisted))


@dataclass(frozen=True, slots=True)
class Matrix:
    """One replicator on one version pair."""

    replicator: str
    version: str
    pg: str
    rows: tuple[Row, ...]

    def total(self, outcome: Outcome) -> Cell:
        """The tool's own phases with this outcome."""
        return Cell(tuple(one for row in self.rows for one in row.cells[outcome].phases))

    @property
    def assisted(self) -> Cell:
        """The phases that began with a copy of the suite's."""
        return Cell(tuple(one for row in self.rows for one in row.assisted.phases))

    @property
    def skipped(self) -> int:
        """How many cases were not run."""
        return sum(row.skipped for row in self.rows)


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
    counted = [one for one in phases if not one[1].assisted]
    assisted = Cell(tuple(one for one in phases if one[1].assisted))
    cells = {
        outcome: Cell(tuple(one for one in counted if one[1].outcome is outcome))
        for outcome in Outcome
    }
    return Row(category, cells, assisted, skipped)


def pg_name(pg: str) -> str:
    """A version pair for people: ``17`` where both sides are the same."""
    source, _, target = pg.partition(":")
    return source if target in ("", source) else pg
