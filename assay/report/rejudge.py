"""Judges a stored run again: the same evidence gives the same outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.conformance.evidence import load
from assay.conformance.judge import Judgement, judge
from assay.run import record
from assay.run.events import CaseJudged, PhaseJudged


@dataclass(frozen=True, slots=True)
class Rejudged:
    """One case of a stored run: what it was judged then, and what it is judged now."""

    case: CaseJudged
    now: Judgement

    @property
    def changed(self) -> tuple[tuple[str, PhaseJudged | None, PhaseJudged | None], ...]:
        """The phases with another outcome than before, None for one that was or is not there."""
        before = {phase.phase: phase for phase in self.case.phases}
        now = {phase.phase: phase for phase in self.now.phases}
        return tuple(
            (name, before.get(name), now.get(name))
            for name in {**before, **now}
            if _outcome(before.get(name)) != _outcome(now.get(name))
        )


def rejudge(report_dir: Path) -> Iterator[Rejudged]:
    """Every judged case of a run's journal; UsageError when the folder holds no run."""
    for case in record.load(report_dir).judged:
        yield Rejudged(case, judge(load(report_dir / case.evidence)))


def _outcome(phase: PhaseJudged | None) -> tuple[object, ...] | None:
    return None if phase is None else (phase.outcome, phase.assisted, phase.harmed_source)
