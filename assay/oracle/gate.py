"""Large relations in two passes: what a first one shows to be equal is not looked at again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assay.oracle.by_bytes import compare_bytes
from assay.oracle.by_digests import compare_digests
from assay.oracle.collector import Collector
from assay.oracle.data import Plan
from assay.oracle.look import Look
from assay.oracle.rows import Merged
from assay.oracle.sessions import Sessions
from assay.oracle.side import Side
from assay.oracle.wire import readable

LARGE = 16 << 20  # bytes from which a relation has a first pass


@dataclass(slots=True)
class Gate:
    """The first pass: over digests of rows, or over their bytes where it must be `exact`."""

    sides: tuple[Side, Side]
    sessions: Sessions
    exact: bool = False

    def takes(self, plan: Plan) -> bool:
        """Whether a relation is worth a first pass, and may have one."""
        both = (plan.source, plan.target)
        return (
            max(relation.size + relation.toast for relation in both) >= LARGE
            and bool(plan.columns)
            and all(relation.heap and not relation.condition for relation in both)
            and not any(side.encoding == "SQL_ASCII" for side in self.sides)
            and (not self.exact or (not plan.wide and all(map(readable, self.sides))))
        )

    def compare(
        self, plan: Plan, *, found: Collector, progress: Callable[[str], None]
    ) -> tuple[Merged, int]:
        """Compare one relation; also how many of the source's rows are proved by their digest."""
        look = Look(plan, self.sides, self.sessions, found, progress)
        return (compare_bytes(look), 0) if self.exact else compare_digests(look)
