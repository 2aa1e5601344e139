"""Large relations by digests of 64 bits: of all rows of a part first, of single rows where needed.

The sum of the rows' digests stands for a part, as a multiset: in whatever order they lie.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assay.errors import ServerError
from assay.oracle.large.digest import Buckets, row_digest
from assay.oracle.large.relation import (
    MANY,
    SCATTERED,
    LargeRelation,
    neighbours_together,
    size_of_first_look,
)
from assay.oracle.large.stretches import Pages, Stretches
from assay.oracle.rows.merge import Merged
from assay.oracle.rows.plan import Plan
from assay.oracle.words.both import Both
from assay.oracle.words.route import Route

SLICES = 32  # questions for a pass over a relation, at least
AT_ONCE = 1 << 15  # rows of which the single digests are asked at once
_STEPS = 16  # places where the rows of a stretch part: from then on they are looked up
_SURE = 4  # rows in a row that are the same: two lists are in step again
_SCARCE = 0.02  # of a column's values are NULL: to hash it without a thought of them is in vain

Digest = tuple[int, int]  # how many rows, the sum of their digests


def compare_digests(relation: LargeRelation) -> tuple[Merged, int]:
    """What was found, and how many of the source's rows are proved by their digest alone."""
    relation = replace(relation, plan=replace(relation.plan, scarce=_scarce(relation)))
    stretches = relation.stretches()
    if stretches is None:
        relation.used.add(Route.BUCKETS if relation.plan.key else Route.KEYLESS)
        return _by_buckets(relation, relation.buckets())
    relation.used.add(Route.STRETCHES)
    return _by_stretches(relation, stretches)


def _scarce(relation: LargeRelation) -> frozenset[str]:
    """Columns of which the source's statistics say that they are often NULL."""
    schema, table = relation.plan.source.parts
    rows = relation.sides[0].ask(
        "select attname::text from pg_stats where schemaname = %s and tablename = %s"
        " and not inherited and null_frac > %s",
        schema, table, _SCARCE,
    )  # fmt: skip
    return frozenset(name for (name,) in rows)


def _by_stretches(relation: LargeRelation, stretches: Stretches) -> tuple[Merged, int]:
    begin = size_of_first_look(len(stretches))
    look = f"a first look at {begin} of {len(stretches)} stretches"
    known = _wholes(relation, stretches, range(begin), what=look)
    if len(_differing(known)) > SCATTERED * begin:
        suspects = list(range(len(stretches)))
    else:
        known |= _wholes(relation, stretches, range(begin, len(stretches)))
        suspects = _differing(known)
    left = _singles(relation, stretches, suspects, known)
    rows = left.rows + sum(known[one][0][0] for one in known.keys() - set(suspects))
    keys = left.keys()
    if left.many or len(keys) > MANY * rows:
        return relation.merge(relation.plan), 0
    if not keys:
        return Merged(rows, 0), rows
    relation.progress(f"{len(keys)} rows differ, reading them")
    read = relation.merge(relation.plan.at([str(key) for key in keys]))
    return Merged(rows, read.invalid), rows - read.rows


def _wholes(
    relation: LargeRelation, stretches: Stretches, parts: Sequence[int], *, what: str = "digest"
) -> dict[int, tuple[Digest, Digest]]:
    """The digests of both sides' stretches."""
    asked = neighbours_together(parts, -(-len(stretches) // SLICES))
    answers = relation.sessions.ask(
        [stretches.wholes(group) for group in asked],
        lambda text: relation.progress(f"{what} {text}"),
    )
    return {
        part: (_digest(source), _digest(target))
        for group, pair in zip(asked, answers, strict=True)
        for part, (source,), (target,) in zip(group, *pair, strict=True)
    }


def _digest(text: str) -> Digest:
    count, total = text.split()
    return int(count), int(total)


def _differing(known: Mapping[int, tuple[Digest, Digest]]) -> list[int]:
    return [part for part, (source, target) in known.items() if source != target]


def _singles(
    relation: LargeRelation,
    stretches: Stretches,
    suspects: Sequence[int],
    known: Mapping[int, tuple[Digest, Digest]],
) -> _Left:
    """What is left of the rows of these stretches when those that both sides have are taken out."""
    asked = neighbours_together(suspects, max(AT_ONCE * len(stretches) // relation.expected, 1))
    answers = relation.sessions.ask(
        [stretches.singles(group) for group in asked],
        lambda text: relation.progress(f"digest of rows {text}"),
    )
    left = _Left(relation.portions.digests)
    for group, pair in zip(asked, answers, strict=True):
        for part, (source,), (target,) in zip(group, *pair, strict=True):
            rows = (_Rows.of(source), _Rows.of(target))
            if part in known and known[part] != (rows[0].whole, rows[1].whole):
                raise ServerError(
                    f"Two digests of the same rows of {relation.plan.source.name} are not the"
                    " same.",
                    evidence=f"stretch {part} of {len(stretches)}",
                    remedy="compare with --exact, and tell us",
                )
            left.take(*rows)
        if left.many:
            break
    return left


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a stretch of one side: their keys, then their digests."""

    numbers: array[int]

    @classmethod
    def of(cls, sent: bytes | None) -> _Rows:
        """From what a server sends, most significant byte first."""
        numbers = array("q", sent or b"")
        if sys.byteorder == "little":
            numbers.byteswap()
        return cls(numbers)

    def __len__(self) -> int:
        return len(self.numbers) // 2

    @property
    def digests(self) -> array[int]:
        """Of each row."""
        return self.numbers[len(self) :]

    @property
    def whole(self) -> Digest:
        """The digest of all of them."""
        return len(self), sum(self.digests)

    def named(self, places: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The digests and the keys of some rows, by their positions."""
        for place in places:
            yield self.numbers[len(self) + place], self.numbers[place]

    def unlike(self, other: _Rows) -> tuple[list[int], list[int]]:
        """Positions of rows that the other has not got, and of those that only the other has.

        Most rows lie in one order: where the two lists part, one row was put in, taken out or
        changed, or there are others, which are looked up then.
        """
        ours, theirs = self.digests, other.digests
        here, there, at, to = list[int](), list[int](), 0, 0
        for _ in range(_STEPS):
            same = _alike(ours, at, theirs, to)
            at, to = at + same, to + same
            step = _again_alike(ours, at, theirs, to)
            if step is None:
                break
            here += range(at, at + step[0])
            there += range(to, to + step[1])
            at, to = at + step[0], to + step[1]
        left, right = set(ours[at:]), set(theirs[to:])
        here += [n for n in range(at, len(ours)) if ours[n] not in right]
        there += [n for n in range(to, len(theirs)) if theirs[n] not in left]
        return here, there


def _again_alike(ours: array[int], at: int, theirs: array[int], to: int) -> tuple[int, int] | None:
    """How many numbers of each to leave out before the lists are alike again."""
    for out, in_ in ((1, 1), (1, 0), (0, 1)):
        rest = ours[at + out : at + out + _SURE]
        if rest and rest == theirs[to + in_ : to + in_ + _SURE]:
            return out, in_
    return None


def _alike(ours: array[int], at: int, theirs: array[int], to: int) -> int:
    """How many numbers from there on are the same."""
    low, high = 0, min(len(ours) - at, len(theirs) - to)
    while low < high:
        middle = (low + high + 1) // 2
        if ours[at + low : at + middle] == theirs[to + low : to + middle]:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass(slots=True)
class _Left:
    """Rows, by their digests, that one side has and the other does not, as far as was seen.

    A row that lies in another stretch on the other side is left over twice, until both were seen.
    More than `held` are not worth to be kept.
    """

    held: int
    rows: int = 0
    source: dict[int, int] = field(default_factory=dict)
    target: dict[int, int] = field(default_factory=dict)

    @property
    def many(self) -> bool:
        """Whether so much is left."""
        return max(len(self.source), len(self.target)) > self.held

    def take(self, source: _Rows, target: _Rows) -> None:
        """Two stretches more."""
        self.rows += len(source)
        if source == target:
            return
        here, there = source.unlike(target)
        for digest, key in source.named(here):
            if self.target.pop(digest, None) is None:
                self.source[digest] = key
        for digest, key in target.named(there):
            if self.source.pop(digest, None) is None:
                self.target[digest] = key

    def keys(self) -> list[int]:
        """Those of the rows that are left."""
        return sorted({*self.source.values(), *self.target.values()})


def _by_buckets(relation: LargeRelation, buckets: Buckets) -> tuple[Merged, int]:
    """All rows at once, wherever they lie; where that differs by buckets of their keys."""
    relations = (relation.plan.source, relation.plan.target)
    count = max(min(SLICES, *(len(Pages.even(one, SLICES)) for one in relations)), 1)
    slices = [Pages.even(one, count) for one in relations]
    stretches = Stretches(relation.plan, Both(*slices))
    wholes = _wholes(relation, stretches, range(count))
    source, target = (_added(pair[side] for pair in wholes.values()) for side in (0, 1))
    if source == target:
        return Merged(source[0], 0), source[0]
    places = [stretches.rows([number]) for number in range(count)]
    queries = [
        (_grouped(relation.plan, buckets, here), _grouped(relation.plan, buckets, there))
        for here, there in places
    ]
    folded: tuple[dict[int, Digest], dict[int, Digest]] = ({}, {})
    for pair in relation.sessions.ask(queries, lambda text: relation.progress(f"buckets {text}")):
        for whole, answer in zip(folded, pair, strict=True):
            for bucket, rows, total in answer:
                whole[bucket] = _added([whole.get(bucket, (0, 0)), (rows, int(total))])
    differing = [one for one in folded[0].keys() | folded[1].keys()
                 if folded[0].get(one) != folded[1].get(one)]  # fmt: skip
    rows = sum(side.get(one, (0, 0))[0] for side in folded for one in differing)
    if rows > MANY * (source[0] + target[0]):
        return relation.merge(relation.plan), 0
    relation.progress(f"{len(differing)} buckets differ, reading them")
    read = relation.merge(replace(relation.plan, among=buckets.among(differing)))
    return Merged(source[0], read.invalid), source[0] - read.rows


def _added(digests: Iterable[Digest]) -> Digest:
    known = list(digests)
    return sum(rows for rows, _ in known), sum(total for _, total in known)


def _grouped(plan: Plan, buckets: Buckets, rows: str) -> str:
    return (
        f"select assay_bucket, count(*), sum(assay_digest) from (select {buckets.bucket()}"
        f" as assay_bucket, {row_digest(plan)} as assay_digest from {rows}"
        ") as assay_rows group by assay_bucket"
    )
