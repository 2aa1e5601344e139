"""Judges a stored run again: the same evidence gives the same outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.conformance.evidence import load
from assay.conformance.judge import Judgement, judge
from assay.report import journal


@dataclass(frozen=True, slots=True)
class Rejudged:
    """One case of a stored run: what it was judged then, and what it is judged now."""

    case: str
    replicator: str
    pg: str
    before: str
    now: Judgement

    @property
    def same(self) -> bool:
        """Whether both judgements agree."""
        return self.before == self.now.outcome.value


def rejudge(report_dir: Path) -> Iterator[Rejudged]:
    """Every judged case of a run's journal; UsageError when the folder holds no run."""
    for event in journal.read(report_dir):
        if event["event"] == "case-judged":
            evidence = load(report_dir / event["evidence"])
            yield Rejudged(
                event["case"], event["replicator"], event["pg"], event["outcome"], judge(evidence)
            )
