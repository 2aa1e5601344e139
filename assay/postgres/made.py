"""What runs made on a foreign server, recorded there beforehand; the only place that drops it."""

from __future__ import annotations

from assay.errors import Refused
from assay.postgres import guards
from assay.postgres.grants import identity, read_grant
from assay.postgres.restore import drop_database
from assay.postgres.session import Connection, fetch, identifier


def record(connection: Connection, kind: str, name: str) -> None:
    """Write down, in the server, what is about to be made there."""
    guards.check_name(name)
    connection.execute(
        "insert into assay.made (kind, name) values (%s, %s) on conflict do nothing", (kind, name)
    )


def recorded(connection: Connection) -> list[tuple[str, str]]:
    """What runs made there and have not removed, databases first."""
    return [
        (str(kind), str(name))
        for kind, name in fetch(connection, "select kind, name from assay.made order by 1, 2")
    ]


def drop(connection: Connection, kind: str, name: str) -> None:
    """The only way something is dropped on a foreign server: prefix, lease and record at once.

    All three are checked on the connection that drops; for a role in the same transaction, which
    PostgreSQL does not allow for databases.
    """
    guards.check_name(name)
    if kind == "role":
        with connection.transaction():
            check_mine(connection, kind, name)
            connection.execute(f"drop role if exists {identifier(name)}".encode())
    else:
        check_mine(connection, kind, name)
        drop_database(connection, name)
    connection.execute("delete from assay.made where kind = %s and name = %s", (kind, name))


def check_mine(connection: Connection, kind: str, name: str) -> None:
    """Refused for what is not recorded in the server, or not under a lease of this user's."""
    guards.check_name(name)
    known = fetch(
        connection,
        "select exists (select from assay.made where kind = %s and name = %s),"
        " (select nonce from assay.lease order by created_at desc limit 1)",
        kind,
        name,
    )[0]
    mine = read_grant(identity(connection))
    if not known[0] or mine is None or mine.nonce != known[1]:
        raise Refused(
            f"The {kind} is not in the lease (S1).",
            evidence=f"{name}: recorded {known[0]}, lease held {mine is not None}",
        )
