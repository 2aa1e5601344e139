"""`assay compare SOURCE TARGET`: equal, different and where, or could not tell."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg.conninfo import conninfo_to_dict

from assay.compare import options
from assay.compare.presentation import as_json, as_text, visible
from assay.errors import AssayError, UsageError
from assay.oracle.catalog.item import qualified
from assay.oracle.compare import compare
from assay.oracle.live import Again, compare_live
from assay.oracle.question import Question
from assay.oracle.self_test.run import SelfTest, run_self_test
from assay.oracle.session.side import as_str
from assay.oracle.words.both import Both
from assay.oracle.words.collector import Collector
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import Comparison, Equality, conclude, unknown
from assay.oracle.words.redaction import Redaction
from assay.oracle.words.scope import Scope
from assay.postgres.address import Address
from assay.postgres.session import Connection, fetch, limit, resolved

_NAMES = """
select n.nspname, c.relname from pg_namespace n
left join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'g')
where n.nspname !~ '^(pg_|information_schema$)'"""
EXIT = {Equality.EQUAL: 0, Equality.DIFFERENT: 1, Equality.UNKNOWN: 2}
REMEDY = (
    "leave the password out and give it in a password file (PGPASSFILE, ~/.pgpass), a service"
    " (service=NAME) or PGPASSWORD"
)


class Databases(Protocol):
    """Two empty databases on servers that nobody will miss."""

    @property
    def source(self) -> Address:
        """One of them."""

    @property
    def target(self) -> Address:
        """The other."""


Lease = Callable[[str], AbstractContextManager[Databases]]
Progress = Callable[[str], None]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the sub-command."""
    parser = subparsers.add_parser(
        "compare",
        help="are two databases the same?",
        description="Compare two databases: schema, rows, sequences, large objects, roles. Writes"
        " nothing to them. Exit 0 equal, 1 different, 2 could not tell.",
        epilog="SOURCE and TARGET are libpq connection strings or URLs without a password:"
        " passfile, service (service=NAME) and environment are read.",
    )
    parser.add_argument("source", metavar="SOURCE")
    parser.add_argument("target", metavar="TARGET")
    options.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, *, lease: Lease | None = None) -> int:
    """Compare as asked; the exit code. `lease` gives the throw-away pair of the self-test."""
    if arguments.live and arguments.sample is not None:
        raise UsageError(
            "--live and --sample exclude each other.",
            remedy="a sample may be in flight as well: leave one of them out",
        )
    for text in (arguments.source, arguments.target):
        _refuse_password(text)
    chosen = options.scope(arguments)
    named = bool(chosen.idle((), ()))
    with _progress() as progress:
        try:
            progress("connecting")
            asked = Both(arguments.source, arguments.target).at_once(
                lambda text: _Database.of(text, named=named)
            )
        except AssayError as error:
            failed = conclude([], compared={}, doubts=[Doubt.of(error, doing="connecting")])
            names = (arguments.source, arguments.target)
            return _write(arguments, failed, names=names, self_test=None)
        _demand_names(asked, chosen)
        source, target = (one.address for one in asked)
        majors = [one.major for one in asked]
        folder, missing = _tools(arguments, majors)
        question = options.question(arguments, chosen, folder)
        # Servers that start and stop are waited for most of the time: so both go on at once.
        with ThreadPoolExecutor(1) as thread:
            tested = thread.submit(_self_test, arguments, question, majors, lease=lease)
            if lease is not None:  # its servers may be those that are compared
                wait([tested])
            comparison = _compared(arguments, Both(source, target), question, progress)
            if not tested.done():
                progress("self-test: planting damage in a throw-away pair and looking for it")
            self_test, notes = tested.result()
    final = _final(comparison, self_test, notes=[*notes, *missing], skipped=arguments.no_self_test)
    return _write(arguments, final, names=(str(source), str(target)), self_test=self_test)


def _compared(
    arguments: argparse.Namespace, addresses: Both[Address], question: Question, progress: Progress
) -> Comparison:
    if not arguments.live:
        return compare(*addresses, question, progress=progress)
    plain = replace(question, redact=False)  # what differs is followed by its values
    seen = compare_live(*addresses, plain, again=_again(arguments), progress=progress)
    shown = Collector(question.keep, Redaction() if question.redact else None)
    shown.extend(seen.findings)
    return replace(seen, findings=tuple(shown.kept), omitted=seen.omitted + shown.omitted)


def _again(arguments: argparse.Namespace) -> Again:
    return Again(arguments.looks, arguments.pause)


def _final(
    comparison: Comparison, self_test: SelfTest | None, *, notes: list[str], skipped: bool
) -> Comparison:
    """Equal counts only where the same run has shown that it could have seen otherwise."""
    final = replace(comparison, warnings=(*comparison.warnings, *notes))
    if comparison.equality is not Equality.EQUAL or skipped:
        return final
    if self_test is None:
        why = f"the self-test could not be made: {notes[0]}"
    elif not self_test.passed:
        why = f"the self-test missed {len(self_test.missed)}"
    elif strange := set(comparison.used) - set(self_test.went):
        why = f"the self-test did not go through {', '.join(sorted(strange))}"
    else:
        return final
    return unknown(final, Doubt(f"no difference was found, but {why}"))


def _self_test(
    arguments: argparse.Namespace, question: Question, majors: list[int], *, lease: Lease | None
) -> tuple[SelfTest | None, list[str]]:
    """The self-test on servers of the same versions; None and the reason where it cannot be."""
    if arguments.no_self_test:
        return None, []
    try:
        start = lease if lease is not None else partial(_throw_away, folders=arguments.pg_bin)
        with start(f"{majors[0]}:{majors[1]}") as pair:
            again = _again(arguments) if arguments.live else None
            return run_self_test(pair.source, pair.target, question, again=again), []
    except (AssayError, psycopg.Error, OSError) as error:
        return None, [f"the self-test could not be made: {' '.join(str(error).split())}"]


@contextmanager
def _throw_away(spec: str, folders: Sequence[str]) -> Iterator[Databases]:
    """A pair of our own, gone afterwards."""
    # Who starts no servers should not wait for what starts them to be loaded.
    from assay.postgres.pool import PairPool
    from assay.postgres.providers import folder

    named = folder.parse(folders)
    with PairPool(spec, folders=named, local_first=True) as pool, pool.lease("self-test") as pair:
        yield pair


def _tools(arguments: argparse.Namespace, majors: list[int]) -> tuple[Path | None, list[str]]:
    """Where pg_dump is; None and a note where there is none."""
    if arguments.no_dump:
        return None, []
    from assay.postgres import tools  # what finds servers is slow to load
    from assay.postgres.providers import folder

    folders = folder.parse(arguments.pg_bin)
    try:
        return tools.find(max(majors), folders), []
    except AssayError as error:
        return None, [f"no second opinion by pg_dump: {error.what}"]


@dataclass(frozen=True, slots=True)
class _Database:
    """One side as it answers: where it is, its server's major version, (schema, relation) names."""

    address: Address
    major: int
    names: tuple[tuple[str, str | None], ...]

    @classmethod
    def of(cls, conninfo: str, *, named: bool) -> _Database:
        """Ask it, for names only where some were given; AssayError when it cannot be reached."""
        with resolved(conninfo, application="assay compare") as (address, connection):
            names = cls._names(connection) if named else ()
            return cls(address, connection.info.server_version // 10000, names)

    @staticmethod
    def _names(connection: Connection) -> tuple[tuple[str, str | None], ...]:
        limit(connection, read_only=True)
        return tuple(
            (as_str(schema), None if name is None else as_str(name))
            for schema, name in fetch(connection, _NAMES)
        )


def _demand_names(asked: Sequence[_Database], chosen: Scope) -> None:
    """A name that is nowhere is a mistake. Raises UsageError."""
    names = {pair for one in asked for pair in one.names}
    relations = {qualified([schema, name]) for schema, name in names if name is not None}
    schemas = {schema for schema, _ in names}
    if idle := chosen.idle(relations, schemas):
        raise UsageError(
            f"Nothing on either side is called {', '.join(idle)}.",
            evidence=f"{len(relations)} relations in {len(schemas)} schemas were looked at",
            remedy="write SCHEMA.TABLE as in a query, quotes included; * and ? are wildcards",
        )


def _refuse_password(text: str) -> None:
    """Everybody on the machine can read a command line."""
    try:
        given = conninfo_to_dict(text)
    except psycopg.ProgrammingError as error:
        raise UsageError(
            "A connection string is malformed.",
            evidence=str(error).strip(),
            remedy="write postgresql://user@host:port/database, or keywords and values",
        ) from error
    if given.get("password") or given.get("sslpassword"):
        raise UsageError("A password on the command line is visible to everybody.", remedy=REMEDY)


def _write(
    arguments: argparse.Namespace,
    comparison: Comparison,
    *,
    names: tuple[str, str],
    self_test: SelfTest | None,
) -> int:
    source, target = names
    if arguments.html:
        from assay.report import comparison as page  # drawing pages is slow to load

        page.save(arguments.html, comparison, source=source, target=target, self_test=self_test)
    if arguments.json:
        whole = as_json(comparison, source=source, target=target, self_test=self_test)
        sys.stdout.write(json.dumps(whole, ensure_ascii=False, indent=2) + "\n")
    else:
        lines = as_text(comparison, source=source, target=target, self_test=self_test)
        sys.stdout.writelines(f"{line}\n" for line in lines)
    return EXIT[comparison.equality]


@contextmanager
def _progress() -> Iterator[Progress]:
    """What is being done, on standard error: one changing line on a terminal, else a line each."""
    if not sys.stderr.isatty():
        yield lambda text: _line(text)
        return
    from rich.console import Console

    console = Console(stderr=True, markup=False, highlight=False)
    with console.status("") as status:
        yield lambda text: status.update(visible(text))


def _line(text: str) -> None:
    sys.stderr.write(f"{visible(text)}\n")
