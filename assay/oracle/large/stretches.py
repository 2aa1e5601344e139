"""Stretches of a relation: neighbouring pages of each side that should hold the same rows.

Whoever loads a table in the order of its key, as most copies do, leaves it so: a stretch begins at
the row with the first of its keys and ends where the next one begins. The stretches of a side are
all its pages, so no row can hide between them. A row that lies in another stretch than on the
other side, such as one that an update moved, makes both of these differ; looked at together they
do not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

from assay.oracle.large.digest import Ranges, row_digest
from assay.oracle.rows.plan import Plan, Relation
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.postgres.session import identifier

COUNT = 2048  # stretches of a relation
_PAGE = 8192  # bytes
Place = tuple[int, int]  # a page, a row in it
_FIRST, _BEHIND = (0, 0), ((1 << 32) - 1, 0)


@dataclass(frozen=True, slots=True)
class Pages:
    """Parts of a relation of one side: from each place to the next one, as tuple ids."""

    relation: Relation
    places: tuple[Place, ...]

    @classmethod
    def even(cls, relation: Relation, count: int) -> Pages:
        """So many parts of the same size, or fewer; the last one has no end."""
        pages = relation.size // _PAGE
        count = max(min(count, pages), 1)
        return cls(relation, (*((pages * n // count, 0) for n in range(count)), _BEHIND))

    def __len__(self) -> int:
        return len(self.places) - 1

    def rows(self, parts: Sequence[int]) -> str:
        """SQL for the rows of these parts, as a table to select from."""
        table = f"only {identifier(*self.relation.parts)} as assay_relation"
        if len(parts) == len(self):
            return table
        runs = [(self.places[first], self.places[last + 1]) for first, last in _runs(parts)]
        if len(runs) == 1:
            low, high = (f"'{_tid(place)}'" for place in runs[0])
            return f"{table} where {_between(low, high)}"
        return (
            f"{_ends(runs)} cross join lateral (select assay_relation.* from {table}"
            f" where {_between('assay_low', 'assay_high')} offset 0) as assay_relation"
        )

    def each(self, parts: Sequence[int], wanted: str) -> str:
        """A query of an expression for each of these parts, in their order."""
        table = f"only {identifier(*self.relation.parts)} as assay_relation"
        ends = _ends([(self.places[one], self.places[one + 1]) for one in parts])
        return (
            f"select (select {wanted} from {table} where {_between('assay_low', 'assay_high')})"
            f" from {ends} order by assay_number"
        )


@dataclass(frozen=True, slots=True)
class Stretches:
    """The same number of parts of each side, of which those with one number should be equal."""

    plan: Plan
    sides: Both[Pages]

    @classmethod
    def of(cls, plan: Plan, ranges: Ranges, sides: Both[Side]) -> Stretches | None:
        """Those of a table that lies in order on both sides, where an index can tell it."""
        both = (plan.source, plan.target)
        count = min(COUNT, ranges.count)
        if count < 2 or not all(plan.key in relation.keys for relation in both):
            return None
        keys = [ranges.begin(ranges.count * number // count) for number in range(1, count)]
        with ThreadPoolExecutor(2) as pool:
            source, target = pool.map(
                lambda side, relation: _places(side, relation, ranges.column, keys), sides, both
            )
        ordered = _in_order(source, target)
        if len(ordered) < max(count // 2, 2):
            return None
        here, there = (
            Pages(relation, (*(places[number] for number in ordered), _BEHIND))
            for relation, places in zip(both, (source, target), strict=True)
        )
        return cls(plan, Both(here, there))

    @classmethod
    def alike(cls, plan: Plan, count: int) -> Stretches:
        """The same pages of both sides, as a copy that keeps the order of rows has them."""
        source = Pages.even(plan.source, count)
        return cls(plan, Both(source, Pages(plan.target, source.places)))

    def __len__(self) -> int:
        return len(self.sides[0])

    def wholes(self, parts: Sequence[int]) -> tuple[str, str]:
        """For each side: how many rows each part holds and the sum of their digests, as a text."""
        return self._each(
            parts, f"concat(count(*), ' ', coalesce(sum({row_digest(self.plan)}), 0))"
        )

    def singles(self, parts: Sequence[int]) -> tuple[str, str]:
        """For each side: the integer keys of each part's rows, 8 bytes each, then their digests."""
        key = f"int8send(assay_relation.{identifier(self.plan.key[0])}::bigint)"
        digest = f"int8send({row_digest(self.plan)})"
        return self._each(parts, f"string_agg({key}, '') || string_agg({digest}, '')")

    def rows(self, parts: Sequence[int]) -> tuple[str, str]:
        """For each side: SQL for the rows of these parts, as a table to select from."""
        return self.sides[0].rows(parts), self.sides[1].rows(parts)

    def _each(self, parts: Sequence[int], wanted: str) -> tuple[str, str]:
        source, target = (side.each(parts, wanted) for side in self.sides)
        return source, target


def _ends(runs: Sequence[tuple[Place, Place]]) -> str:
    lows, highs = ("{" + ",".join(f'"{_tid(run[at])}"' for run in runs) + "}" for at in (0, 1))
    return (
        f"unnest('{lows}'::tid[], '{highs}'::tid[])"
        " with ordinality as assay_ends(assay_low, assay_high, assay_number)"
    )


def _between(low: str, high: str) -> str:
    return f"assay_relation.ctid >= {low} and assay_relation.ctid < {high}"


def _tid(place: Place) -> str:
    return f"({place[0]},{place[1]})"


def _runs(parts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbours together, by the first and the last of them."""
    edges = [n for n, (one, two) in enumerate(pairwise(parts)) if two != one + 1]
    for before, last in pairwise((-1, *edges, len(parts) - 1)):
        yield parts[before + 1], parts[last]


def _places(side: Side, relation: Relation, column: str, keys: Sequence[int]) -> list[Place]:
    """Where the first row of each stretch lies: that of the first key begins with the relation."""
    key, table = identifier(column), identifier(*relation.parts)
    rows = side.ask(
        f"select (select concat(r.ctid) from only {table} as r"
        f" where r.{key} >= e.low order by r.{key} limit 1)"
        f" from unnest('{{{','.join(map(str, keys))}}}'::bigint[])"
        " with ordinality as e(low, n) order by e.n"
    )
    texts = (row[0].strip("()").split(",") if row[0] else _BEHIND for row in rows)
    return [_FIRST, *((int(page), int(number)) for page, number in texts)]


def _in_order(source: Sequence[Place], target: Sequence[Place]) -> list[int]:
    """Many numbers, the first one among them, whose places are in order on both sides.

    A row that an update moved may be the first of its stretch: then the stretch before goes on.
    """
    ours = _longest(source, range(len(source)))
    return _longest(target, ours)


def _longest(places: Sequence[Place], numbers: Sequence[int]) -> list[int]:
    """The most of these numbers whose places do not go down; the first place is the least."""
    tails: list[Place] = []  # the least last place of a chain of each length
    ends: list[int] = []  # the number there
    before: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_right(tails, places[number])
        before[number] = ends[at - 1] if at else None
        tails[at : at + 1], ends[at : at + 1] = [places[number]], [number]
    chain: list[int] = []
    last: int | None = ends[-1]
    while last is not None:
        chain.append(last)
        last = before[last]
    return chain[::-1]
