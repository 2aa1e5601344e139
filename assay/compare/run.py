"""What `assay compare` does: asks both sides who they are, shows that it can see, and compares."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import psycopg

from assay import clock
from assay.compare import asked
from assay.compare.output import write
from assay.compare.pairs import Named, named_pairs
from assay.compare.progress import Progress, shown_progress
from assay.errors import AssayError, UsageError
from assay.oracle.catalog.item import qualified
from assay.oracle.compare import Interrupted, compare
from assay.oracle.live import Again, compare_live
from assay.oracle.question import Question
from assay.oracle.rows.differing import DifferingRows
from assay.oracle.self_test.run import SelfTest, run_self_test
from assay.oracle.session.side import as_str
from assay.oracle.words.both import Both
from assay.oracle.words.collector import Collector
from assay.oracle.words.finding import Comparison, Equality, Finding, conclude
from assay.oracle.words.kinds import Kind
from assay.oracle.words.redaction import Redaction
from assay.oracle.words.scope import Scope
from assay.postgres.address import Address
from assay.postgres.session import connect, fetch, resolve
from assay.report.answer import Answer

_NAMES = """
select n.nspname, c.relname from pg_namespace n
left join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
where n.nspname !~ '^(pg_|information_schema$)'"""
_SIDES = Both("source", "target")


class Databases(Protocol):
    """Two empty databases on servers that nobody will miss."""

    @property
    def source(self) -> Address:
        """One of them."""

    @property
    def target(self) -> Address:
        """The other."""


Lease = Callable[[str], AbstractContextManager[Databases]]


def run(arguments: argparse.Namespace, *, lease: Lease | None = None) -> int:
    """Compare as asked; the exit code. `lease` gives the throw-away pair of the self-test."""
    _refuse_contradictions(arguments)
    answers: list[Answer] = []
    with shown_progress(quiet=arguments.quiet) as progress:
        pairs = named_pairs(arguments)
        calling = _Run(arguments, lease if lease is not None else _throw_away, progress)
        try:
            for number, pair in enumerate(pairs, 1):
                calling.where = f"[{number} of {len(pairs)}] " if len(pairs) > 1 else ""
                answers.append(calling.answer(pair))
        except Interrupted as interrupt:
            answers.append(calling.told(pair, interrupt.comparison))
            told = answers[-1].comparison
        except KeyboardInterrupt as interrupt:
            several = f"{len(answers)} of {len(pairs)} pairs were compared"
            done = several if len(pairs) > 1 else "nothing was compared"
            raise KeyboardInterrupt(f"interrupted: {done}") from interrupt
        else:
            return write(arguments, answers)
    write(arguments, answers)
    raise KeyboardInterrupt(_proved_so_far(told))


def _refuse_contradictions(arguments: argparse.Namespace) -> None:
    """Options that make no sense together are wrong use."""
    if arguments.live and arguments.sample is not None:
        raise UsageError(
            "--live and --sample exclude each other.",
            remedy="a sample may be in flight as well: leave one of them out",
        )
    for option in ("redact", "json", "sample", "quiet", "live"):
        if arguments.sql and getattr(arguments, option):
            why = {"redact": "statements hold the values of rows",
                   "sample": "a sample does not show every row"}  # fmt: skip
            raise UsageError(
                f"--sql and --{option} exclude each other.",
                evidence=why.get(option, ""),
                remedy="leave one of them out",
            )


def _proved_so_far(seen: Comparison) -> str:
    """One line: what an interrupted comparison has shown, and that it is no more."""
    looked = [f"{count:,} {what}" for what, count in seen.compared.items() if count]
    if not looked:
        return "interrupted: nothing was compared"
    found = len(seen.findings) + seen.omitted
    told = f"{found:,} difference{'s' * (found != 1)} found" if found else "no difference found"
    return f"interrupted: {told} in {', '.join(looked)}; the rest was not looked at"


@dataclass(slots=True)
class _Run:
    """One call of the command; a self-test of the same versions serves all of its pairs."""

    arguments: argparse.Namespace
    lease: Lease
    progress: Progress
    where: str = ""
    differing: DifferingRows | None = None
    self_tests: dict[str, tuple[SelfTest | None, list[str]]] = field(default_factory=dict)

    def answer(self, pair: Named) -> Answer:
        """Compare one pair; UsageError for a name that is nowhere."""
        if pair.only:
            return self.told(pair, _half(pair))
        self._say("connecting")
        with ThreadPoolExecutor(2) as pool:
            calls = [pool.submit(_Database.of, *one) for one in zip(pair.both, _SIDES, strict=True)]
        try:
            source, target = (call.result() for call in calls)
        except AssayError as error:
            unknown = " ".join(str(error).split())
            return self.told(pair, conclude([], compared={}, unknown=unknown))
        chosen = asked.scope(self.arguments)
        if not pair.roles:
            chosen = replace(chosen, roles=())
        _demand_names((source, target), chosen)
        self_test, notes = self._self_test((source, target))
        folder, missing = _tools(self.arguments, (source, target))
        question = asked.question(self.arguments, chosen, folder)
        seen = self._compared(Both(source.address, target.address), question)
        final = _final(seen, self_test, notes=[*notes, *missing],
                       skipped=self.arguments.no_self_test)  # fmt: skip
        told = self.told(pair, final, (source, target))
        return replace(told, self_test=self_test, repair=self._repair(target, final, question))

    def _repair(self, target: _Database, seen: Comparison, question: Question) -> tuple[str, ...]:
        """The script that was asked for."""
        if self.differing is None:
            return ()
        from assay.compare.repair import repair_script

        with connect(target.address, application="assay compare", read_only=True) as connection:
            return tuple(repair_script(connection, self.differing, seen, question.narrowing))

    def told(self, pair: Named, seen: Comparison, databases: Sequence[_Database] = ()) -> Answer:
        """A comparison with what a reader has to know of the run."""
        names = [str(one.address) for one in databases] or list(pair.both)
        return Answer(
            source=names[0],
            target=names[1],
            comparison=seen,
            servers=tuple(one.version for one in databases),
            asked=tuple(asked.in_words(self.arguments)),
            options=asked.command_line(self.arguments),
            date=clock.utc_now(),
        )

    def _say(self, text: str) -> None:
        self.progress(f"{self.where}{text}")

    def _compared(self, addresses: Both[Address], question: Question) -> Comparison:
        if not self.arguments.live:
            self.differing = DifferingRows() if self.arguments.sql else None
            return compare(*addresses, question, progress=self._say, differing=self.differing)
        again = Again(self.arguments.looks, self.arguments.pause)
        plain = replace(question, redact=False)  # what differs is followed by its values
        seen = compare_live(*addresses, plain, again=again, progress=self._say)
        shown = Collector(question.keep, Redaction() if question.redact else None)
        shown.extend(seen.findings)
        return replace(seen, findings=tuple(shown.kept), omitted=seen.omitted + shown.omitted)

    def _self_test(self, pair: Sequence[_Database]) -> tuple[SelfTest | None, list[str]]:
        """The self-test on servers of the same versions; None and why where it cannot be."""
        spec = ":".join(str(one.major) for one in pair)
        if self.arguments.no_self_test:
            return None, []
        if spec not in self.self_tests:
            self.self_tests[spec] = self._made(spec)
        return self.self_tests[spec]

    def _made(self, spec: str) -> tuple[SelfTest | None, list[str]]:
        self._say("self-test: starting a throw-away pair of servers")
        try:
            with self.lease(spec) as pair:
                self._say("self-test: planting damage and looking for it")
                return run_self_test(pair.source, pair.target), []
        except (AssayError, psycopg.Error, OSError) as error:
            return None, [f"the self-test could not be made: {' '.join(str(error).split())}"]


def _half(pair: Named) -> Comparison:
    """Of a database that only one cluster has."""
    values = ("present", None) if pair.only == "source" else (None, "present")
    found = Finding(Kind.DATABASE, qualified([pair.name]), None, None, *values)
    return conclude([found], compared={"databases": 1})


def _final(
    comparison: Comparison, self_test: SelfTest | None, *, notes: list[str], skipped: bool
) -> Comparison:
    """Equal counts only where the same run has shown that it could have seen otherwise."""
    final = replace(comparison, warnings=(*comparison.warnings, *notes))
    if comparison.equality is not Equality.EQUAL or skipped:
        return final
    if self_test is None:
        doubt = f"no difference was found, but the self-test could not be made: {notes[0]}"
    elif not self_test.passed:
        doubt = f"no difference was found, but the self-test missed {len(self_test.missed)}"
    else:
        return final
    return replace(final, equality=Equality.UNKNOWN, why=doubt)


@contextmanager
def _throw_away(spec: str) -> Iterator[Databases]:
    """A pair of our own, gone afterwards."""
    # Who starts no servers should not wait for what starts them to be loaded.
    from assay.postgres.pool import PairPool

    with PairPool(spec) as pool, pool.lease("self-test") as pair:
        yield pair


def _tools(
    arguments: argparse.Namespace, pair: Sequence[_Database]
) -> tuple[Path | None, list[str]]:
    """Where pg_dump is; None and a note where there is none."""
    if arguments.no_dump:
        return None, []
    from assay.postgres import tools  # what finds servers is slow to load

    try:
        return tools.find(max(one.major for one in pair)), []
    except AssayError as error:
        return None, [f"no second opinion by pg_dump: {error.what}"]


@dataclass(frozen=True, slots=True)
class _Database:
    """One side as it answers: where it is, its server's version, (schema, relation) names."""

    address: Address
    major: int
    version: str
    names: tuple[tuple[str, str | None], ...]

    @classmethod
    def of(cls, conninfo: str, side: str) -> _Database:
        """Ask it; AssayError, with its side, when it cannot be reached."""
        try:
            address = resolve(conninfo, application="assay compare")
            with connect(address, application="assay compare", read_only=True) as connection:
                names = tuple(
                    (as_str(schema), None if name is None else as_str(name))
                    for schema, name in fetch(connection, _NAMES)
                )
                ((version,),) = fetch(connection, "select current_setting('server_version')")
                major = connection.info.server_version // 10000
                return cls(address, major, as_str(version), names)
        except AssayError as error:
            said = f"the {side} does not answer: {error.what}"
            raise type(error)(said, evidence=error.evidence, remedy=error.remedy) from error


def _demand_names(pair: Sequence[_Database], chosen: Scope) -> None:
    """A name that is nowhere is a mistake. Raises UsageError."""
    names = {one for database in pair for one in database.names}
    relations = {qualified([schema, name]) for schema, name in names if name is not None}
    schemas = {schema for schema, _ in names}
    if idle := chosen.idle(relations, schemas):
        raise UsageError(
            f"Nothing on either side is called {', '.join(idle)}.",
            evidence=f"{len(relations)} relations in {len(schemas)} schemas were looked at",
            remedy="write SCHEMA.TABLE as in a query, quotes included; * and ? are wildcards",
        )
