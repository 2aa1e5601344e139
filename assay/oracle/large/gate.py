"""Large relations in two passes: what a first one shows to be equal is not looked at again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assay.oracle.large.digests import compare_digests
from assay.oracle.large.exact import compare_bytes
from assay.oracle.large.relation import LargeRelation
from assay.oracle.large.wire import has_readable_socket
from assay.oracle.question import Question
from assay.oracle.rows.merge import Merged
from assay.oracle.rows.plan import Plan
from assay.oracle.session.parallel import ParallelSessions
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.collector import Collector
from assay.oracle.words.route import Route


@dataclass(slots=True)
class Gate:
    """The first pass: over digests of rows, or over their bytes where the question is exact.

    `used` are the ways that it went.
    """

    sides: Both[Side]
    sessions: ParallelSessions
    question: Question
    used: set[Route] = field(default_factory=set)

    def takes(self, plan: Plan) -> bool:
        """Whether a relation is worth a first pass, and may have one."""
        both = (plan.source, plan.target)
        return (
            max(relation.size + relation.toast for relation in both) >= self.question.large
            and bool(plan.columns)
            and all(relation.heap and not relation.condition for relation in both)
            and not any(side.encoding == "SQL_ASCII" for side in self.sides)
            and (
                not self.question.exact
                or (not plan.wide and all(map(has_readable_socket, self.sides)))
            )
        )

    def compare(
        self, plan: Plan, *, found: Collector, progress: Callable[[str], None]
    ) -> tuple[Merged, int]:
        """Compare one relation; also how many of the source's rows are proved by their digest."""
        large = LargeRelation(plan, self.sides, self.sessions, found, progress, self.used,
                              self.question.portions)  # fmt: skip
        return (compare_bytes(large), 0) if self.question.exact else compare_digests(large)
