"""Large relations in two passes: what a digest shows to be equal is not read, the rest is merged.

The servers digest buckets of rows, in parallel sessions that share one snapshot for each side.
Buckets that differ are read in order and compared as bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Any

import psycopg

from assay import clock
from assay.errors import ServerError
from assay.oracle.collector import Collector
from assay.oracle.data import Plan, Relation
from assay.oracle.digest import Buckets, Hashed, Ranges, place, row_digest
from assay.oracle.rows import Merged, compare_rows
from assay.oracle.side import Side, sharing
from assay.oracle.stretches import Stretches
from assay.postgres.address import Address
from assay.postgres.session import identifier

LARGE = 16 << 20  # bytes from which a relation is digested first
ROWS = 1024  # in a bucket, about
MOST = 8192  # buckets of a hash: more of them cost the servers' caches
SPARSE = 100  # values of a key for each row from which neighbours are no buckets
LOOK = 64  # a first look takes this part of the buckets,
FEWEST = 16  # and at least so many of them
SCATTERED = 0.2  # of the buckets of the first look: all rows are merged at once
MANY = 0.5  # of the rows: they are merged without a filter
SLICES = 8  # of a relation's pages, for each session
JOBS = 2  # sessions for each side
_BIGINT = 1 << 63  # what the type does not hold
_CANCEL = 5.0  # seconds for a server to hear of it
_PAGE = 8192  # bytes; only the size of a slice depends on it
_ROW_BYTES = 100  # of a row where no statistics tell

Answer = list[tuple[Any, ...]]
Digests = dict[int, tuple[int, int]]  # by bucket: how many rows, the sum of their digests


@dataclass(slots=True)
class Gate:
    """Digests of large relations. `sessions` are those of each side, opened when they are needed;
    `notes` says why there are fewer than `jobs`.
    """

    sides: tuple[Side, Side]
    addresses: tuple[Address, Address]
    stack: ExitStack
    jobs: int = JOBS
    sessions: list[tuple[Side, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def takes(self, plan: Plan) -> bool:
        """Whether a relation is worth a first pass, and may have one."""
        both = (plan.source, plan.target)
        return (
            max(relation.size + relation.toast for relation in both) >= LARGE
            and bool(plan.columns)
            and not any(relation.condition for relation in both)
            and not any(side.encoding == "SQL_ASCII" for side in self.sides)
        )

    def compare(
        self, plan: Plan, *, found: Collector, progress: Callable[[str], None]
    ) -> tuple[Merged, int]:
        """Compare one relation; also how many of the source's rows are proved by their digest."""
        if not self.sessions:
            self._open()
        buckets = self._buckets(plan)
        if isinstance(buckets, Ranges) and self._scattered(plan, buckets):
            return self._merge(plan, found, progress), 0
        totals, source, target = self._digests(plan, buckets, progress)
        differing = [one for one in source.keys() | target.keys()
                     if source.get(one) != target.get(one)]  # fmt: skip
        if not differing:
            return Merged(totals[0], 0), totals[0]
        read = sum(side.get(one, (0,))[0] for side in (source, target) for one in differing)
        if read > MANY * sum(totals):
            return self._merge(plan, found, progress), 0
        progress(f"{len(differing)} buckets differ, reading them")
        part = self._merge(replace(plan, among=buckets.among(differing)), found, progress)
        return Merged(totals[0], part.invalid), totals[0] - part.rows

    def _open(self) -> None:
        for side, address in zip(self.sides, self.addresses, strict=True):
            sessions = [side]
            try:
                while len(sessions) < self.jobs:
                    sessions.append(self.stack.enter_context(sharing(side, address)))
            except (ServerError, psycopg.Error) as error:  # a limit of connections, a pooler
                told = " ".join(str(error).split())
                self.notes.append(f"{side.name}: only {len(sessions)} session at once: {told}")
            self.sessions.append(tuple(sessions))

    def _merge(self, plan: Plan, found: Collector, progress: Callable[[str], None]) -> Merged:
        return compare_rows(plan, sides=self.sides, found=found,
                            progress=lambda rows: progress(f"{rows} rows"))  # fmt: skip

    def _buckets(self, plan: Plan) -> Buckets:
        """Ranges where one integer identifies a row and is dense enough, else a hash."""
        expected = max(_expected(plan.source), _expected(plan.target), 1)
        wanted = max(expected // ROWS, FEWEST)
        if plan.numeric and len(plan.key) == 1:
            bounds = [self._bounds(side, relation, plan.key[0]) for side, relation
                      in zip(self.sides, (plan.source, plan.target), strict=True)]  # fmt: skip
            known = [one for one in bounds if one is not None]
            if known:
                low, high = min(one for one, _ in known), max(one for _, one in known)
                width = (high - low) // wanted + 1
                if high - low < SPARSE * max(expected, ROWS) and low + width * wanted < _BIGINT:
                    return Ranges(plan.key[0], low, width, wanted)
        count = min(1 << (wanted - 1).bit_length(), MOST)
        return Hashed(place(plan) if plan.key else row_digest(plan), count)

    @staticmethod
    def _bounds(side: Side, relation: Relation, column: str) -> tuple[int, int] | None:
        """The least and the greatest value of an integer key; an index knows them."""
        name = identifier(column)
        row = side.connection.execute(
            f"select min({name})::bigint, max({name})::bigint"
            f" from only {identifier(*relation.parts)}".encode()
        ).fetchone()
        return None if row is None or row[0] is None else (row[0], row[1])

    def _scattered(self, plan: Plan, buckets: Ranges) -> bool:
        """Whether the first buckets differ so often that digests of the rest would be wasted."""
        look = max(buckets.count // LOOK, FEWEST)
        if look * 2 > buckets.count:
            return False
        with _together(self.sides) as pool:
            source, target = pool.map(
                lambda side, relation: _folded(
                    [_read(side, _query(plan, relation, buckets, buckets.first(look)))]
                ),
                self.sides,
                (plan.source, plan.target),
            )
        differing = sum(source.get(one) != target.get(one) for one in source.keys() | target.keys())
        return differing > SCATTERED * max(len(source), len(target), 1)

    def _digests(
        self, plan: Plan, buckets: Buckets, progress: Callable[[str], None]
    ) -> tuple[tuple[int, int], Digests, Digests]:
        """How many rows each side has, and the digests of buckets, all those that differ at least.

        Where rows lie in the order of their keys, stretches of them are digested as wholes first.
        """
        relations = (plan.source, plan.target)
        if isinstance(buckets, Ranges):
            stretches = Stretches.of(plan, buckets, self.sides)
            if stretches is not None:
                return self._stretches(plan, buckets, stretches, progress)
        pages = [_slices(relation, self.jobs) for relation in relations]
        queries = [[_query(plan, relation, buckets, part) for part in parts]
                   for relation, parts in zip(relations, pages, strict=True)]  # fmt: skip
        source, target = (_folded(one) for one in self._ask(queries, progress))
        return (_total(source)[0], _total(target)[0]), source, target

    def _stretches(
        self, plan: Plan, buckets: Ranges, stretches: Stretches, progress: Callable[[str], None]
    ) -> tuple[tuple[int, int], Digests, Digests]:
        answers = self._ask(stretches.queries(), progress)
        wholes: tuple[Digests, Digests] = (
            stretches.inside(answers[0]),
            stretches.inside(answers[1]),
        )
        astray = [stretches.astray(number, answers[number]) for number in (0, 1)]
        if any(astray):
            moved = self._ask(astray, lambda text: progress(f"{text} (moved rows)"))
            for whole, part in zip(wholes, moved, strict=True):
                _add(whole, _folded(part))
        differing = [one for one in wholes[0].keys() | wholes[1].keys()
                     if wholes[0].get(one) != wholes[1].get(one)]  # fmt: skip
        keys = [stretches.keys(one) for one in sorted(differing)]
        queries = [[_query(plan, relation, buckets, part) for part in keys]
                   for relation in (plan.source, plan.target)]  # fmt: skip
        more = self._ask(queries, lambda text: progress(f"{text} (what differs)"))
        parts = (_folded(more[0]), _folded(more[1]))
        for side, whole, again in zip(self.sides, wholes, parts, strict=True):
            if _total(again) != _total({one: whole[one] for one in differing if one in whole}):
                raise ServerError(
                    f"Two digests of the same rows of {plan.source.name} are not the same.",
                    evidence=f"{side.name}, {len(differing)} stretches",
                    remedy="compare with --exact, and tell us",
                )
        return (_total(wholes[0])[0], _total(wholes[1])[0]), *parts

    def _ask(
        self, queries: Sequence[Sequence[str]], progress: Callable[[str], None]
    ) -> list[list[Answer]]:
        """The answers of both sides to their queries, in order, as many at once as sessions."""
        meter = _Meter(sum(map(len, queries)), progress)
        waiting: list[SimpleQueue[int]] = [SimpleQueue(), SimpleQueue()]
        answers: list[list[Answer]] = [[[]] * len(one) for one in queries]
        for queue, side in zip(waiting, queries, strict=True):
            for index in range(len(side)):
                queue.put(index)

        def take(number: int, session: Side) -> None:
            while not meter.failed:
                try:
                    index = waiting[number].get_nowait()
                except Empty:
                    return
                with meter.part():
                    answers[number][index] = _read(session, queries[number][index])

        sessions = [(number, session) for number in (0, 1) for session in self.sessions[number]]
        with _together([session for _, session in sessions]) as pool:
            list(pool.map(lambda one: take(*one), sessions))
        return answers


@contextmanager
def _together(sessions: Sequence[Side]) -> Iterator[ThreadPoolExecutor]:
    """Threads for these sessions; when one of them fails the others' queries are cancelled."""
    with ThreadPoolExecutor(len(sessions)) as pool:
        try:
            yield pool
        except BaseException:
            for session in sessions:
                with suppress(psycopg.Error):  # the first failure is what counts
                    session.connection.cancel_safe(timeout=_CANCEL)
            raise


@dataclass(slots=True)
class _Meter:
    """How many of the queries are done, and how long the rest will take."""

    parts: int
    progress: Callable[[str], None]
    finished: int = 0
    failed: bool = False
    began: float = field(default_factory=clock.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def part(self) -> Iterator[None]:
        """Counts what the block does; after a failure there is no need for more."""
        try:
            yield
        except BaseException:
            self.failed = True
            raise
        with self.lock:
            self.finished += 1
            spent = clock.monotonic() - self.began
            left = spent / self.finished * (self.parts - self.finished)
            done = 100 * self.finished // self.parts
            self.progress(f"digest {done} %, about {left:.0f} s left")


def _slices(relation: Relation, jobs: int) -> list[str]:
    """SQL for parts of a relation by its pages; the last one has no end."""
    pages = relation.size // _PAGE
    count = max(min(SLICES * jobs, pages), 1)
    edges = [pages * number // count for number in range(count)]
    found = []
    for number, start in enumerate(edges):
        part = f"assay_relation.ctid >= '({start},0)'"
        if number + 1 < count:
            part += f" and assay_relation.ctid < '({edges[number + 1]},0)'"
        found.append(part)
    return found


def _query(plan: Plan, relation: Relation, buckets: Buckets, among: str) -> str:
    table = f"only {identifier(*relation.parts)} as assay_relation"
    return (
        f"select assay_bucket, count(*), sum(assay_digest) from (select {buckets.bucket()}"
        f" as assay_bucket, {row_digest(plan)} as assay_digest from {table} where {among}"
        ") as assay_rows group by assay_bucket"
    )


def _read(session: Side, query: str) -> Answer:
    return [tuple(row) for row in session.connection.execute(query.encode(), prepare=False)]


def _folded(answers: Sequence[Answer]) -> Digests:
    """Digests by bucket from several answers of bucket, count and sum."""
    whole: Digests = {}
    for answer in answers:
        _add(whole, {bucket: (count, int(total)) for bucket, count, total in answer})
    return whole


def _total(digests: Digests) -> tuple[int, int]:
    """How many rows all of it are, and the sum of their digests."""
    return sum(count for count, _ in digests.values()), sum(one for _, one in digests.values())


def _add(whole: Digests, part: Mapping[int, tuple[int, int]]) -> None:
    for bucket, (count, total) in part.items():
        known = whole.get(bucket, (0, 0))
        whole[bucket] = (known[0] + count, known[1] + total)


def _expected(relation: Relation) -> int:
    return relation.expected or relation.size // _ROW_BYTES
