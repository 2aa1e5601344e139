"""Category by outcome, one table for each replicator and version pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assay.conformance.outcome import Outcome
from assay.report.records import JudgedCase, Run, SkippedCase


@dataclass(frozen=True, slots=True)
class Cell:
    """The cases of one category with one outcome."""

    cases: tuple[JudgedCase, ...] = ()

    @property
    def count(self) -> int:
        """How many."""
        return len(self.cases)

    @property
    def unexpected(self) -> int:
        """How many of them are not as required."""
        return sum(not case.expected for case in self.cases)

    @property
    def gaps(self) -> int:
        """How many of them are known gaps."""
        return sum(case.gap is not None and case.expected for case in self.cases)


@dataclass(frozen=True, slots=True)
class Row:
    """One category."""

    category: str
    cells: Mapping[Outcome, Cell]
    skipped: int

    @property
    def faithful(self) -> bool:
        """Whether every case that ran is as required."""
        return not any(cell.unexpected for cell in self.cells.values())


@dataclass(frozen=True, slots=True)
class Matrix:
    """One replicator on one version pair."""

    replicator: str
    version: str
    pg: str
    rows: tuple[Row, ...]

    def total(self, outcome: Outcome) -> Cell:
        """All cases with this outcome."""
        return Cell(tuple(case for row in self.rows for case in row.cells[outcome].cases))

    @property
    def skipped(self) -> int:
        """How many cases were not run."""
        return sum(row.skipped for row in self.rows)


def matrices(run: Run) -> tuple[Matrix, ...]:
    """Every replicator on every version pair of a run."""
    records: tuple[JudgedCase | SkippedCase, ...] = (*run.judged, *run.skipped)
    legs = {(record.replicator, record.pg) for record in records if record.replicator}
    return tuple(_matrix(run, replicator, pg) for replicator, pg in sorted(legs))


def _matrix(run: Run, replicator: str, pg: str) -> Matrix:
    judged = [c for c in run.judged if (c.replicator, c.pg) == (replicator, pg)]
    skipped = [s for s in run.skipped if (s.replicator, s.pg) == (replicator, pg)]
    categories = sorted({c.category for c in judged} | {s.category for s in skipped})
    rows = tuple(
        Row(
            category,
            {
                outcome: Cell(
                    tuple(c for c in judged if (c.category, c.outcome) == (category, outcome))
                )
                for outcome in Outcome
            },
            sum(s.category == category for s in skipped),
        )
        for category in categories
    )
    version = next((case.version for case in judged), "")
    return Matrix(replicator, version, pg, rows)


def pg_name(pg: str) -> str:
    """A version pair for people: ``17`` where both sides are the same."""
    source, _, target = pg.partition(":")
    return source if target in ("", source) else pg
