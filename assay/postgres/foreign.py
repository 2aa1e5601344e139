"""Removing from somebody's servers what runs recorded there: in an order that works, or told."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from assay.errors import AssayError, ServerError
from assay.postgres import made
from assay.postgres.address import Address
from assay.postgres.restore import detach_database, free_database
from assay.postgres.session import Connection, connect, fetch, identifier

APPLICATION = "assay/restore"


@dataclass(frozen=True, slots=True)
class Side:
    """One server, and what runs made there: pairs of kind and name."""

    address: Address  # of the database `postgres`
    things: Sequence[tuple[str, str]]

    def named(self, kind: str) -> list[str]:
        """The names of one kind."""
        return [name for what, name in self.things if what == kind]


@dataclass(slots=True)
class _Left:
    """What could not be removed, a line each."""

    lines: list[str] = field(default_factory=list)

    @contextmanager
    def noting(self, address: Address, what: str) -> Iterator[None]:
        """Go on after a failure, which becomes a line."""
        try:
            yield
        except (psycopg.Error, AssayError) as error:
            why = " ".join(str(error).split())
            self.lines.append(f"{address.host}:{address.port}: {what}: {why}")


def remove(sides: Sequence[Side]) -> list[str]:
    """Remove it all; a line for each thing that is still there, with the reason.

    Subscriptions of both sides go first, since each may hold a slot on the other; then databases,
    and with them what roles own there; roles last, whoever granted what to whom.
    """
    left = _Left()
    for side in sides:
        for database in side.named("database"):
            with (
                left.noting(side.address, f"subscriptions of {database}"),
                connect(side.address, application=APPLICATION) as connection,
            ):
                detach_database(connection, side.address, database)
    for side in sides:
        with (
            left.noting(side.address, "the server"),
            connect(side.address, application=APPLICATION) as connection,
        ):
            for database in side.named("database"):
                with left.noting(side.address, f"database {database}"):
                    free_database(connection, side.address, database)
                    made.drop(connection, "database", database)
            _drop_roles(connection, side, left)
    return left.lines


def all_recorded(address: Address) -> Side:
    """All that runs recorded on a server and did not remove."""
    with connect(address, application=APPLICATION) as connection:
        return Side(address, made.recorded(connection))


def check_gone(left: Sequence[str]) -> None:
    """ServerError that says what is left, and what ends it."""
    if left:
        raise ServerError(
            "What this run made on a server given by URL is not all removed.",
            evidence="\n".join(left),
            remedy="end whoever uses it, then: assay lease revoke URL",
        )


def _drop_roles(connection: Connection, side: Side, left: _Left) -> None:
    """What they own and were granted first, then themselves: members before those that granted."""
    waiting = side.named("role")
    for role in waiting:
        made.check_mine(connection, "role", role)
    for database, roles in _owners(connection, waiting).items():
        with connect(side.address.at(database), application=APPLICATION) as inside:
            _drop_owned(inside, roles)
    while waiting:
        refused = [role for role in waiting if not _dropped(connection, role)]
        if len(refused) == len(waiting):
            break
        waiting = refused
    for role in waiting:
        with left.noting(side.address, f"role {role}"):
            made.drop(connection, "role", role)


def _dropped(connection: Connection, role: str) -> bool:
    try:
        made.drop(connection, "role", role)
    except psycopg.errors.DependentObjectsStillExist:
        return False
    return True


def _owners(connection: Connection, roles: Sequence[str]) -> dict[str, list[str]]:
    """The databases that know roles of ours, and which of them."""
    found: dict[str, list[str]] = {}
    for database, role in fetch(connection, _KNOWS, list(roles)):
        found.setdefault(str(database), []).append(str(role))
    return found


def _drop_owned(connection: Connection, roles: Sequence[str]) -> None:
    """All at once, since they may own parts of each other's; else as many as can be.

    What of somebody else's hangs on them is not dropped: then the role stays, and says why.
    """
    try:
        _drop_owned_by(connection, roles)
    except psycopg.errors.DependentObjectsStillExist:
        for role in roles:
            with contextlib.suppress(psycopg.errors.DependentObjectsStillExist):
                _drop_owned_by(connection, [role])


def _drop_owned_by(connection: Connection, roles: Sequence[str]) -> None:
    connection.execute(f"drop owned by {', '.join(map(identifier, roles))}".encode())


# Shared objects (grants of roles and on databases) stand under no database: any session removes it.
_KNOWS = """
select distinct coalesce(d.datname, 'postgres'), r.rolname
from pg_shdepend s join pg_roles r on r.oid = s.refobjid
left join pg_database d on d.oid = s.dbid
where s.refclassid = 'pg_authid'::regclass and (s.dbid = 0 or d.datallowconn)
  and r.rolname = any(%s)
order by 1, 2
"""
