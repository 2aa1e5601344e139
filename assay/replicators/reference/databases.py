"""Databases on the target: made, brought in line with the source, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg

from assay.errors import AssayError
from assay.postgres.session import Connection, fetch, identifier, scalar
from assay.replicators.reference import script, tools
from assay.replicators.reference.context import Run, exists, maintenance, session

_PLACE = (  # what cannot be changed once a database is there
    "select to_jsonb(d)->>'encoding', to_jsonb(d)->>'datlocprovider', datcollate, datctype, "
    "coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale') "
    "from pg_catalog.pg_database d where datname = %s"
)


def drop_database(run: Run, database: str) -> None:
    """Remove a database of the target together with what followed it."""
    with maintenance(run.target) as server:
        if not exists(server, database):
            return
        with session(run.target.at(database)) as connection:
            drop_subscriptions(connection)
        server.execute(f"drop database {identifier(database)} with (force)".encode())


def drop_subscriptions(connection: Connection) -> None:
    """Remove the subscriptions of a database; their slots are left to their owners."""
    names = fetch(
        connection,
        "select subname from pg_catalog.pg_subscription where subdbid = "
        "(select oid from pg_catalog.pg_database where datname = current_database())",
    )
    for (name,) in names:
        quoted = identifier(name)
        connection.execute(f"alter subscription {quoted} disable".encode())
        connection.execute(f"alter subscription {quoted} set (slot_name = none)".encode())
        connection.execute(f"drop subscription {quoted}".encode())


def provide(run: Run, database: str, archive: Path) -> bool:
    """See that the target has the database, empty and of the source's locale; True if made."""
    with maintenance(run.source) as source, maintenance(run.target) as target:
        there = exists(target, database)
        same = fetch(source, _PLACE, database) == fetch(target, _PLACE, database)
        if there and same:
            target.execute(f"alter database {identifier(database)} reset all".encode())
            return False
        if there:  # empty, else it would have been refused: nothing is lost
            run.warn(f"database {database} is made again: its encoding or locale differs")
            target.execute(f"drop database {identifier(database)}".encode())
        for statement in _script(archive):
            if statement.startswith("CREATE DATABASE"):
                target.execute(statement.encode())
    return True


def align(run: Run, database: str, archive: Path) -> None:
    """Give the target's database the owner, privileges, comment and settings of the source's."""
    with maintenance(run.source) as source, maintenance(run.target) as target:
        owner = scalar(
            source,
            "select pg_catalog.pg_get_userbyid(datdba) from pg_catalog.pg_database "
            "where datname = %s",
            database,
        )
        for statement in _reset(target, database, owner):
            target.execute(statement.encode())
        for statement in _script(archive):
            if statement.startswith(("CREATE DATABASE", "SET ", "SELECT ")):
                continue
            try:
                target.execute(statement.encode())
            except psycopg.Error as error:
                raise AssayError(
                    f"A property of database {database} cannot be set on the target.",
                    evidence=f"{statement.splitlines()[0]}: {error.diag.message_primary}",
                ) from error


def _reset(target: Connection, database: str, owner: str) -> Iterator[str]:
    quoted = identifier(database)
    yield f"alter database {quoted} owner to {identifier(owner)}"
    yield f"alter database {quoted} connection limit -1"
    yield f"alter database {quoted} reset all"
    yield f"comment on database {quoted} is null"
    for (role,) in fetch(
        target,
        "select r.rolname from pg_catalog.pg_db_role_setting s "
        "join pg_catalog.pg_roles r on r.oid = s.setrole "
        "join pg_catalog.pg_database d on d.oid = s.setdatabase where d.datname = %s",
        database,
    ):
        yield f"alter role {identifier(role)} in database {quoted} reset all"
    grantees = fetch(
        target,
        "select distinct case a.grantee when 0 then null else a.grantee::regrole::text end "
        "from pg_catalog.pg_database d cross join lateral pg_catalog.aclexplode(d.datacl) a "
        "where d.datname = %s",
        database,
    )
    if grantees:
        for (grantee,) in grantees:
            yield f"revoke all on database {quoted} from {grantee or 'public'} cascade"
        yield f"grant all on database {quoted} to {identifier(owner)}"
        yield f"grant connect, temporary on database {quoted} to public"


def _script(archive: Path) -> list[str]:
    """The statements that an archive holds about its database itself."""
    listed = tools.run("pg_restore", "--list", str(archive)).stdout.splitlines()
    wanted = [line for line in listed if _about_database(line)]
    table = archive.with_suffix(".databases")
    table.write_text("\n".join(wanted) + "\n", encoding="utf-8")
    text = tools.run("pg_restore", "--create", f"--use-list={table}", "--file=-", str(archive))
    return list(script.statements(text.stdout))


def _about_database(line: str) -> bool:
    words = line.split(maxsplit=7)[3:]
    return words[:3] in (["ACL", "-", "DATABASE"], ["COMMENT", "-", "DATABASE"]) or words[:4] == [
        "SECURITY",
        "LABEL",
        "-",
        "DATABASE",
    ]
