"""What the oracle does at PostgreSQL's limits: values of 1 GB, 1600 columns, 10,000 tables.

``python -m benchmarks.extremes [--provider wheel] [--write]``: each of them is compared equal,
then with one difference, which must be the only finding.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.clock import monotonic, utc_now
from assay.errors import SetupError
from assay.postgres.session import connect
from benchmarks.bench import ROWS_ALONE, Bench, on_both, opened

REPORT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "extremes.md"
MEMORY = 256  # MB of our process, besides the widest row that it fetches
SIZE = 1_000_000_000  # bytes of a value
TABLES = 10_000
AT_ONCE = 500  # tables made in one transaction: locks
COLUMNS = 1600
ROWS = 2000


@dataclass(frozen=True, slots=True)
class Extreme:
    """One limit: how to get there, what makes one difference, which tables hold it."""

    name: str
    make: tuple[str, ...]
    damage: str
    words: tuple[str, ...]


def extremes() -> list[Extreme]:
    """All of them."""
    columns = ", ".join(f"c{n} int default {n}" for n in range(2, COLUMNS + 1))
    tables = [
        f"do $$ begin for n in {first}..{first + AT_ONCE - 1} loop execute format("
        "'create table many_%s (id int primary key, v text); insert into many_%s values"
        " (1, ''one''), (2, ''two'')', n, n); end loop; end $$"
        for first in range(1, TABLES, AT_ONCE)
    ]
    value = f"repeat('0123456789', {SIZE // 10})"
    return [
        Extreme(
            f"a text and a bytea of {SIZE:,} bytes",
            ("create table big (id int primary key, t text, b bytea)",
             f"insert into big values (1, {value}, null)",
             f"insert into big values (2, null, decode({value}, 'escape'))"),
            "update big set t = overlay(t placing 'x' from 500000000) where id = 1",
            ("--table=public.big",),
        ),
        Extreme(
            f"{ROWS:,} rows of {COLUMNS} columns",
            (f"create table columns (c1 int primary key, {columns})",
             f"insert into columns (c1) select generate_series(1, {ROWS})"),
            "update columns set c1600 = -1 where c1 = 777",
            ("--table=public.columns",),
        ),
        Extreme(
            f"{TABLES:,} tables of two rows",
            (*tables, "analyze"),
            "update many_7777 set v = 'three' where id = 2",
            ("--table=public.many_*",),
        ),
    ]  # fmt: skip


def measure(bench: Bench, one: Extreme) -> str:
    """A row of the page; SetupError where the oracle is wrong."""
    on_both(bench, one.make)
    said = []
    for differing in (0, 1):
        if differing:
            with connect(bench.target) as connection:
                connection.execute(one.damage.encode())
        began = monotonic()
        memory = bench.compare("--no-self-test", *ROWS_ALONE, *one.words, differing=differing)
        said.append((monotonic() - began, memory))
        sys.stderr.write(f"{one.name}, {differing} differ: {said[-1][0]:.1f} s, {memory:.0f} MB\n")
    if max(memory for _, memory in said) > MEMORY:
        raise SetupError(f"{one.name}: more than {MEMORY} MB.", evidence=str(said))
    (equal, peak), (differs, more) = said
    return f"| {one.name} | {equal:.1f} | {differs:.1f} | {max(peak, more):.0f} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the page."""
    parser = argparse.ArgumentParser(prog="benchmarks.extremes", description=__doc__)
    parser.add_argument("--provider", choices=("wheel", "docker", "installed"))
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} as well")
    options = parser.parse_args(arguments)
    with opened(options.provider) as bench:
        rows = [measure(bench, one) for one in extremes()]
    text = "\n".join((
        "# The oracle at PostgreSQL's limits",
        "",
        f"{utc_now()}. `assay compare` as a process, once each: first equal, then with one"
        f" difference, which was the only finding. At most {MEMORY} MB are allowed. Written by"
        " `python -m benchmarks.extremes --write`.",
        "",
        "| what | equal, s | one difference, s | peak MB |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
    ))  # fmt: skip
    sys.stdout.write(text)
    if options.write:
        REPORT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
