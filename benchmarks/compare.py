"""How long the oracle takes for large tables, beside a plain COPY of both sides and two peers.

``python -m benchmarks.compare [--rounds 5] [--narrow 8000000] [--wide 4000000]
[--peer PROGRAM ...] [--provider wheel] [--write]``: every way to compare is a process of its own;
the rounds are interleaved, so that what disturbs the machine disturbs all of them. Ratios count,
not seconds. `--peer` is the path of reladiff or data-diff, each in an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assay import environment
from assay.clock import monotonic, utc_now
from assay.errors import SetupError
from assay.postgres import tools
from assay.postgres.address import Address
from assay.postgres.pool import PairPool
from assay.postgres.session import connect
from assay.process import execute
from benchmarks.peers import row_differ

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "benchmarks" / "compare.md"
LIMIT = 900.0  # seconds for one comparison
SCATTERED = (1, 100, 10_000)  # rows that differ
KEYED = 1_000_000  # rows of the tables with other keys
SMALLER = (4, 2)  # parts of the narrow table's rows: what twice and four times as many cost
YARDSTICK = "COPY BINARY of both by psql"
LIMITS = {  # ratios by way: what we aim at, what is not enough
    "default": (0.6, 0.8),
    "--exact": (1.2, 1.3),
    "default, 1 rows differ": (1.3, 1.3),
    "default, 100 rows differ": (1.3, 1.3),
    "default, 10000 rows differ": (1.5, 2.0),
}
LIMITED = ("narrow", "wide")  # the tables of which they are asked
THREADS = 4  # of the peers: the fastest that their docs name
CAN_DO = {("data-diff", "wide"): tuple("abcdfghijklmnopqrstu")}  # the columns that it reads
LEFT_OUT = (
    "data-diff leaves out the column e: it asks PostgreSQL for a scale of 16,383 where a numeric"
    " has none, and ends with the server's error."
)

NARROW = """create table {0} (id int primary key, branch int, balance int, filler char(84));
insert into {0} select n, n % 50, (n * 7919::bigint) % 100000, ''
  from generate_series(1, {1}) n"""
WIDE = """create table wide (id bigint primary key, a int, b smallint, c bigint, d numeric(12, 2),
  e numeric, f float8, g real, h bool, i text, j varchar(40), k char(10), l date, m timestamp,
  n timestamptz, o interval, p uuid, q jsonb, r bytea, s inet, t int[], u text);
insert into wide select n, n % 1000, n % 100, n * 1000003::bigint, n / 7.0, n / 3.0, n / 11.0,
  n / 13.0, n % 3 = 0, md5(n::text), 'name ' || n % 5000, 'c' || n % 77,
  date '2020-01-01' + n % 2000, timestamp '2020-01-01' + n * interval '1 second',
  timestamptz '2020-01-01 UTC' + n * interval '1 second',
  n % 100 * interval '1 hour', md5(n::text)::uuid, jsonb_build_object('n', n, 'tag', n % 9),
  decode(md5(n::text), 'hex'), '10.0.0.0'::inet + n % 60000, array[n, n + 1], null
  from generate_series(1, {}) n"""
# Table, columns, their values, what the primary key has.
KEYS = {
    "text key": ("text_key", "k text", "'key ' || md5(n::text)", "k"),
    "uuid key": ("uuid_key", "k uuid", "md5(n::text)::uuid", "k"),
    "composite key": ("composite_key", "k int, l int", "n % 1000, n", "k, l"),
    "no key": ("no_key", "k int", "n", ""),
}

# In the child: our command, and what memory it took at most.
CHILD = """
import resource, sys
from assay.cli import main
code = main(sys.argv[1:])
sys.stderr.write(f"RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}\\n")
raise SystemExit(code)
"""


@dataclass(slots=True)
class Way:
    """One way to compare a table: how it is called; what it took each time, its peak memory."""

    table: str
    name: str
    run: Callable[[], float]  # memory in MB, 0 where it is not known
    seconds: list[float] = field(default_factory=list)
    memory: float = 0.0

    def once(self) -> None:
        """Run it and remember what it took."""
        began = monotonic()
        used = self.run()
        self.seconds.append(monotonic() - began)
        self.memory = max(self.memory, used)

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class Bench:
    """Two databases, and a folder with a password file for them."""

    source: Address
    target: Address
    passfile: Path

    def ours(self, table: str, *words: str, target: str = "", differing: int = 0) -> float:
        """`assay compare` of one table; SetupError when it does not find what is there."""
        return self.compare(f"--table=public.{table}", *words, target=target, differing=differing)

    def compare(self, *words: str, target: str = "", differing: int = 0) -> float:
        """The command, the peak of its memory in MB; SetupError as above."""
        sides = (self.source, self.target.at(target) if target else self.target)
        argv = [sys.executable, "-c", CHILD, "compare", *(one.url(password=False) for one in sides),
                "--no-self-test", "--no-dump", "--no-roles", "--json", "--all", *words]  # fmt: skip
        env = {**environment.inherited("HOME"), "PGPASSFILE": str(self.passfile)}
        done = execute(argv, env=env, cwd=ROOT, timeout=LIMIT)
        said = json.loads(done.stdout) if done.exit in (0, 1) else {"findings": None}
        keys = {(one["object"], one["key"]) for one in said["findings"] or ()}
        if said["findings"] is None or len(keys) != differing:
            raise SetupError(f"{' '.join(words)}: {len(keys)} rows found, {differing} differ.",
                             evidence=done.output[-1500:])  # fmt: skip
        return float(done.stderr.rpartition("RSS ")[2])

    def read(self, table: str) -> float:
        """The yardstick: a client copies both sides at once to nowhere, one connection each."""
        psql = str(tools.find(17) / "psql")
        env = {**environment.inherited("HOME"), "PGPASSFILE": str(self.passfile)}

        def copy(address: Address) -> None:
            statement = f"copy {table} to stdout (format binary)"
            argv = [psql, "-X", "-q", "-o", "/dev/null", "-c", statement,
                    address.url(password=False)]  # fmt: skip
            done = execute(argv, env=env, timeout=LIMIT)
            if not done.ok:
                raise SetupError(f"psql cannot copy {table}.", evidence=done.output[-500:])

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(copy, (self.source, self.target)))
        return 0.0

    def written(self, table: str) -> float:
        """The same, thrown away by the servers: nothing crosses a connection."""

        def copy(address: Address) -> None:
            with connect(address) as connection:
                connection.execute(f"copy {table} to '/dev/null' (format binary)".encode())

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(copy, (self.source, self.target)))
        return 0.0

    def peer(self, program: Path, table: str, key: str) -> float:
        """reladiff or data-diff, as their docs say; SetupError when it finds a difference."""
        sides = (self.source.url(), self.target.url())
        columns = CAN_DO.get((program.name, table), ("%",))
        argv = row_differ(str(program), sides, table, (key,), columns)
        argv += ["-j", str(THREADS), "--json"]
        done = execute(argv, env=environment.inherited("HOME"), cwd=self.passfile.parent,
                       timeout=LIMIT)  # fmt: skip
        told = [line for line in done.stdout.splitlines() if line.startswith('["')]
        if done.exit != 0 or told:  # data-diff writes its log there too
            raise SetupError(f"{program.name} on {table}.", evidence=done.output[-1000:])
        return 0.0


def fill(bench: Bench, narrow: int, wide: int) -> None:
    """The same tables on both sides, vacuumed, and targets with rows that differ."""
    on_both(bench, [NARROW.format("narrow", narrow)])
    with connect(bench.target.at("postgres")) as connection:
        for count in SCATTERED:
            connection.execute(
                f"create database differs_{count} template {bench.target.database}".encode()
            )
    for count in SCATTERED:
        with connect(bench.target.at(f"differs_{count}")) as connection:
            step = narrow // count
            connection.execute(
                f"update narrow set balance = -1 where id % {step} = {step // 2}".encode()
            )
            connection.execute(b"vacuum (analyze, freeze) narrow")
    # Only now: the targets above are copies of all that there is.
    statements = [WIDE.format(wide)]
    statements += [NARROW.format(f"narrow_{part}", narrow // part) for part in SMALLER]
    for table, columns, values, key in KEYS.values():
        statements += [
            f"create table {table} ({columns}, v text)",
            f"insert into {table} select {values}, 'value ' || n"
            f" from generate_series(1, {KEYED}) n",
        ]
        statements += [f"alter table {table} add primary key ({key})"] if key else []
    on_both(bench, statements)


def on_both(bench: Bench, statements: Sequence[str]) -> None:
    def on(address: Address) -> None:
        with connect(address) as connection:
            for statement in statements:
                connection.execute(statement.encode())
            connection.execute(b"vacuum (analyze, freeze)")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(on, (bench.source, bench.target)))


def ways(bench: Bench, peers: Sequence[Path]) -> Iterator[Way]:
    """All that is measured."""
    tables = {"narrow": "narrow", "wide": "wide", **{name: one[0] for name, one in KEYS.items()}}
    tables |= {f"narrow, 1/{part} of the rows": f"narrow_{part}" for part in SMALLER}
    for label, table in tables.items():
        yield Way(label, YARDSTICK, lambda t=table: bench.read(t))
        yield Way(label, "COPY BINARY by the servers alone", lambda t=table: bench.written(t))
        yield Way(label, "default", lambda t=table: bench.ours(t))
        yield Way(label, "--exact", lambda t=table: bench.ours(t, "--exact"))
        for program in peers if table in ("narrow", "wide") else ():
            name = program.name + " without e" * ((program.name, table) in CAN_DO)
            yield Way(label, name, lambda p=program, t=table: bench.peer(p, t, "id"))
    for count in SCATTERED:
        name = f"differs_{count}"
        yield Way(
            "narrow",
            f"default, {count} rows differ",
            lambda t=name, c=count: bench.ours("narrow", target=t, differing=c),
        )


def report(measured: Sequence[Way], facts: Mapping[str, object]) -> tuple[str, bool]:
    """The page, and whether no way is below what is enough."""
    yard = {way.table: way.median for way in measured if way.name == YARDSTICK}
    lines, missed = [], []
    for way in measured:
        ratio = way.median / yard[way.table]
        aim, floor = LIMITS.get(way.name, (None, None)) if way.table in LIMITED else (None, None)
        if floor is not None and ratio > floor:
            missed.append(f"{way.table}, {way.name}: {ratio:.2f} instead of {floor}")
        lines.append(
            f"| {way.table} | {way.name} | {ratio:.2f} | {aim or ''} | {floor or ''} "
            f"| {way.median:.2f} | {min(way.seconds):.2f} to {max(way.seconds):.2f} "
            f"| {f'{way.memory:.0f}' if way.memory else ''} |"
        )
    text = "\n".join((
        "# The oracle's speed",
        "",
        f"{utc_now()}. " + "; ".join(f"{name} {value}" for name, value in facts.items())
        + ". Wall time of whole processes, medians, interleaved; the ratio is to a client's COPY "
        "BINARY of both sides at once into /dev/null.",
        "",
        "| table | way | ratio | aim | floor | median, s | range, s | peak MB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *lines,
        "",
        *((LEFT_OUT, "") if any("without e" in way.name for way in measured) else ()),
        f"FAIL: {'; '.join(missed)}" if missed else "PASS: nothing is below its floor",
    ))  # fmt: skip
    return text, not missed


@contextmanager
def opened(provider: str | None) -> Iterator[Bench]:
    """A pair of servers with empty databases."""
    with (
        PairPool("17:17", provider=provider) as pool,
        pool.lease("compare") as pair,
        tempfile.TemporaryDirectory() as folder,
    ):
        passfile = Path(folder) / "pass"
        lines = (pair.source.passfile_line(), pair.target.passfile_line())
        passfile.write_text("\n".join(lines) + "\n", encoding="utf-8")
        passfile.chmod(0o600)
        yield Bench(pair.source, pair.target, passfile)


@contextmanager
def prepared(provider: str | None, narrow: int, wide: int) -> Iterator[Bench]:
    """A pair of servers with the tables."""
    with opened(provider) as bench:
        fill(bench, narrow, wide)
        try:
            yield bench
        finally:
            with connect(bench.target.at("postgres")) as connection:
                for count in SCATTERED:
                    connection.execute(f"drop database if exists differs_{count} (force)".encode())


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the page; 1 where a ratio is below its floor."""
    parser = argparse.ArgumentParser(prog="benchmarks.compare", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--narrow", type=int, default=8_000_000, metavar="ROWS")
    parser.add_argument("--wide", type=int, default=4_000_000, metavar="ROWS")
    parser.add_argument("--peer", type=Path, action="append", default=[], metavar="PROGRAM")
    parser.add_argument("--provider", choices=("wheel", "docker", "installed"))
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} as well")
    options = parser.parse_args(arguments)
    with prepared(options.provider, options.narrow, options.wide) as bench:
        measured = list(ways(bench, options.peer))
        for number in range(options.rounds + 1):
            for way in measured:
                way.once()
                sys.stderr.write(f"{number} of {options.rounds}: {way.table}, {way.name}: "
                                 f"{way.seconds[-1]:.2f} s\n")  # fmt: skip
            if number == 0:
                for way in measured:
                    way.seconds.clear()  # the first round warms the caches
        facts = {"narrow": f"{options.narrow:,} rows", "wide": f"{options.wide:,} rows",
                 "others": f"{KEYED:,} rows", "rounds": options.rounds,
                 "cache": "warm, one round beforehand"}  # fmt: skip
        text, good = report(measured, facts)
    sys.stdout.write(f"{text}\n")
    if options.write:
        REPORT.write_text(f"{text}\n", encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
