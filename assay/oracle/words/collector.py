"""Findings up to a limit that no single object can use up, and counts of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from assay.oracle.words.finding import Finding, about
from assay.oracle.words.kinds import Kind
from assay.oracle.words.redaction import Redaction


class Collector:
    """Keeps the first findings of each object, and counts all of them by kind and object.

    `totals` are findings by kind and object, `rows` the missing, extra and changed rows of each
    relation. With `veil` no value of a row is kept: see `Redaction`. `whole` hears of every row
    that differs as it is: its plan, and the source's and the target's.
    """

    def __init__(
        self,
        limit: int | None,
        veil: Redaction | None = None,
        whole: Callable[..., None] | None = None,
    ) -> None:
        self._limit = limit
        self._veil = veil
        self.whole = whole if whole is not None else _nobody
        self._kept: dict[str, list[Finding]] = {}
        self._held = 0
        self._fullest = 0  # at most so many are kept of one object
        self._last: tuple[str, str | None] | None = None
        self.totals: Counter[str] = Counter()
        self.rows: dict[str, dict[str, int]] = {}

    def add(self, finding: Finding) -> None:
        """Take one finding."""
        self.totals[about(finding)] += 1
        self._count_rows(finding)
        if self._has_room(finding.object):
            shown = finding if self._veil is None else self._veil.over(finding)
            self._kept.setdefault(finding.object, []).append(shown)
            self._held += 1
            self._fullest = max(self._fullest, len(self._kept[finding.object]))

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take several findings."""
        for finding in findings:
            self.add(finding)

    @property
    def kept(self) -> list[Finding]:
        """By object, in the order in which objects were met."""
        return [finding for findings in self._kept.values() for finding in findings]

    @property
    def count(self) -> int:
        """How many were taken."""
        return self.totals.total()

    @property
    def omitted(self) -> int:
        """How many were counted but not kept."""
        return self.count - self._held

    def _has_room(self, name: str) -> bool:
        """Whether one more of an object is kept; the fullest object gives its last one up."""
        if self._limit is None or self._held < self._limit:
            return True
        if len(self._kept.get(name, ())) + 1 >= self._fullest:
            return False
        fullest = max(self._kept.values(), key=len)
        fullest.pop()
        self._held -= 1
        self._fullest = max(map(len, self._kept.values()))
        return True

    def _count_rows(self, finding: Finding) -> None:
        if finding.kind == Kind.MULTIPLICITY:
            more = int(finding.target or 0) - int(finding.source or 0)
            self._counted(finding.object)["extra" if more > 0 else "missing"] += abs(more)
        elif finding.kind == Kind.ROW:
            here = finding.object, finding.key
            if finding.column is None:
                self._counted(here[0])["extra" if finding.source is None else "missing"] += 1
            elif here != self._last:  # one row differs in several columns, one after the other
                self._counted(here[0])["changed"] += 1
            self._last = here

    def _counted(self, name: str) -> dict[str, int]:
        return self.rows.setdefault(name, {"missing": 0, "extra": 0, "changed": 0})


def _nobody(*_row: object) -> None:
    return None
