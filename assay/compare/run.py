"""What `assay compare` does: asks both sides who they are, compares, and shows that it can see."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
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
from assay.oracle.session.side import APPLICATION, as_str
from assay.oracle.words.both import Both
from assay.oracle.words.collector import Collector
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import NOTHING, Comparison, Equality, Finding, conclude, unknown
from assay.oracle.words.kinds import Kind
from assay.oracle.words.redaction import Redaction
from assay.oracle.words.scope import Scope, SideName
from assay.postgres import tools
from assay.postgres.address import Address
from assay.postgres.programs import named
from assay.postgres.session import Connection, connect, fetch, limit, resolved
from assay.report.answer import Answer

_NAMES = """
select n.nspname, c.relname from pg_namespace n
left join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'g')
where n.nspname !~ '^(pg_|information_schema$)'"""
_SIDES: Both[SideName] = Both("source", "target")


class Databases(Protocol):
    """Two empty databases on servers that nobody will miss."""

    @property
    def source(self) -> Address:
        """One of them."""

    @property
    def target(self) -> Address:
        """The other."""


Lease = Callable[[str], AbstractContextManager[Databases]]
Tested = tuple[SelfTest | None, list[str]]  # and why it could not be made


def run(arguments: argparse.Namespace, *, lease: Lease | None = None) -> int:
    """Compare as asked; the exit code. `lease` gives the throw-away pair of the self-test."""
    _refuse_contradictions(arguments)
    if arguments.pg_bin:
        named.parse(arguments.pg_bin)  # a mistyped one is refused, not told of as a doubt
    answers: list[Answer] = []
    with ThreadPoolExecutor(1) as thread:  # what was seen is said before servers have stopped
        with shown_progress(quiet=arguments.quiet) as progress:
            pairs = named_pairs(arguments)
            calling = _Run(arguments, lease, progress, thread)
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
    lease: Lease | None
    progress: Progress
    thread: ThreadPoolExecutor
    where: str = ""
    differing: DifferingRows | None = None
    self_tests: dict[str, Future[Tested]] = field(default_factory=dict)

    def answer(self, pair: Named) -> Answer:
        """Compare one pair; UsageError for a name that is nowhere."""
        if pair.only:
            return self.told(pair, _half(pair))
        with ExitStack() as sessions:
            return self._answer(pair, sessions)

    def _answer(self, pair: Named, sessions: ExitStack) -> Answer:
        self._say("connecting")
        chosen = asked.scope(self.arguments)
        if not pair.roles:
            chosen = replace(chosen, roles=())
        by_name = bool(chosen.idle((), ()))
        both = Both(*zip(pair.both, _SIDES, strict=True))
        reached = both.at_once(lambda one: _reached(*one, sessions, by_name=by_name))
        silent = [one for one in reached if isinstance(one, Doubt)]
        databases = [one for one in reached if isinstance(one, _Database)]
        if silent:
            return self.told(pair, conclude([], compared={}, doubts=silent))
        _demand_names(databases, chosen)
        folder, missing = _tools(self.arguments, databases)
        question = asked.question(self.arguments, chosen, folder)
        # Servers that start and stop are waited for most of the time: so both go on at once.
        tested = self._self_test(databases, question)
        if self.lease is not None:  # its servers may be those that are compared
            wait([tested])
        seen = self._compared(Both(*databases), question)
        if pair.name and not by_name:
            seen = _on_both(seen)
        self_test, notes = self._told_by(tested, seen)
        final = _final(seen, self_test, notes=[*notes, *missing],
                       skipped=self.arguments.no_self_test)  # fmt: skip
        told = self.told(pair, final, databases)
        repair = self._repair(databases[1], final, question)
        return replace(told, self_test=self_test, repair=repair)

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
            options=asked.command_line(self.arguments),
            date=clock.utc_now(),
        )

    def _say(self, text: str) -> None:
        self.progress(f"{self.where}{text}")

    def _compared(self, databases: Both[_Database], question: Question) -> Comparison:
        addresses = databases.map(lambda one: one.address)
        if not self.arguments.live:
            self.differing = DifferingRows() if self.arguments.sql else None
            opened = databases.map(lambda one: one.connection)
            return compare(*addresses, question, progress=self._say, differing=self.differing,
                           opened=opened)  # fmt: skip
        plain = replace(question, redact=False)  # what differs is followed by its values
        try:
            seen = compare_live(*addresses, plain, again=self._again(), progress=self._say)
        except Interrupted as interrupt:
            raise Interrupted(_shown(interrupt.comparison, question)) from interrupt
        return _shown(seen, question)

    def _again(self) -> Again:
        return Again(self.arguments.looks, self.arguments.pause)

    def _self_test(self, pair: Sequence[_Database], question: Question) -> Future[Tested]:
        """The self-test on servers of the same versions, while others are compared."""
        spec = ":".join(str(one.major) for one in pair)
        if spec not in self.self_tests:
            self.self_tests[spec] = self.thread.submit(self._made, spec, question)
        return self.self_tests[spec]

    def _made(self, spec: str, question: Question) -> Tested:
        if self.arguments.no_self_test:
            return None, []
        throw_away = partial(_throw_away, folders=self.arguments.pg_bin)
        start = self.lease if self.lease is not None else throw_away
        try:
            with start(spec) as pair:
                again = self._again() if self.arguments.live else None
                return run_self_test(pair.source, pair.target, question, again=again), []
        except (AssayError, psycopg.Error, OSError) as error:
            return None, [f"the self-test could not be made: {' '.join(str(error).split())}"]

    def _told_by(self, tested: Future[Tested], seen: Comparison) -> Tested:
        """What came of the self-test; Interrupted, with what was seen, where nobody waits."""
        try:
            if not tested.done():
                self._say("self-test: planting damage in a throw-away pair and looking for it")
            return tested.result()
        except KeyboardInterrupt as interrupt:
            if seen.equality is Equality.EQUAL:
                seen = unknown(seen, Doubt("interrupted before the self-test had ended"))
            raise Interrupted(seen) from interrupt


def _shown(seen: Comparison, question: Question) -> Comparison:
    """A comparison whose findings were kept as they are, as it was asked to show them."""
    shown = Collector(question.keep, Redaction() if question.redact else None)
    shown.extend(seen.findings)
    return replace(seen, findings=tuple(shown.kept), omitted=seen.omitted + shown.omitted)


def _half(pair: Named) -> Comparison:
    """Of a database that only one cluster has."""
    values = ("present", None) if pair.only == "source" else (None, "present")
    found = Finding(Kind.DATABASE, qualified([pair.name]), None, None, *values)
    return conclude([found], compared={"databases": 1})


def _on_both(seen: Comparison) -> Comparison:
    """Of a database that both clusters have: that it is there was compared, however empty it is."""
    counted = replace(seen, compared={"databases": 1, **seen.compared})
    if seen.doubts == (NOTHING,):
        return replace(counted, equality=Equality.EQUAL, why=None, doubts=())
    return counted if any(seen.compared.values()) else seen


def _final(
    comparison: Comparison, self_test: SelfTest | None, *, notes: list[str], skipped: bool
) -> Comparison:
    """Equal counts only where the same run has shown that it could have seen otherwise."""
    final = replace(comparison, warnings=(*comparison.warnings, *notes))
    if comparison.equality is not Equality.EQUAL or skipped:
        return final
    if self_test is None:
        why = notes[0]
    elif not self_test.passed:
        why = f"the self-test missed {len(self_test.missed)}"
    elif strange := set(comparison.used) - set(self_test.went):
        why = f"the self-test did not go through {', '.join(sorted(strange))}"
    else:
        return final
    return unknown(final, Doubt(f"no difference was found, but {why}"))


@contextmanager
def _throw_away(spec: str, folders: Sequence[str]) -> Iterator[Databases]:
    """A pair of our own, gone afterwards."""
    # Who starts no servers should not wait for what starts them to be loaded.
    from assay.postgres.pool import PairPool

    given = named.parse(folders)
    with PairPool(spec, folders=given, local_first=True) as pool, pool.lease("self-test") as pair:
        yield pair


def _tools(
    arguments: argparse.Namespace, pair: Sequence[_Database]
) -> tuple[Path | None, list[str]]:
    """Where pg_dump is; None and a note where there is none."""
    if arguments.no_dump:
        return None, []
    folders = named.parse(arguments.pg_bin)
    try:
        return tools.find(max(one.major for one in pair), folders), []
    except AssayError as error:
        return None, [f"no second opinion by pg_dump: {error.what}"]


@dataclass(frozen=True, slots=True)
class _Database:
    """One side as it answers: where it is, its server's version, (schema, relation) names.

    `connection` is a session that is open: it becomes that of the snapshot.
    """

    address: Address
    connection: Connection
    major: int
    version: str
    names: tuple[tuple[str, str | None], ...]

    @classmethod
    def of(cls, conninfo: str, sessions: ExitStack, *, by_name: bool) -> _Database:
        """Ask it, for names only where some were given; AssayError when it cannot be reached."""
        session = resolved(conninfo, application=APPLICATION)
        address, connection = sessions.enter_context(session)
        names = cls._names(connection) if by_name else ()
        version = connection.info.parameter_status("server_version") or ""
        return cls(address, connection, connection.info.server_version // 10000, version, names)

    @staticmethod
    def _names(connection: Connection) -> tuple[tuple[str, str | None], ...]:
        limit(connection, read_only=True)
        return tuple(
            (as_str(schema), None if name is None else as_str(name))
            for schema, name in fetch(connection, _NAMES)
        )


def _reached(
    conninfo: str, side: SideName, sessions: ExitStack, *, by_name: bool
) -> _Database | Doubt:
    """A side, or that it does not answer."""
    try:
        return _Database.of(conninfo, sessions, by_name=by_name)
    except AssayError as error:
        return replace(Doubt.of(error, doing="does not answer"), side=side)


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
