"""The second opinion about what reaches beyond a database: pg_dumpall of both sides."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

from assay.oracle.second_opinion.schema import (
    Opinion,
    connection_string,
    judge_dumps,
    run_dump,
    start_dump,
)
from assay.oracle.second_opinion.statements import Statement
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.marks import RUN
from assay.oracle.words.scope import Scope
from assay.postgres.address import Address

_KINDS = frozenset({Kind.ROLE, Kind.ROLE_MEMBERSHIP, Kind.ROLE_SETTING, Kind.TABLESPACE})
_PASSWORD = re.compile(r" PASSWORD '((?:[^']|'')*)'")
# Two servers of one machine cannot share a place.
_LOCATION = re.compile(r" LOCATION '(?:[^']|'')*'")
_MEMBERSHIP = re.compile(
    r'GRANT (?P<role>(?:(?! ON PARAMETER ).)*) TO (?P<member>"(?:[^"]|"")+"|\w+)'
    r"(?: WITH (?P<options>.*?))?(?: GRANTED BY .*)?;"
)
_NAMED = 3  # words of a statement that name it


def globals_take_part(sides: Both[Side], scope: Scope) -> bool:
    """Whether all that pg_dumpall writes is compared, and both sides may ask it."""
    declared = scope.declared.source.keys() | scope.declared.target.keys()
    return (
        scope.globals
        and scope.parts != "data"
        and "role" not in declared
        and all(side.superuser for side in sides)
        and sides[0].bootstrap == sides[1].bootstrap
    )


def opinion_on_globals(
    addresses: Both[Address],
    sides: Both[Side],
    *,
    tools: Path,
    found: Sequence[Finding],
    passwords: bool = True,
) -> Opinion:
    """Dump both servers' globals and hold the answer against the catalogs'.

    pg_dumpall takes no snapshot: where it alone sees something it is asked again, so that a role
    that somebody makes on both servers meanwhile is no difference.
    """
    asked = Both(*zip(addresses, sides, strict=True))
    told = [finding for finding in found if globals_tell(finding)]

    def ask() -> Opinion:
        dumps = asked.at_once(lambda one: _dump(*one, tools=tools, passwords=passwords))
        return judge_dumps(*dumps.map(Counter), told, found=found, by="pg_dumpall")

    opinion = ask()
    return ask() if opinion.findings else opinion


def globals_tell(finding: Finding) -> bool:
    """Whether the globals of a server say what this finding is about."""
    if finding.kind == Kind.ROLE_SETTING:
        return finding.object != "ALL" and not (finding.column or "").endswith(" (in database)")
    if finding.kind == Kind.TABLESPACE and finding.object.startswith("pg_"):
        return False  # built in
    parameter = finding.kind == Kind.ACL and finding.object.startswith("parameter ")
    return finding.kind in _KINDS or parameter


def start_globals_dumps(addresses: Both[Address], sides: Both[Side], *, tools: Path) -> None:
    """Let pg_dumpall work before its opinion is needed."""
    for address, side in zip(addresses, sides, strict=True):
        start_dump(_argv(address, tools=tools), address, side)


def _dump(address: Address, side: Side, *, tools: Path, passwords: bool) -> list[Statement]:
    text = run_dump(_argv(address, tools=tools), address, side)
    return list(
        _statements(text, bootstrap=side.bootstrap, common=side.common, passwords=passwords)
    )


def _argv(address: Address, *, tools: Path) -> list[str]:
    return [str(tools / "pg_dumpall"), "--globals-only", "--no-password",
            f"--database={address.database}", f"--dbname={connection_string(address)}"]  # fmt: skip


def _statements(
    dump: str, *, bootstrap: str, common: int, passwords: bool = True
) -> Iterator[Statement]:
    """Lines, passwords as marks or left out: the bootstrap superuser's is the server's own.

    Where `common`, the lower major version, has no options of memberships, each is written with
    what it does, and without its grantor.
    """
    closed = set[str]()
    for line in dump.splitlines():
        if not line or line.startswith(("--", "\\", "SET ")):
            continue
        words = " ".join(line.split(" ")[:_NAMED])
        own = words in (f"ALTER ROLE {bootstrap}", f'ALTER ROLE "{bootstrap}"')
        text = _PASSWORD.sub("" if own or not passwords else _marked, line)
        if words.startswith("ALTER ROLE ") and " NOINHERIT " in line:
            closed.add(words.split(" ")[2])
        if common < 16 and (granted := _MEMBERSHIP.fullmatch(text)):
            text = _written_later(granted, closed)
        if words.startswith("CREATE TABLESPACE"):
            text = _LOCATION.sub("", text)
        yield Statement(words, text)


def _written_later(granted: re.Match[str], closed: Set[str]) -> str:
    """A membership as 16 writes it; one of `closed` roles inherits nothing unless that is said."""
    options = granted["options"] or ""
    if "INHERIT" not in options:
        inherits = "INHERIT FALSE" if granted["member"] in closed else "INHERIT TRUE"
        options = ", ".join(filter(None, (options, inherits)))
    return f"GRANT {granted['role']} TO {granted['member']} WITH {options};"


def _marked(match: re.Match[str]) -> str:
    return f" PASSWORD '{RUN.of(match[1])}'"
