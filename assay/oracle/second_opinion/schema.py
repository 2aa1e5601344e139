"""The second opinion: pg_dump of both sides must agree with the catalogs about the schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo

from assay import clock, process
from assay.errors import SetupError
from assay.oracle.second_opinion.statements import (
    Statement,
    dump_exclusions,
    dump_may_tell,
    dump_statements,
    dump_tells,
    meaning,
)
from assay.oracle.session.side import PINNED, Side
from assay.oracle.words.both import Both
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.scope import Scope, SideName
from assay.postgres.address import Address
from assay.redact import Scrubber

TIMEOUT = 600.0  # seconds for one dump
SHOWN = 10  # statements listed of a disagreement
# What pg_dump leaves to server, database and role, and what decides how it writes expressions.
_PINNED = " ".join(
    f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in PINNED.items() if value
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """Statements that only one dump has where the catalogs saw nothing, and causes of UNKNOWN."""

    findings: tuple[Finding, ...] = ()
    causes: tuple[str, ...] = ()


def second_opinion(
    addresses: Both[Address],
    sides: Both[Side],
    *,
    tools: Path,
    scope: Scope,
    found: Sequence[Finding],
    inherited: Set[tuple[str, str]] = frozenset(),
) -> Opinion:
    """Dump both schemas from our own snapshots and hold the answer against the catalogs'.

    Of what is `inherited`, by kind and name, a dump writes what it holds for changes of users.
    """
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(_dump, address, side, tools=tools, scope=scope, across=are_across(sides))
            for address, side in zip(addresses, sides, strict=True)
        ]
        source, target = (Counter(job.result()) for job in jobs)
    theirs = {f for f in found if (f.kind, f.object) in inherited}
    seen = [f for f in found if f not in theirs and dump_tells(f, across=are_across(sides))]
    perhaps = bool(theirs) or any(map(dump_may_tell, found))
    return judge_dumps(source, target, seen, by="pg_dump", perhaps=perhaps)


def are_across(sides: Both[Side]) -> bool:
    """Whether privileges and owners cannot be told from text: other versions, other superusers."""
    return sides[0].version != sides[1].version or sides[0].bootstrap != sides[1].bootstrap


def judge_dumps(
    source: Counter[Statement],
    target: Counter[Statement],
    seen: list[Finding],
    *,
    by: str,
    perhaps: bool = False,
) -> Opinion:
    """Both equal or both different is agreement; anything else is a failure of ours.

    `perhaps` says that something was found which a dump tells or not.
    """
    lost, added = source - target, target - source
    if lost and added:
        lost, added = _without(lost, added), _without(added, lost)
    if bool(lost or added) in {bool(seen), perhaps or bool(seen)}:
        return Opinion()
    if seen:
        cause = f"a failure of ours: the catalogs differ ({seen[0]}) where {by}'s output is equal"
        return Opinion(causes=(cause,))
    findings = [_only(statement, side="source") for statement in sorted(lost.elements())]
    findings += [_only(statement, side="target") for statement in sorted(added.elements())]
    cause = f"a failure of ours: {by}'s output differs where the catalogs are equal"
    return Opinion(tuple(findings[:SHOWN]), (f"{cause} ({findings[0].object})",))


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
    """A statement that only one side's dump has; without passwords."""
    text = Scrubber().scrub(statement.text)
    values = (text, None) if side == "source" else (None, text)
    return Finding(Kind.DUMP, statement.name, None, "failure of ours", *values)


def start_schema_dump(
    address: Address, side: Side, *, tools: Path, scope: Scope, across: bool
) -> None:
    """Let pg_dump work from our snapshot before its opinion is needed."""
    if (argv := _argv(address, side, tools=tools, scope=scope, across=across)) is not None:
        start_dump(argv, address, side)


def _dump(
    address: Address, side: Side, *, tools: Path, scope: Scope, across: bool
) -> list[Statement]:
    argv = _argv(address, side, tools=tools, scope=scope, across=across)
    if argv is None:
        return []
    text = run_dump(argv, address, side)
    known = {"server": side.version, "common": side.common}
    return list(dump_statements(text, side=side.name, scope=scope, **known))


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
    """Of a dump. No password file: one would stay behind where we are killed."""
    return {"PGPASSWORD": address.password.reveal(), "LC_ALL": "C"}


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


def _argv(
    address: Address, side: Side, *, tools: Path, scope: Scope, across: bool
) -> list[str] | None:
    """How pg_dump is called; None where there is nothing to dump."""
    narrowed = dump_exclusions(side, scope=scope)
    if narrowed is None:
        return None
    raw = side.encoding == "SQL_ASCII"
    argv = [str(tools / "pg_dump"), "--schema-only", "--no-password"]
    argv += [f"--dbname={connection_string(address)}"]
    argv += [f"--encoding={'SQL_ASCII' if raw else 'UTF8'}"]
    if across:
        argv += ["--no-owner", "--no-privileges"]
    return [*argv, f"--snapshot={side.snapshot()}", *narrowed]
