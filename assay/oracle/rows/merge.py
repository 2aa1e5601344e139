"""Rows as multisets: two ordered streams merged, differences named by key, column and value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from assay.oracle.rows.plan import Plan
from assay.oracle.rows.streams import BATCH, Row, batches, parse, rows_of, text_of
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.collector import Collector
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.values import pair_of_values, shorten, value

_EVERY = 1 << 16  # rows between two reports of progress


@dataclass(slots=True)
class _Lines:
    """One side's lines: those that were read, and how many of them are behind us."""

    batches: Iterator[list[bytes]]
    read: list[bytes] = field(default_factory=list)
    at: int = 0

    def fill(self) -> bool:
        """Whether a line is ahead; reads on where none is."""
        while self.at >= len(self.read):
            batch = next(self.batches, None)
            if batch is None:
                return False
            self.read, self.at = batch, 0
        return True

    def ahead(self, count: int) -> list[bytes]:
        """At most so many of the lines ahead."""
        return self.read[self.at : self.at + count]

    @property
    def line(self) -> bytes | None:
        """The next one."""
        return self.read[self.at] if self.at < len(self.read) else None


@dataclass(slots=True)
class _Merge:
    """The state of merging one relation's two streams."""

    plan: Plan
    found: Collector
    progress: Callable[[int], None]
    rows: int = 0
    invalid: int = 0

    def run(self, source: Iterator[list[bytes]], target: Iterator[list[bytes]]) -> None:
        """Walk both streams to their ends, many lines at a time while they are equal."""
        ours, theirs, window = _Lines(source), _Lines(target), BATCH
        while ours.fill() and theirs.fill():
            here, there = ours.ahead(window), theirs.ahead(window)
            size = min(len(here), len(there))
            if here[:size] == there[:size]:
                self._equal(here[:size])
                ours.at += size
                theirs.at += size
                window = min(window * 2, BATCH)
            elif size > 1:
                window = max(size // 2, 1)
            else:
                self._step(ours, theirs)
        while ours.fill() or theirs.fill():
            self._step(ours, theirs)

    def _step(self, source: _Lines, target: _Lines) -> None:
        """The line that comes first, or both where they have one key, is a difference."""
        here, there = source.line, target.line
        ours = None if here is None else parse(here, plan=self.plan)
        theirs = None if there is None else parse(there, plan=self.plan)
        order = _order(ours, theirs)
        if order == 0 and ours and theirs:
            self._differs(ours, theirs)
        elif order < 0 and ours:
            self._only_source(ours)
        elif theirs:
            self._only_target(theirs)
        if order <= 0 and here is not None:
            self._seen([here])
            source.at += 1
        if order >= 0:
            target.at += 1

    def _equal(self, lines: list[bytes]) -> None:
        self._seen(lines)
        if not all(map(bytes.isascii, lines)):
            for line in lines:
                self._valid(line)

    def _valid(self, line: bytes) -> None:
        """COPY can plant bytes that are no UTF-8: equal to the source's, but text no longer."""
        try:
            line.decode()
        except UnicodeDecodeError:
            self.invalid += 1
            if self.plan.strict:
                row = parse(line, plan=self.plan)
                key = self._key(row)
                self.found.add(
                    Finding(Kind.ROW, self._name, key, "(encoding)", "raw bytes", "not UTF-8")
                )

    def _seen(self, lines: list[bytes]) -> None:
        before = self.rows
        self.rows += rows_of(lines, plan=self.plan)
        if before // _EVERY != self.rows // _EVERY:
            self.progress(self.rows)

    def _differs(self, source: Row, target: Row) -> None:
        self.found.whole(self.plan, source, target)
        if not self.plan.key:
            self._times(source, source.values[0], target.values[0])
            return
        key = self._key(source)
        for column, ours, theirs in zip(self.plan.names, source.values, target.values, strict=True):
            if ours != theirs:
                shown = pair_of_values(ours, theirs)
                self.found.add(Finding(Kind.ROW, self._name, key, column, *shown))

    def _only_source(self, row: Row) -> None:
        self.found.whole(self.plan, row, None)
        if self.plan.key:
            whole = self._whole(row)
            self.found.add(Finding(Kind.ROW, self._name, self._key(row), None, whole, None))
        else:
            self._times(row, row.values[0], None)

    def _only_target(self, row: Row) -> None:
        self.found.whole(self.plan, None, row)
        if self.plan.key:
            whole = self._whole(row)
            self.found.add(Finding(Kind.ROW, self._name, self._key(row), None, None, whole))
        else:
            self._times(row, None, row.values[0])

    def _times(self, row: Row, source: bytes | None, target: bytes | None) -> None:
        """A row of a table without a key: its text is the key, its counts are the values."""
        text = text_of(row.shown[0], plan=self.plan) or b""
        counts = [None if count is None else count.decode() for count in (source, target)]
        self.found.add(Finding(Kind.MULTIPLICITY, self._name, shorten(text), None, *counts))

    def _key(self, row: Row) -> str:
        shown = [value(text_of(field, plan=self.plan)) for field in row.shown]
        return shown[0] if len(shown) == 1 else f"({','.join(shown)})"

    @property
    def _name(self) -> str:
        return self.plan.source.name

    @staticmethod
    def _whole(row: Row) -> str:
        return f"({','.join(value(field) for field in row.values)})"


def _order(source: Row | None, target: Row | None) -> int:
    """Which stream is behind: -1 the source's, 1 the target's, 0 neither."""
    if source is None or target is None:
        return 1 if source is None else -1
    return (source.key > target.key) - (source.key < target.key)


@dataclass(frozen=True, slots=True)
class Merged:
    """How many rows the source has, and how many equal ones hold text that is not UTF-8."""

    rows: int
    invalid: int


def compare_rows(
    plan: Plan,
    *,
    sides: Both[Side],
    found: Collector,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Merged:
    """Compare one relation's rows. Memory holds a row of each side."""
    source, target = sides
    merge = _Merge(plan, found, progress)
    with (
        closing(batches(source, plan=plan, relation=plan.source)) as ours,
        closing(batches(target, plan=plan, relation=plan.target)) as theirs,
    ):
        merge.run(ours, theirs)
    return Merged(merge.rows, merge.invalid)
