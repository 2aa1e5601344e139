"""The second opinion: pg_dump of both sides must agree with the catalogs about the schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo

from assay import process
from assay.errors import SetupError
from assay.oracle.second_opinion.statements import (
    Statement,
    dump_exclusions,
    dump_statements,
    dump_tells,
)
from assay.oracle.session.side import PINNED, Side, as_str
from assay.oracle.words.both import Both
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.marks import RUN
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.scope import Scope, SideName
from assay.postgres.address import Address

TIMEOUT = 600.0  # seconds for one dump
SHOWN = 10  # statements listed of a disagreement
# Kinds of entries whose literals are no secrets: those of all others are shown as marks.
_WITHOUT_SECRETS = (
    "TABLE ", "COLUMN ", "DEFAULT ", "VIEW ", "MATERIALIZED VIEW ", "INDEX ", "CONSTRAINT ",
    "CHECK CONSTRAINT ", "FK CONSTRAINT ", "TRIGGER ", "EVENT TRIGGER ", "RULE ", "POLICY ",
    "ROW SECURITY ", "TYPE ", "DOMAIN ", "SCHEMA ", "SEQUENCE ", "STATISTICS ", "COLLATION ",
    "TEXT SEARCH ", "COMMENT ", "PUBLICATION ", "EXTENSION ",
)  # fmt: skip
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
    found: Iterable[Finding],
    narrowing: Narrowing | None = None,
) -> Opinion:
    """Dump both schemas from our own snapshots and hold the answer against the catalogs'."""
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(
                _dump,
                address,
                side,
                tools=tools,
                scope=scope,
                across=_across(sides),
                narrowing=narrowing if narrowing is not None else Narrowing(),
            )
            for address, side in zip(addresses, sides, strict=True)
        ]
        source, target = (Counter(job.result()) for job in jobs)
    seen = [f for f in found if dump_tells(f, across=_across(sides))]
    return judge_dumps(source, target, seen, by="pg_dump")


def _across(sides: Both[Side]) -> bool:
    """Whether privileges and owners cannot be told from text: other versions, other superusers."""
    return sides[0].version != sides[1].version or sides[0].bootstrap != sides[1].bootstrap


def judge_dumps(
    source: Counter[Statement], target: Counter[Statement], seen: list[Finding], *, by: str
) -> Opinion:
    """Both equal or both different is agreement; anything else is a failure of ours."""
    lost, added = source - target, target - source
    if bool(lost or added) == bool(seen):
        return Opinion()
    if seen:
        cause = f"a failure of ours: the catalogs differ ({seen[0]}) where {by}'s output is equal"
        return Opinion(causes=(cause,))
    findings = [_only(statement, side="source") for statement in sorted(lost.elements())]
    findings += [_only(statement, side="target") for statement in sorted(added.elements())]
    cause = f"a failure of ours: {by}'s output differs where the catalogs are equal"
    return Opinion(tuple(findings[:SHOWN]), (f"{cause} ({findings[0].object})",))


def _only(statement: Statement, *, side: SideName) -> Finding:
    """A statement that only one side's dump has; secrets in it are marks."""
    text = RUN.without_credentials(statement.text)
    if not statement.name.startswith(_WITHOUT_SECRETS):
        text = RUN.without_literals(text)
    values = (text, None) if side == "source" else (None, text)
    return Finding(Kind.DUMP, statement.name, None, "failure of ours", *values)


def _dump(
    address: Address,
    side: Side,
    *,
    tools: Path,
    scope: Scope,
    across: bool,
    narrowing: Narrowing,
) -> list[Statement]:
    narrowed = dump_exclusions(side, scope=scope, narrowing=narrowing)
    if narrowed is None:
        return []
    text = run_dump([*_argv(address, side, tools=tools, across=across), *narrowed], address, side)
    return list(dump_statements(text, side=side.name, scope=scope, common=side.common))


def run_dump(argv: list[str], address: Address, side: Side) -> str:
    """What pg_dump or pg_dumpall writes; SetupError where it fails."""
    done = process.execute(
        argv,
        # No password file: one would stay behind where we are killed.
        env={"PGPASSWORD": address.password.reveal(), "LC_ALL": "C"},
        timeout=TIMEOUT,
        kept=None,
    )
    if not done.ok:
        raise SetupError(
            f"{Path(argv[0]).name} of the {side.name} failed.",
            evidence=done.stderr.strip()[-500:] or f"exit {done.exit}",
            remedy="give client programs of the higher major version of the two servers",
        )
    return done.stdout


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
    argv += [f"--dbname={connection_string(address)}"]
    argv += [f"--encoding={'SQL_ASCII' if raw else 'UTF8'}"]
    if across:
        argv += ["--no-owner", "--no-privileges"]
    (row,) = side.connection.execute("select pg_export_snapshot()").fetchall()
    return [*argv, f"--snapshot={as_str(row[0])}"]
