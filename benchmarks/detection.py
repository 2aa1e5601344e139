"""The corpus through the oracle: every mutant planted alone, compared, its findings matched.

``python -m benchmarks.detection [--only CLASS] [--pg 17] [--provider wheel] [--write]``
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assay.clock import monotonic, utc_now
from assay.names import RunId, uniquify
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.words.finding import Comparison, Equality
from assay.oracle.words.scope import Scope, SideName
from assay.postgres.address import Address
from assay.postgres.pair import Pair
from assay.postgres.pool import PairPool
from assay.postgres.session import Connection, connect, identifier
from benchmarks.corpus import ROLES, Category, Mutant, fingerprint, load, unmatched
from benchmarks.measured import keep

REPORT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "corpus.md"
# What a mutant needs: deferred objects in our schema, catalogs that can be damaged.
_SETTINGS = {
    "search_path": "app, public",
    "client_min_messages": "warning",
    "allow_system_table_mods": "on",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What the oracle said of one mutant; `wrong` is empty where it found exactly the damage."""

    mutant: Mutant
    comparison: Comparison
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bench:
    """Equal databases of one class, and copies of the target's to be damaged."""

    pair: Pair
    category: Category
    run: RunId

    @property
    def roles(self) -> tuple[str, ...]:
        """The run's names of the corpus's roles."""
        return tuple(uniquify(role, self.run) for role in ROLES)

    def text(self, text: str, database: str) -> str:
        """SQL or an expectation with this run's names."""
        return uniquify(text, self.run).replace("{database}", identifier(database))

    @contextmanager
    def damaged(self, mutant: Mutant) -> Iterator[Address]:
        """The target's database with one mutant's damage, under its own name; then as before."""
        target = self.pair.target
        try:
            self.share("target")
            execute(target, self.text(mutant.sql, target.database))
            yield target
        finally:
            self.unshare("target")
            with self._server() as connection:
                self._renew(connection)
                if self.category.heal:
                    connection.execute(uniquify(self.category.heal, self.run).encode())

    def keep(self) -> None:
        """Put the target's database aside, whole: every mutant begins with a copy of it."""
        whole, kept = self._names()
        self.pair.record("target", "database", f"{self.pair.target.database}_whole")
        with self._server() as connection:
            connection.execute(f"create database {kept} template {whole}".encode())

    def share(self, side: SideName) -> None:
        """Make what a copy of a database does not have."""
        if self.category.shared:
            execute(self.pair.address(side), self.text(self.category.shared, ""))

    def unshare(self, side: SideName) -> None:
        """Take it away."""
        if self.category.undo:
            execute(self.pair.address(side), self.text(self.category.undo, ""))

    def _renew(self, connection: Connection) -> None:
        whole, kept = self._names()
        connection.execute(f"drop database {whole} with (force)".encode())
        connection.execute(f"create database {whole} template {kept}".encode())

    def _names(self) -> tuple[str, str]:
        name = self.pair.target.database
        return identifier(name), identifier(f"{name}_whole")

    def _server(self) -> AbstractContextManager[Connection]:
        return connect(self.pair.server_pair.target.address(), application="assay/corpus")


def execute(address: Address, sql: str) -> None:
    """Run a script as one transaction in the corpus's session."""
    with connect(address, application="assay/corpus", settings=_SETTINGS) as connection:
        connection.execute(sql.encode())


@contextmanager
def bench(pair: Pair, category: Category) -> Iterator[Bench]:
    """Make both databases of a class."""
    made = Bench(pair, category, RunId.new())
    create = "".join(f"create role {identifier(role)};" for role in made.roles)
    for side in ("source", "target"):
        for role in made.roles:
            pair.record(side, "role", role)
        for kind in ("membership", "parameter", "setting"):
            pair.allow(side, kind, ".*")
        address = pair.address(side)
        base = made.text(category.base, address.database)
        execute(address, f"{create} create schema app; set search_path = app, public; {base}")
    made.keep()
    made.share("source")
    try:
        yield made
    finally:
        made.unshare("source")


def results(pair: Pair, category: Category) -> Iterator[Result]:
    """Each mutant of a class, compared alone; the equal databases first."""
    with bench(pair, category) as made:
        question = Question(Scope(roles=made.roles), keep=None)
        made.share("target")
        whole = compare(pair.source, pair.target, question)
        made.unshare("target")
        yield Result(
            Mutant(category.name, "(equal)", "", ()), whole, tuple(map(str, whole.findings))
        )
        for mutant in category.mutants:
            with made.damaged(mutant) as target:
                seen = compare(pair.source, target, question)
                finds = [made.text(one, target.database) for one in mutant.finds]
                wrong = unmatched(finds, seen.findings)
                if mutant.rule:
                    less = replace(question, without=frozenset({mutant.rule}))
                    blind = compare(pair.source, target, less)
                    if unmatched(finds, blind.findings) == wrong:
                        wrong = [f"seen without the rule {mutant.rule}", *wrong]
            if seen.equality is not Equality.DIFFERENT:
                wrong = [f"{seen.equality}: {seen.why}", *wrong]
            yield Result(mutant, seen, tuple(wrong))


def report(measured: Sequence[Result], *, servers: str, left_out: Sequence[str] = ()) -> str:
    """The page: how many of each class were found exactly."""
    mutants = [one for one in measured if one.mutant.sql]
    found = sum(not one.wrong for one in mutants)
    cited = sum(bool(one.mutant.source) for one in mutants)
    names = list(dict.fromkeys(one.mutant.category for one in mutants))
    lines = []
    for name in names:
        own = [one for one in mutants if one.mutant.category == name]
        hits = sum(not one.wrong for one in own)
        sources = sorted({one.mutant.source for one in own if one.mutant.source})
        lines.append(f"| {name} | {hits} of {len(own)} | {', '.join(sources)} |")
    missed = [f"* {one.mutant.id}: {'; '.join(one.wrong)}" for one in measured if one.wrong]
    parts = [
        "# The corpus: what the oracle has to see",
        f"{found} of {len(mutants)} mutants in {len(names)} classes were found, each with exactly"
        f" the findings that it must cause; {cited} come from defects in public issue trackers."
        f" Corpus {fingerprint()}, {servers}. Written by `python -m benchmarks.detection --write`.",
        "| class | found | met by users in |\n| --- | --- | --- |\n" + "\n".join(lines),
        "\n".join(("Not found as they must be:", "", *missed)) if missed else "Nothing was missed.",
    ]
    parts += [f"Left out: {'; '.join(left_out)}."] if left_out else []
    return "\n\n".join(parts) + "\n"


def numbers(measured: Sequence[Result], *, pg: str) -> dict[str, Any]:
    """The same for programs."""
    mutants = [one for one in measured if one.mutant.sql]
    return {
        "fingerprint": fingerprint(),
        "mutants": len(mutants),
        "classes": len({one.mutant.category for one in mutants}),
        "cited": sum(bool(one.mutant.source) for one in mutants),
        "found": sum(not one.wrong for one in mutants),
        "missed": [one.mutant.id for one in measured if one.wrong],
        "pg": pg,
        "when": utc_now(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 where every mutant was found exactly."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", metavar="CLASS")
    parser.add_argument("--pg", default="17", help="versions of source and target, as 16:17")
    parser.add_argument("--provider", help="where servers come from; default: whatever is there")
    parser.add_argument(
        "--write", action="store_true", help=f"write {REPORT.name}, and what runs report of it"
    )
    options = parser.parse_args(arguments)
    chosen = [one for one in load() if not options.only or one.name in options.only]
    began, measured, left_out = monotonic(), list[Result](), list[str]()
    with PairPool(options.pg, provider=options.provider) as pool:
        for category in chosen:
            with pool.lease("corpus") as pair:
                servers = pair.server_pair.describe().partition("; tools")[0]
                if not category.fits(pair.server_pair):
                    left_out.append(f"{category.name}: the servers lack {category.needs}")
                    _say(f"left out, {left_out[-1]}")
                    continue
                own = list(results(pair, category))
            measured += own
            wrong = [one for one in own if one.wrong]
            _say(f"{category.name}: {len(own) - len(wrong)} of {len(own)}")
            for one in wrong:
                _say(f"  {one.mutant.name}: {'; '.join(one.wrong)}")
    missed = sum(bool(one.wrong) for one in measured)
    counted = f"{len(measured) - missed} of {len(measured)} as they must be"
    _say(f"{counted}, {len(left_out)} classes left out, {monotonic() - began:.0f} s")
    if options.write:
        REPORT.write_text(report(measured, servers=servers, left_out=left_out), encoding="utf-8")
        keep("corpus", numbers(measured, pg=options.pg))
    return 1 if missed or not measured else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
