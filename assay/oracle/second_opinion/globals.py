"""The second opinion about what reaches beyond a database: pg_dumpall of both sides."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assay.oracle.second_opinion.schema import Opinion, connection_string, judge_dumps, run_dump
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
    found: Iterable[Finding],
    passwords: bool = True,
) -> Opinion:
    """Dump both servers' globals and hold the answer against the catalogs'.

    pg_dumpall takes no snapshot: who makes a role meanwhile makes a disagreement.
    """
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(_dump, address, side, tools=tools, passwords=passwords)
            for address, side in zip(addresses, sides, strict=True)
        ]
        source, target = (Counter(job.result()) for job in jobs)
    return judge_dumps(source, target, [f for f in found if globals_tell(f)], by="pg_dumpall")


def globals_tell(finding: Finding) -> bool:
    """Whether the globals of a server say what this finding is about."""
    if finding.kind == Kind.ROLE_SETTING:
        return finding.object != "ALL" and not (finding.column or "").endswith(" (in database)")
    parameter = finding.kind == Kind.ACL and finding.object.startswith("parameter ")
    return finding.kind in _KINDS or parameter


def _dump(address: Address, side: Side, *, tools: Path, passwords: bool) -> list[Statement]:
    argv = [str(tools / "pg_dumpall"), "--globals-only", "--no-password",
            f"--database={address.database}", f"--dbname={connection_string(address)}"]  # fmt: skip
    text = run_dump(argv, address, side)
    return list(_statements(text, bootstrap=side.bootstrap, passwords=passwords))


def _statements(dump: str, *, bootstrap: str, passwords: bool = True) -> Iterator[Statement]:
    """Lines, passwords as marks or left out: the bootstrap superuser's is the server's own."""
    for line in dump.splitlines():
        if not line or line.startswith(("--", "\\", "SET ")):
            continue
        words = " ".join(line.split(" ")[:_NAMED])
        own = words in (f"ALTER ROLE {bootstrap}", f'ALTER ROLE "{bootstrap}"')
        text = _PASSWORD.sub("" if own or not passwords else _marked, line)
        if words.startswith("CREATE TABLESPACE"):
            text = _LOCATION.sub("", text)
        yield Statement(words, text)


def _marked(match: re.Match[str]) -> str:
    return f" PASSWORD '{RUN.of(match[1])}'"
