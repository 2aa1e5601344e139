"""One large relation while it is compared: into which parts it is cut, how parts are merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from assay.oracle.large.digest import Buckets, Hashed, Ranges, key_digest, row_digest
from assay.oracle.large.stretches import Stretches
from assay.oracle.rows.merge import Merged, compare_rows
from assay.oracle.rows.plan import Plan, Relation
from assay.oracle.session.parallel import ParallelSessions
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.collector import Collector
from assay.oracle.words.portions import Portions
from assay.oracle.words.route import Route
from assay.postgres.session import identifier

FEWEST = 16  # stretches or buckets
MOST = 8192  # buckets of a hash: more of them cost the servers' caches
SPARSE = 100  # values of a key for each row from which neighbours are no buckets
PART = 64  # a first look takes this part of the stretches
SCATTERED = 0.2  # of them differ: so may most of the others
MANY = 0.5  # of the rows: all are merged, without a filter
_BIGINT = 1 << 63  # what the type does not hold
_ROW_BYTES = 100  # of a row where no statistics tell


@dataclass(frozen=True, slots=True)
class LargeRelation:
    """What a first pass needs to know; `used` is where it notes which way it went."""

    plan: Plan
    sides: Both[Side]
    sessions: ParallelSessions
    found: Collector
    progress: Callable[[str], None]
    used: set[Route] = field(default_factory=set)
    portions: Portions = field(default_factory=Portions)

    @property
    def expected(self) -> int:
        """How many rows there are, about."""
        return max(*map(_expected, (self.plan.source, self.plan.target)), 1)

    def merge(self, plan: Plan) -> Merged:
        """Read the rows of a plan and compare them as bytes."""
        return compare_rows(plan, sides=self.sides, found=self.found,
                            progress=lambda rows: self.progress(f"{rows} rows"))  # fmt: skip

    def merge_parts(self, stretches: Stretches, parts: Sequence[int]) -> Merged:
        """The same for the rows that lie in these stretches."""
        return self.merge(replace(self.plan, rows=stretches.rows(parts)))

    def stretches(self) -> Stretches | None:
        """Where rows lie in the order of an integer key: stretches."""
        buckets = self.buckets()
        return Stretches.of(self.plan, buckets, self.sides) if isinstance(buckets, Ranges) else None

    def buckets(self) -> Buckets:
        """Ranges where one integer identifies a row and is dense enough, else a hash."""
        plan, size = self.plan, self.portions.stretch
        wanted = max(self.expected // size, FEWEST)
        if plan.numeric and len(plan.key) == 1:
            bounds = [_bounds(side, relation, plan.key[0]) for side, relation
                      in zip(self.sides, (plan.source, plan.target), strict=True)]  # fmt: skip
            known = [one for one in bounds if one is not None]
            if known:
                low, high = min(one for one, _ in known), max(one for _, one in known)
                width = (high - low) // wanted + 1
                dense = high - low < SPARSE * max(self.expected, size)
                if dense and low + width * wanted < _BIGINT:
                    return Ranges(plan.key[0], low, width, wanted)
        count = min(1 << (wanted - 1).bit_length(), MOST)
        return Hashed(key_digest(plan) if plan.key else row_digest(plan), count)


def _bounds(side: Side, relation: Relation, column: str) -> tuple[int, int] | None:
    """The least and the greatest value of an integer key; an index knows them."""
    name = identifier(column)
    ((low, high),) = side.ask(
        f"select min({name})::bigint, max({name})::bigint from only {identifier(*relation.parts)}"
    )
    return None if low is None else (low, high)


def _expected(relation: Relation) -> int:
    return relation.expected or relation.size // _ROW_BYTES


def neighbours_together(parts: Sequence[int], size: int) -> list[Sequence[int]]:
    """Neighbours together, so many at most."""
    return [parts[at : at + size] for at in range(0, len(parts), size)]


def size_of_first_look(count: int) -> int:
    """How many of so many stretches a first look takes."""
    return min(max(count // PART, FEWEST), count)
