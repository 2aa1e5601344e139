"""How long the oracle takes, beside a plain COPY of both sides, an earlier commit, and two peers.

``python -m benchmarks.compare [--rounds 5] [--before COMMIT] [--only PART ...] [--narrow ROWS]
[--peer PROGRAM ...] [--provider wheel] [--write]``: every way is a process of its own; the rounds
of a part are interleaved, so that what disturbs the machine disturbs all of them. Ratios count,
not seconds. `--peer` is the path of reladiff or data-diff, each in an environment of its own.

Rows are measured by the wall time of a comparison less that of the same command on two empty
databases, as a multiple of what a client's COPY BINARY of both sides takes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assay.clock import monotonic, utc_now
from assay.postgres.session import connect
from benchmarks.bench import (
    CAN_DO,
    ROOT,
    ROWS_ALONE,
    Bench,
    Way,
    checked_out,
    interleaved,
    memory,
    opened,
)
from benchmarks.shapes import MILLION, NARROW, SHAPES, Shape

REPORT = ROOT / "docs" / "benchmarks" / "compare.md"
BEFORE = "c54680b"  # the commit that the fixed cost and many tables are held against
SCATTERED = (1, 100, 10_000)  # rows that differ
TABLES, AT_ONCE = 10_000, 500  # tables of two rows; made in one transaction: locks
LONG, STEP = 3.6, 100_000  # seconds that COPY of a large table takes, at least; rows it is made of
MEMORY = 80  # MB of our process, whatever the rows
YARDSTICK, EMPTY = "COPY BINARY of both by psql", "empty databases"
NOW, EARLIER = "default", "default, before"
UNTESTED = "--no-self-test"
# What is asked of a measure: the aim, and what is not enough.
LARGE, SMALL, EXACT, RAW = (0.6, 0.8), (1.0, 1.3), (0.85, 0.95), (0.55, 0.55)
DIFFER = {1: (1.3, 1.3), 100: (1.3, 1.3), 10_000: (1.5, 2.0)}
LEFT_OUT = (
    "data-diff leaves out the column e: it asks PostgreSQL for a scale of 16,383 where a numeric"
    " has none, and ends with the server's error."
)
HEAD = (
    "| what | way | rows | measure | ratio | raw ratio | aim | floor | median, s | range, s "
    "| peak MB |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
)


@dataclass(slots=True)
class Page:
    """What was measured, line by line, and what is not enough."""

    lines: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(
        self,
        way: Way,
        ratio: float | None,
        limits: tuple[float, float] | None,
        *,
        measure: str = "",
        rows: int = 0,
        raw: float | None = None,
    ) -> None:
        """A way with its ratio, and what is asked of that."""
        aim, floor = limits if limits is not None else (None, None)
        if floor is not None and ratio is not None and ratio > floor:
            self.missed.append(f"{way.table}, {way.name}: {ratio:.2f} instead of {floor}")
        cells = (
            way.table, way.name, f"{rows:,}" if rows else "", measure,
            "" if ratio is None else f"{ratio:.2f}", "" if raw is None else f"{raw:.2f}",
            aim or "", floor or "", f"{way.median:.2f}",
            f"{min(way.seconds):.2f} to {max(way.seconds):.2f}",
            f"{way.memory:.0f}" if way.memory else "",
        )  # fmt: skip
        self.lines.append(f"| {' | '.join(map(str, cells))} |")

    def rows_of(
        self, way: Way, others: dict[str, Way], rows: int, limits: tuple[float, float] | None
    ) -> None:
        """A comparison of rows: its time less that of empty databases, and its raw time."""
        copy = others[YARDSTICK].median
        empty = others[f"{EMPTY}, before" if way.name == EARLIER else EMPTY].median
        self.add(way, (way.median - empty) / copy, limits, measure="less empty, of COPY",
                 rows=rows, raw=way.median / copy)  # fmt: skip
        if way.memory > MEMORY and way.name != EARLIER:
            self.missed.append(f"{way.table}, {way.name}: {way.memory:.0f} MB")


@dataclass(frozen=True, slots=True)
class Suite:
    """Where all of it is measured, and how often."""

    bench: Bench
    before: Path
    rounds: int
    narrow: int
    peers: Sequence[Path]
    page: Page

    def start(self) -> None:
        """What two empty databases cost, and to be told how to ask."""
        compare = self.bench.compare
        pairs = [
            (EMPTY, (UNTESTED,), (0.4, 0.6)),
            (f"{EMPTY}, self-test", (), (0.6, 0.8)),
        ]
        told = [("assay --version", 0.15), ("assay --help", 0.15), ("assay compare --help", 0.25)]
        ways = [
            way
            for name, words, _ in pairs
            for way in self._twice(name, lambda c, w=words: compare(*w, checkout=c))
        ] + [
            way
            for name, _ in told
            for way in self._twice(name, lambda c, n=name: self._asked(n, c))
        ]
        interleaved(ways, self.rounds)
        asked = [limits for _, _, limits in pairs] + [None] * len(told)
        for limits, was, now in zip(asked, ways[::2], ways[1::2], strict=True):
            self.page.add(was, None, None)
            self.page.add(now, now.median / was.median, limits, measure="of before")
        for (name, most), now in zip(told, ways[2 * len(pairs) + 1 :: 2], strict=True):
            if now.median > most:
                self.page.missed.append(f"{name}: {now.median:.2f} s instead of {most}")

    def _twice(self, name: str, run: Callable[[Path], float]) -> list[Way]:
        """The same by the earlier commit and by this one."""
        return [
            Way(name, "before", lambda: run(self.before)),
            Way(name, "now", lambda: run(ROOT)),
        ]

    def _asked(self, command: str, checkout: Path) -> float:
        """What a command that compares nothing takes."""
        return memory(self.bench.assay(*command.split()[1:], checkout=checkout))

    def tables(self) -> None:
        """Ten thousand tables of two rows: wall time and memory."""
        made = [
            f"do $$ begin for n in {first}..{first + AT_ONCE - 1} loop execute format("
            "'create table many_%s (id int primary key, v text); insert into many_%s values"
            " (1, ''one''), (2, ''two'')', n, n); end loop; end $$"
            for first in range(1, TABLES, AT_ONCE)
        ]
        name = f"{TABLES:,} tables of two rows"
        with self.bench.filled("many", [*made, "vacuum (analyze, freeze)"]) as bench:
            was = Way(name, "before", lambda: bench.compare(UNTESTED, checkout=self.before))
            now = Way(name, "now", lambda: bench.compare(UNTESTED))
            interleaved([was, now], self.rounds)
        self.page.add(was, None, None)
        self.page.add(now, now.median / was.median, (0.35, 0.55), measure="of before")
        self.page.add(now, now.memory / was.memory, (0.6, 0.8), measure="memory, of before")

    def shape(self, shape: Shape) -> None:
        """A million rows of it, and so many that COPY takes three seconds."""
        with self.bench.filled("shape", shape.statements("t", MILLION)) as bench:
            bench.read("t")
            began = monotonic()
            bench.read("t")
            rows = int(MILLION * LONG / (monotonic() - began)) // STEP * STEP + STEP
            self._rows(bench, shape.name, MILLION, SMALL if rows > MILLION else LARGE)
        if rows > MILLION:
            with self.bench.filled("shape", shape.statements("t", rows)) as bench:
                self._rows(bench, shape.name, rows, LARGE)

    def narrow_table(self) -> None:
        """Many short rows: exactly too, and with rows that differ."""
        made = NARROW.statements("t", self.narrow)
        with self.bench.filled("narrow", made) as bench, self._differing() as targets:
            ways = [
                Way("narrow", "--exact", lambda: bench.compare(UNTESTED, "--exact")),
                *(Way("narrow", f"{count} rows differ",
                      lambda t=target, c=count: self.bench.at("narrow", t).compare(
                          UNTESTED, *ROWS_ALONE, differing=c))
                  for count, target in targets.items()),
            ]  # fmt: skip
            known = self._rows(bench, "narrow", self.narrow, LARGE, ways)
            self.page.add(known[NOW], known[NOW].median / known[YARDSTICK].median, RAW,
                          measure="of COPY", rows=self.narrow)  # fmt: skip
            self.page.rows_of(ways[0], known, self.narrow, EXACT)
            for way, limits in zip(ways[1:], DIFFER.values(), strict=True):
                ratio = way.median / known[YARDSTICK].median
                self.page.add(way, ratio, limits, measure="of COPY", rows=self.narrow)

    @contextmanager
    def _differing(self) -> Iterator[dict[int, str]]:
        """Targets of the narrow table in which so many rows differ: their databases' names."""
        names = {count: f"differs_{count}" for count in SCATTERED}
        try:
            for count, name in names.items():
                step = self.narrow // count
                with connect(self.bench.target.at("postgres")) as connection:
                    connection.execute(f"create database {name} template narrow".encode())
                with connect(self.bench.target.at(name)) as connection:
                    damage = f"update t set balance = -1 where id % {step} = {step // 2}"
                    connection.execute(damage.encode())
                    connection.execute(b"vacuum (analyze, freeze) t")
            yield names
        finally:
            with connect(self.bench.target.at("postgres")) as connection:
                for name in names.values():
                    connection.execute(f"drop database if exists {name} (force)".encode())

    def _rows(
        self,
        bench: Bench,
        name: str,
        rows: int,
        limits: tuple[float, float],
        more: Sequence[Way] = (),
    ) -> dict[str, Way]:
        """Measure a table `t` that is alone in its database, both sides equal."""
        ways = [
            Way(name, YARDSTICK, lambda: bench.read("t")),
            Way(name, NOW, lambda: bench.compare(UNTESTED)),
            Way(name, EARLIER, lambda: bench.compare(UNTESTED, checkout=self.before)),
            Way(name, EMPTY, lambda: self.bench.compare(UNTESTED)),
            Way(name, f"{EMPTY}, before",
                lambda: self.bench.compare(UNTESTED, checkout=self.before)),
        ]  # fmt: skip
        peers = [] if name not in ("narrow", "everything") else [
            Way(name, program.name + " without e" * ((program.name, name) in CAN_DO),
                lambda p=program: bench.peer(p, name, "t", "id"))
            for program in self.peers
        ]  # fmt: skip
        interleaved([*ways, *more, *peers], self.rounds)
        known = {way.name: way for way in ways}
        self.page.add(known[YARDSTICK], None, None, rows=rows)
        self.page.rows_of(known[NOW], known, rows, limits)
        self.page.rows_of(known[EARLIER], known, rows, None)
        for way in peers:
            self.page.add(way, None, None, rows=rows, raw=way.median / known[YARDSTICK].median)
        return known


def parts(suite: Suite) -> dict[str, Callable[[], None]]:
    """Everything that is measured, by the name that `--only` knows."""
    shapes = {one.name: lambda s=one: suite.shape(s) for one in SHAPES}
    return {"start": suite.start, "tables": suite.tables, "narrow": suite.narrow_table, **shapes}


def report(suite: Suite, before: str) -> str:
    """The page."""
    told = "; ".join(suite.page.missed)
    return "\n".join((
        "# The oracle's speed",
        "",
        f"{utc_now()}. {suite.rounds} rounds, one beforehand that warms the caches. Wall time of"
        f" whole processes, medians, interleaved; dumps on, no self-test unless said. *Before* is"
        f" commit {before}. *Less empty, of COPY*: less the time of the same command on two empty"
        " databases, as a multiple of a client's COPY BINARY of both sides at once into /dev/null;"
        " the raw ratio is of all of its time. Peak memory is our own process's. Written by"
        " `python -m benchmarks.compare --write`.",
        "",
        *HEAD,
        *suite.page.lines,
        "",
        *((LEFT_OUT, "") if any("without e" in line for line in suite.page.lines) else ()),
        f"FAIL: {told}" if told else "PASS: nothing is below its floor",
    ))  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the page; 1 where a ratio is below its floor."""
    parser = argparse.ArgumentParser(prog="benchmarks.compare", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--before", default=BEFORE, metavar="COMMIT")
    parser.add_argument("--only", action="append", metavar="PART")
    parser.add_argument("--narrow", type=int, default=8_000_000, metavar="ROWS")
    parser.add_argument("--peer", type=Path, action="append", default=[], metavar="PROGRAM")
    parser.add_argument("--provider", choices=("wheel", "docker", "installed"))
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} as well")
    options = parser.parse_args(arguments)
    with opened(options.provider) as bench, checked_out(options.before) as before:
        suite = Suite(bench, before, options.rounds, options.narrow, options.peer, Page())
        known = parts(suite)
        for name in options.only or known:
            if name not in known:
                parser.error(f"--only knows {', '.join(known)}")
            known[name]()
        text = report(suite, options.before)
    sys.stdout.write(f"{text}\n")
    if options.write:
        REPORT.write_text(f"{text}\n", encoding="utf-8")
    return 1 if suite.page.missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
