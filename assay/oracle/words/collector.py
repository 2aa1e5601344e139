"""Findings up to a limit, and a count of the rest by what they are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from assay.oracle.words.finding import Finding, about
from assay.oracle.words.redaction import Redaction


class Collector:
    """Keeps the first findings and counts all of them by kind and object.

    With `veil` no value of a row is kept: see `Redaction`.
    """

    def __init__(self, limit: int | None, veil: Redaction | None = None) -> None:
        self._limit = limit
        self._veil = veil
        self.kept: list[Finding] = []
        self.totals: Counter[str] = Counter()

    def add(self, finding: Finding) -> None:
        """Take one finding."""
        self.totals[about(finding)] += 1
        if self._limit is None or len(self.kept) < self._limit:
            self.kept.append(finding if self._veil is None else self._veil.over(finding))

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take several findings."""
        for finding in findings:
            self.add(finding)

    @property
    def count(self) -> int:
        """How many were taken."""
        return self.totals.total()

    @property
    def omitted(self) -> int:
        """How many were counted but not kept."""
        return self.count - len(self.kept)
