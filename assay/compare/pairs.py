"""Which pairs of databases a call is about: two that are named, a file of them, two clusters."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from assay.errors import UsageError
from assay.oracle.session.side import as_str
from assay.oracle.words.both import Both
from assay.postgres.session import fetch, limit, resolved

REMEDY = (
    "leave the password out and give it in a password file (PGPASSFILE, ~/.pgpass), a service"
    " (service=NAME) or PGPASSWORD"
)
_DATABASES = """select datname from pg_database
    where datallowconn and not datistemplate order by datname"""


@dataclass(frozen=True, slots=True)
class Named:
    """Connection strings of a pair; `only` says on which side alone there is such a database.

    `roles` False: what reaches beyond the database is compared with another pair.
    """

    both: Both[str]
    name: str = ""
    only: str = ""
    roles: bool = True


def named_pairs(arguments: argparse.Namespace) -> list[Named]:
    """The pairs, in the order in which they are compared. Raises UsageError."""
    several = arguments.pairs is not None or arguments.cluster
    for option in ("html", "sql"):
        if several and getattr(arguments, option):
            raise UsageError(
                f"--{option} is about one pair.", remedy="call assay compare for that pair alone"
            )
    if arguments.pairs is not None:
        if arguments.source is not None or arguments.cluster:
            raise UsageError("--from FILE stands instead of SOURCE and TARGET, and of --cluster.")
        return list(_listed(arguments.pairs))
    if arguments.target is None:
        raise UsageError(
            "SOURCE and TARGET are missing.",
            remedy="assay compare SOURCE TARGET, or --from FILE with a pair on each line",
        )
    both = Both(arguments.source, arguments.target).map(_without_password)
    return list(_of_clusters(both)) if arguments.cluster else [Named(both)]


def _listed(path: Path) -> Iterator[Named]:
    """Pairs of a file: two words on each line, quoted as in a shell; # begins a comment."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read.", evidence=str(error)) from error
    found = 0
    for number, line in enumerate(lines, 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: {error}.") from error
        if words and len(words) != 2:
            raise UsageError(
                f"{path}, line {number} is no SOURCE and TARGET.",
                evidence=f"{len(words)} words",
                remedy="quote connection strings that hold blanks",
            )
        if words:
            found += 1
            yield Named(Both(*map(_without_password, words)))
    if not found:
        raise UsageError(f"{path} names no pair.")


def _of_clusters(both: Both[str]) -> Iterator[Named]:
    """Every database of both servers by its name; roles and tablespaces once."""
    names = both.at_once(_databases)
    roles = True
    for name in sorted(set(names.source) | set(names.target)):
        pair = both.map(lambda text, name=name: make_conninfo(text, dbname=name))  # type: ignore[misc]
        if name not in names.target:
            yield Named(pair, name, only="source")
        elif name not in names.source:
            yield Named(pair, name, only="target")
        else:
            yield Named(pair, name, roles=roles)
            roles = False


def _databases(conninfo: str) -> list[str]:
    with resolved(conninfo, application="assay compare") as (_, connection):
        limit(connection, read_only=True)
        return [as_str(name) for (name,) in fetch(connection, _DATABASES)]


def _without_password(text: str) -> str:
    """The connection string; UsageError where it holds what everybody could read."""
    try:
        given = conninfo_to_dict(text)
    except psycopg.ProgrammingError as error:
        secret = "@" in text or "password" in text.lower()  # libpq repeats what it cannot read
        raise UsageError(
            "A connection string is malformed.",
            evidence="" if secret else str(error).strip(),
            remedy="write postgresql://user@host:port/database, or keywords and values",
        ) from error
    if given.get("password") or given.get("sslpassword"):
        raise UsageError("A password on the command line is visible to everybody.", remedy=REMEDY)
    return text
