"""Two servers, and `assay compare` as a process of its own between databases there."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from assay import environment
from assay.clock import monotonic
from assay.errors import SetupError
from assay.postgres import tools
from assay.postgres.address import Address
from assay.postgres.pool import PairPool
from assay.postgres.session import connect, identifier
from assay.process import Execution, execute
from benchmarks.peers import row_differ

ROOT = Path(__file__).parents[1]
LIMIT = 900.0  # seconds for one comparison
THREADS = 4  # of the peers: the fastest that their docs name
CAN_DO = {("data-diff", "everything"): tuple("abcdfghijklmnopqrstu")}  # columns that it reads
ROWS_ALONE = ("--no-dump", "--no-roles")
# In the child: our command, and what memory it took at most.
CHILD = """
import resource, sys
from assay.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
sys.stderr.write(f"RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}\\n")
raise SystemExit(code)
"""


@dataclass(slots=True)
class Way:
    """One way to do something: how it is called; what it took each time, its peak memory."""

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


def interleaved(ways: Sequence[Way], rounds: int) -> None:
    """Run all of them so often, one after the other; a first round warms the caches."""
    for number in range(rounds + 1):
        for way in ways:
            way.once()
            sys.stderr.write(f"{number} of {rounds}: {way.table}, {way.name}: "
                             f"{way.seconds[-1]:.2f} s\n")  # fmt: skip
            if number == 0:
                way.seconds.clear()


@dataclass(frozen=True, slots=True)
class Bench:
    """Two databases, and a folder with a password file for them."""

    source: Address
    target: Address
    passfile: Path

    def at(self, database: str, target: str = "") -> Bench:
        """Other databases of these servers; the target's has its own name if one is given."""
        source, other = self.source.at(database), self.target.at(target or database)
        return Bench(source, other, self.passfile)

    def compare(self, *words: str, differing: int = 0, checkout: Path = ROOT) -> float:
        """`assay compare`, the peak of its memory in MB; SetupError when it finds other rows."""
        sides = (one.url(password=False) for one in (self.source, self.target))
        done = self.assay("compare", *sides, "--json", "--all", *words, checkout=checkout)
        said = json.loads(done.stdout) if done.exit in (0, 1) else {"findings": None}
        keys = {(one["object"], one["key"]) for one in said["findings"] or ()}
        if said["findings"] is None or len(keys) != differing:
            raise SetupError(f"{' '.join(words)}: {len(keys)} rows found, {differing} differ.",
                             evidence=done.output[-1500:])  # fmt: skip
        return memory(done)

    def assay(self, *words: str, checkout: Path = ROOT) -> Execution:
        """The command of a checkout, whatever comes of it."""
        env = {**environment.inherited("HOME"), "PGPASSFILE": str(self.passfile)}
        argv = [sys.executable, "-c", CHILD, *words]
        return execute(argv, env=env, cwd=checkout, timeout=LIMIT)

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

    def peer(self, program: Path, shape: str, table: str, key: str) -> float:
        """reladiff or data-diff, as their docs say; SetupError when it finds a difference."""
        sides = (self.source.url(), self.target.url())
        columns = CAN_DO.get((program.name, shape), ("%",))
        argv = row_differ(str(program), sides, table, (key,), columns)
        argv += ["-j", str(THREADS), "--json"]
        done = execute(argv, env=environment.inherited("HOME"), cwd=self.passfile.parent,
                       timeout=LIMIT)  # fmt: skip
        told = [line for line in done.stdout.splitlines() if line.startswith('["')]
        if done.exit != 0 or told:  # data-diff writes its log there too
            raise SetupError(f"{program.name} on {table}.", evidence=done.output[-1000:])
        return 0.0

    @contextmanager
    def filled(self, database: str, statements: Sequence[str]) -> Iterator[Bench]:
        """Databases of that name in which these statements were run; dropped afterwards."""
        on_both(self, [f"create database {identifier(database)}"])
        try:
            made = self.at(database)
            on_both(made, statements)
            yield made
        finally:
            on_both(self, [f"drop database {identifier(database)} (force)"])


def memory(done: Execution) -> float:
    """The peak of a child's memory in MB."""
    return float(done.stderr.rpartition("RSS ")[2])


def on_both(bench: Bench, statements: Sequence[str]) -> None:
    """Run these on both sides at once, each by itself."""

    def on(address: Address) -> None:
        with connect(address, settings={"statement_timeout": "0"}) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(on, (bench.source, bench.target)))


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
def checked_out(commit: str) -> Iterator[Path]:
    """The tree of a commit of this repository, in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        tree = str(Path(folder) / "tree")
        _git("worktree", "add", "--quiet", "--detach", tree, commit)
        try:
            yield Path(tree)
        finally:
            _git("worktree", "remove", "--force", tree)


def _git(*words: str) -> None:
    done = execute(["git", "-C", str(ROOT), *words], env=environment.inherited("HOME"), timeout=60)
    if not done.ok:
        raise SetupError(f"git {' '.join(words)} failed.", evidence=done.output[-500:])
