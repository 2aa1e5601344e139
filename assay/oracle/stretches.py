"""Stretches of a table whose rows lie in the order of their keys: digested without grouping.

Whoever loads a table in the order of its key, as most copies do, leaves it so. A stretch begins at
the row with the first of its keys and ends where the next one begins. Where the least or the
greatest key shows that rows of another stretch lie in it, such as those that an update moved, what
lies there is digested once more, each row for the stretch that it belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assay.oracle.data import Plan, Relation
from assay.oracle.digest import Ranges, row_digest
from assay.oracle.side import Side
from assay.postgres.session import identifier

COUNT = 128  # stretches of a table
_LEAST = 16  # buckets of a stretch
Place = tuple[int, int]  # a page, a row in it
_FIRST, _BEHIND = (0, 0), ((1 << 32) - 1, 0)


@dataclass(frozen=True, slots=True)
class Stretches:
    """`edges` are buckets, one more than there are stretches; `places` where they begin on each
    side, as tuple ids.
    """

    plan: Plan
    ranges: Ranges
    edges: tuple[int, ...]
    places: tuple[tuple[str, ...], tuple[str, ...]]

    @classmethod
    def of(cls, plan: Plan, ranges: Ranges, sides: tuple[Side, Side]) -> Stretches | None:
        """Those of a table that lies in order on both sides, where an index can tell it."""
        both = (plan.source, plan.target)
        count = min(COUNT, ranges.count // _LEAST)
        if count < 2 or not all(plan.key in relation.keys for relation in both):
            return None
        edges = [ranges.count * number // count for number in range(count)]
        found = [_places(side, relation, ranges, edges)
                 for side, relation in zip(sides, both, strict=True)]  # fmt: skip
        ordered = _longest_chain(list(zip(*found, strict=True)))
        if len(ordered) < max(count // 2, 2):
            return None
        source, target = (tuple(f"({page},{row})" for page, row in (one[n] for n in ordered))
                          for one in found)  # fmt: skip
        return cls(plan, ranges, (*(edges[n] for n in ordered), ranges.count), (source, target))

    def queries(self) -> list[list[str]]:
        """For each side and stretch: how many rows, their least and greatest key, their digest."""
        bounds = f"min({self.ranges.key})::bigint, max({self.ranges.key})::bigint"
        said = f"count(*), {bounds}, sum({row_digest(self.plan)})"
        return [
            [f"select {said} {self._from(relation, places, number)}" for number in self._numbers]
            for relation, places in self._sides
        ]

    def inside(self, answers: Sequence[Sequence[tuple[Any, ...]]]) -> dict[int, tuple[int, int]]:
        """The digests of stretches that hold no row of another one."""
        return {
            number: (row[0], int(row[3]))
            for number, (row,) in enumerate(answers)
            if row[0] and self._holds(number, row)
        }

    def astray(self, side: int, answers: Sequence[Sequence[tuple[Any, ...]]]) -> list[str]:
        """For the others: the digests by stretch of what lies there."""
        relation, places = self._sides[side]
        bucket = f"width_bucket({self.ranges.bucket()}, '{{{_list(self.edges[1:-1])}}}'::bigint[])"
        said = f"{bucket}, count(*), sum({row_digest(self.plan)})"
        return [
            f"select {said} {self._from(relation, places, number)} group by 1"
            for number, (row,) in enumerate(answers)
            if row[0] and not self._holds(number, row)
        ]

    def keys(self, number: int) -> str:
        """SQL that is true of a stretch's rows, wherever they lie."""
        return self.ranges.between(self.edges[number], self.edges[number + 1])

    def _holds(self, number: int, row: tuple[Any, ...]) -> bool:
        low, high = (self.ranges.begin(self.edges[n]) for n in (number, number + 1))
        return bool(low <= row[1] and row[2] < high)

    @property
    def _numbers(self) -> range:
        return range(len(self.edges) - 1)

    @property
    def _sides(self) -> tuple[tuple[Relation, tuple[str, ...]], ...]:
        return ((self.plan.source, self.places[0]), (self.plan.target, self.places[1]))

    @staticmethod
    def _from(relation: Relation, places: Sequence[str], number: int) -> str:
        table = f"from only {identifier(*relation.parts)} as assay_relation"
        where = f"where assay_relation.ctid >= '{places[number]}'"
        if number + 1 < len(places):
            where += f" and assay_relation.ctid < '{places[number + 1]}'"
        return f"{table} {where}"


def _places(side: Side, relation: Relation, ranges: Ranges, edges: Sequence[int]) -> list[Place]:
    """Where the first row of each stretch lies."""
    key = identifier(ranges.column)
    keys = _list([ranges.begin(edge) for edge in edges[1:]])
    rows = side.connection.execute(
        f"select (select r.ctid::text from only {identifier(*relation.parts)} as r"
        f" where r.{key} >= e.low order by r.{key} limit 1)"
        f" from unnest('{{{keys}}}'::bigint[]) with ordinality as e(low, n) order by e.n".encode()
    ).fetchall()
    texts = (row[0].strip("()").split(",") if row[0] else _BEHIND for row in rows)
    return [_FIRST, *((int(page), int(number)) for page, number in texts)]


def _longest_chain(places: Sequence[tuple[Place, Place]]) -> list[int]:
    """The most of these, by number and with the first, that are in order on both sides.

    A row that an update moved may be the first of its stretch: then the stretch before goes on.
    """
    best: list[tuple[int, int | None]] = []  # how many up to this one, which came before
    for number, (source, target) in enumerate(places):
        before = [n for n in range(number) if places[n][0] <= source and places[n][1] <= target]
        last = max(before, key=lambda n: best[n][0], default=None)
        best.append((1 if last is None else best[last][0] + 1, last))
    at: int | None = max(range(len(best)), key=lambda n: best[n][0])
    chain: list[int] = []
    while at is not None:
        chain.append(at)
        at = best[at][1]
    return chain[::-1]


def _list(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))
