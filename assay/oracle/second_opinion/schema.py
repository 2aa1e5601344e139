"""The second opinion: pg_dump of both sides must agree with the catalogs about the schema."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg.conninfo import make_conninfo

from assay import clock, process
from assay.errors import SetupError
from assay.oracle.second_opinion.statements import (
    Dumpable,
    Statement,
    dump_arguments,
    dump_may_tell,
    dump_statements,
    dump_tells,
    is_dumped,
    list_dumpable,
    meaning,
)
from assay.oracle.session.side import APPLICATION, PINNED, Side
from assay.oracle.words.both import Both
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.extent import Extent
from assay.oracle.words.finding import Finding, about
from assay.oracle.words.kinds import CONTENT, Kind
from assay.oracle.words.marks import RUN
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.scope import SideName
from assay.postgres.address import Address

TIMEOUT = 600.0  # seconds for one dump
# Kinds of entries whose literals are no secrets: those of all others are shown as marks.
_WITHOUT_SECRETS = (
    "TABLE ", "COLUMN ", "DEFAULT ", "VIEW ", "MATERIALIZED VIEW ", "INDEX ", "CONSTRAINT ",
    "CHECK CONSTRAINT ", "FK CONSTRAINT ", "TRIGGER ", "EVENT TRIGGER ", "RULE ", "POLICY ",
    "ROW SECURITY ", "TYPE ", "DOMAIN ", "SCHEMA ", "SEQUENCE ", "STATISTICS ", "COLLATION ",
    "TEXT SEARCH ", "COMMENT ", "PUBLICATION ", "EXTENSION ", "PROPERTY GRAPH ",
)  # fmt: skip
# What pg_dump leaves to server, database and role, and what decides how it writes expressions.
_PINNED = " ".join(
    f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in PINNED.items() if value
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """Statements that only one dump has where the catalogs saw nothing, and contradictions."""

    findings: tuple[Finding, ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedDumps:
    """How pg_dump is called for each side, from our own snapshots: None where nothing is dumped.

    `without` are relations that are dumped on neither side: a dump may not lock them, or it would
    write columns and names that nobody asked about.
    """

    addresses: Both[Address]
    sides: Both[Side]
    tools: Path
    extent: Extent
    argv: Both[list[str] | None]
    without: frozenset[str]

    @classmethod
    def of(
        cls,
        addresses: Both[Address],
        sides: Both[Side],
        *,
        tools: Path,
        extent: Extent,
        narrowing: Narrowing,
    ) -> PlannedDumps:
        """What takes part on each side, by exact names."""
        listed = sides.at_once(list_dumpable)
        without = frozenset(
            one.name
            for side, own in zip(sides, listed, strict=True)
            for one in own
            if not one.may_be_locked or narrowing.not_dumped(side.name, one.holding)
        )
        across = are_across(sides)

        def argv(address: Address, side: Side, own: Sequence[Dumpable]) -> list[str] | None:
            narrowed = dump_arguments(side, own, extent=extent, without=without)
            if narrowed is None:
                return None
            return [*_argv(address, side, tools=tools, across=across), *narrowed]

        asked = Both(*zip(addresses, sides, listed, strict=True))
        planned = asked.at_once(lambda one: argv(*one))
        return cls(addresses, sides, tools, extent, planned, without)

    def start(self) -> None:
        """Let both work before their opinion is needed."""
        for argv, address, side in zip(self.argv, self.addresses, self.sides, strict=True):
            if argv is not None:
                start_dump(argv, address, side)

    def give_up(self) -> None:
        """Ask for no opinion: a dump would wait for what somebody else holds."""
        for side in self.sides:
            while side.started:
                side.started.popitem()[1].stop(grace=1)

    def statements(self) -> Both[Counter[Statement]]:
        """What both dumps consist of; SetupError where one fails."""

        def read(argv: list[str] | None, address: Address, side: Side) -> Counter[Statement]:
            if argv is None:
                return Counter()
            known = {"server": side.version, "common": side.common}
            text = run_dump(argv, address, side)
            return Counter(dump_statements(text, side=side.name, scope=self.extent.scope, **known))

        asked = Both(*zip(self.argv, self.addresses, self.sides, strict=True))
        return asked.at_once(lambda one: read(*one))


def second_opinion(
    dumps: PlannedDumps,
    *,
    found: Sequence[Finding],
    inherited: Set[tuple[str, str]] = frozenset(),
) -> Opinion:
    """Hold the dumps of both schemas against what the catalogs have `found`.

    Of what is `inherited`, by kind and name, a dump writes what it holds for changes of users.
    """
    across = are_across(dumps.sides)
    privileged = all(side.superuser for side in dumps.sides)
    source, target = dumps.statements()
    theirs = {f for f in found if (f.kind, f.object) in inherited}
    told = [
        one
        for one in found
        if one not in theirs
        and dump_tells(one, across=across)
        and (privileged or one.kind != Kind.SUBSCRIPTION)  # pg_dump leaves them out then
        and is_dumped(one, extent=dumps.extent)
    ]
    perhaps = bool(theirs) or any(map(dump_may_tell, found))
    opinion = judge_dumps(source, target, told, found=found, by="pg_dump", perhaps=perhaps)
    return replace(opinion, doubts=()) if dumps.without else opinion  # may be about one of these


def are_across(sides: Both[Side]) -> bool:
    """Whether privileges and owners cannot be told from text: other versions, other superusers."""
    return sides[0].version != sides[1].version or sides[0].bootstrap != sides[1].bootstrap


def judge_dumps(
    source: Counter[Statement],
    target: Counter[Statement],
    told: Sequence[Finding],
    *,
    found: Sequence[Finding],
    by: str,
    perhaps: bool = False,
) -> Opinion:
    """What a dump adds to what the catalogs have `found`; it can tell about those `told`.

    What only one of the two sees is a difference; `perhaps` says that something was found which
    explains what only dumps have. A contradiction is a thing that only one side has for the
    catalogs, where the dumps, which have an entry of it, are equal.
    """
    lost, added = source - target, target - source
    if lost and added:
        lost, added = _without(lost, added), _without(added, lost)
    if lost or added:
        findings = [_only(statement, side="source") for statement in sorted(lost.elements())]
        findings += [_only(statement, side="target") for statement in sorted(added.elements())]
        explained = perhaps or told or all(_is_about(one, found) for one in (*lost, *added))
        return Opinion() if explained else Opinion(tuple(findings))
    return Opinion(
        doubts=tuple(
            Doubt(
                f"the catalogs differ in {about(finding)}, and {by}'s output is equal",
                evidence="a contradiction, and a failure of ours",
                remedy="tell us what it is; --no-dump leaves the second opinion out",
                spoils=(about(finding),),
            )
            for finding in told
            if finding.column in (None, "definition")
        )
    )


def _is_about(statement: Statement, found: Iterable[Finding]) -> bool:
    """Whether a finding of the catalogs names the thing that a statement is about."""
    names = {finding.object.rpartition(".")[2].strip('"') for finding in found
             if finding.kind not in CONTENT}  # fmt: skip
    return any(word.strip('"') in names for word in re.split(r"[\s.]+", statement.name))


def _without(these: Counter[Statement], those: Counter[Statement]) -> Counter[Statement]:
    """Statements of which the others have none that means the same under the same name."""
    meant = Counter(meaning(statement) for statement in those.elements())
    kept: Counter[Statement] = Counter()
    for statement in these.elements():
        form = meaning(statement)
        kept[statement] += not meant[form]
        meant[form] -= bool(meant[form])
    return +kept


def _only(statement: Statement, *, side: SideName) -> Finding:
    """A statement that only one side's dump has; secrets in it are marks."""
    text = RUN.without_credentials(statement.text)
    if not statement.name.startswith(_WITHOUT_SECRETS):
        text = RUN.without_literals(text)
    values = (text, None) if side == "source" else (None, text)
    return Finding(Kind.DUMP, statement.name, None, None, *values)


def start_dump(argv: list[str], address: Address, side: Side) -> None:
    """Start what `run_dump` will be asked for: it works while the catalogs are read."""
    with suppress(OSError):  # is said when its answer is needed
        side.started[tuple(argv)] = process.start(argv, env=_environment(address))


def run_dump(argv: list[str], address: Address, side: Side) -> str:
    """What pg_dump or pg_dumpall writes; SetupError where it fails."""
    running = side.started.pop(tuple(argv), None)
    if running is not None:
        running.kept = None
        done = running.wait(until=clock.monotonic() + TIMEOUT)
    # One that was started early had to share the server's connections with our own sessions.
    if running is None or not done.ok:
        done = process.execute(argv, env=_environment(address), timeout=TIMEOUT, kept=None)
    if not done.ok:
        raise SetupError(
            f"{Path(argv[0]).name} of the {side.name} failed.",
            evidence=done.stderr.strip()[-500:] or f"exit {done.exit}",
            remedy="give client programs of the higher major version of the two servers",
        )
    return done.stdout


def _environment(address: Address) -> dict[str, str]:
    """Of a dump. No password file: one would stay behind where we are killed.

    The name of the application tells our dumps from a tool's in a server's log.
    """
    return {
        "PGPASSWORD": address.password.reveal(),
        "PGAPPNAME": APPLICATION,
        "LC_ALL": "C",
    }


def connection_string(address: Address) -> str:
    """How a dump connects, without the password; it writes as our own sessions read."""
    given = dict(address.options)
    return make_conninfo(
        "",
        host=address.host,
        port=address.port,
        user=address.user,
        dbname=address.database,
        **{**given, "options": f"{given.get('options', '')} {_PINNED}"},
    )


def _argv(address: Address, side: Side, *, tools: Path, across: bool) -> list[str]:
    raw = side.encoding == "SQL_ASCII"
    argv = [str(tools / "pg_dump"), "--schema-only", "--no-password"]
    argv += [f"--lock-wait-timeout={side.limits.lock}"]
    argv += [f"--dbname={connection_string(address)}"]
    argv += [f"--encoding={'SQL_ASCII' if raw else 'UTF8'}"]
    if across:
        argv += ["--no-owner", "--no-privileges"]
    return [*argv, f"--snapshot={side.snapshot()}"]
