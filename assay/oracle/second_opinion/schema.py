"""The second opinion: what pg_dump of both sides says of the schema beside the catalogs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from psycopg.conninfo import make_conninfo

from assay import process
from assay.errors import SetupError
from assay.oracle.second_opinion.statements import (
    Dumpable,
    Statement,
    dump_arguments,
    dump_statements,
    dump_tells,
    is_dumped,
    list_dumpable,
)
from assay.oracle.session.side import PINNED, Side, as_str
from assay.oracle.words.both import Both
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.extent import Extent
from assay.oracle.words.finding import Finding, about
from assay.oracle.words.kinds import CONTENT, Kind
from assay.oracle.words.scope import SideName
from assay.postgres.address import Address
from assay.redact import Scrubber

TIMEOUT = 600.0  # seconds for one dump
# What pg_dump leaves to server, database and role, and what decides how it writes expressions.
_PINNED = " ".join(
    f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in PINNED.items() if value
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """Statements that only one dump has where the catalogs saw nothing, and contradictions."""

    findings: tuple[Finding, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def second_opinion(
    addresses: Both[Address],
    sides: Both[Side],
    *,
    tools: Path,
    extent: Extent,
    found: Sequence[Finding],
) -> Opinion:
    """Dump both schemas from our own snapshots and hold the answer against the catalogs'."""
    across = _across(sides)
    listed = sides.map(list_dumpable)
    locked = frozenset(one.name for side in listed for one in side if not one.may_be_locked)

    def dump(address: Address, side: Side, own: Sequence[Dumpable]) -> list[Statement]:
        narrowed = dump_arguments(side, own, extent=extent, without=locked)
        if narrowed is None:
            return []
        argv = [*_argv(address, side, tools=tools, across=across), *narrowed]
        text = run_dump(argv, address, side)
        scope = extent.scope
        return list(dump_statements(text, side=side.name, scope=scope, common=side.common))

    asked = Both(*zip(addresses, sides, listed, strict=True))
    source, target = asked.at_once(lambda one: dump(*one)).map(Counter)
    told = [f for f in found if dump_tells(f, across=across) and is_dumped(f, extent=extent)]
    opinion = judge_dumps(source, target, told, found=found, by="pg_dump")
    return replace(opinion, doubts=()) if locked else opinion  # it may be about one of these


def _across(sides: Both[Side]) -> bool:
    """Whether privileges and owners cannot be told from text: other versions, other superusers."""
    return sides[0].version != sides[1].version or sides[0].bootstrap != sides[1].bootstrap


def judge_dumps(
    source: Counter[Statement],
    target: Counter[Statement],
    told: Sequence[Finding],
    *,
    found: Sequence[Finding],
    by: str,
) -> Opinion:
    """What a dump adds to what the catalogs have `found`; it can tell about those `told`.

    What only one of the two sees is a difference. A contradiction is a thing that only one side
    has for the catalogs, where the dumps, which have an entry of it, are equal.
    """
    lost, added = source - target, target - source
    if lost or added:
        findings = [_only(statement, side="source") for statement in sorted(lost.elements())]
        findings += [_only(statement, side="target") for statement in sorted(added.elements())]
        explained = bool(told) or all(_is_about(one, found) for one in (*lost, *added))
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


def _only(statement: Statement, *, side: SideName) -> Finding:
    """A statement that only one side's dump has; without passwords."""
    text = Scrubber().scrub(statement.text)
    values = (text, None) if side == "source" else (None, text)
    return Finding(Kind.DUMP, statement.name, None, None, *values)


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
