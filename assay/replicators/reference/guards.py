"""What is refused before the first change."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from assay.errors import Refused, SetupError
from assay.postgres.session import Connection, fetch, identifier, scalar
from assay.replicators.reference import tools
from assay.replicators.reference.catalog import columns, needs_full, user_objects
from assay.replicators.reference.context import Run, exists, maintenance, name_of, session
from assay.replicators.reference.equality import heed_equal_rows
from assay.replicators.reference.selection import Selected, Table


def refuse_same_database(run: Run, selected: Iterable[Selected]) -> None:
    """Refuse when a database would be copied onto itself, however the URLs are written."""
    query = "select system_identifier::text from pg_catalog.pg_control_system()"
    number = "select oid from pg_catalog.pg_database where datname = %s"
    with maintenance(run.source) as source, maintenance(run.target) as target:
        system = scalar(source, query)
        if system != scalar(target, query):
            return
        for chosen in selected:
            here = fetch(source, number, chosen.database)
            if here and here == fetch(target, number, chosen.database):
                raise Refused(
                    f"Source and target are the same database: {chosen.database}.",
                    evidence=f"system identifier {system}, database oid {here[0][0]} on both sides",
                    remedy="give --target the URL of another server",
                )
    raise Refused(
        "Source and target are one server, where a database would be copied onto itself.",
        evidence=f"system identifier {system} on both sides",
        remedy="give --target the URL of another server",
    )


def refuse_used_target(run: Run, selected: Iterable[Selected]) -> None:
    """Refuse a target database that holds anything of a user."""
    with maintenance(run.target) as server:
        present = [chosen.database for chosen in selected if exists(server, chosen.database)]
    for database in present:
        with session(run.target.at(database), read_only=True) as connection:
            if found := user_objects(connection):
                raise Refused(
                    f"The target database {database} already exists and contains data.",
                    evidence=f"found {', '.join(found)}",
                    remedy="use --drop-existing to replace it, or give another target",
                )


def refuse_followed(run: Run, selected: Iterable[Selected]) -> None:
    """Refuse when publication or slot of an earlier init are still on the source."""
    for chosen in selected:
        with session(run.source.at(chosen.database), read_only=True) as connection:
            name = name_of(connection, chosen.database)
            left = fetch(
                connection,
                "select 'publication ' || pubname from pg_catalog.pg_publication where pubname = %s"
                " union all select 'slot ' || slot_name from pg_catalog.pg_replication_slots"
                " where slot_name = %s",
                name,
                name,
            )
        if left:
            raise Refused(
                f"The database {chosen.database} is being followed already.",
                evidence=f"the source has {', '.join(row[0] for row in left)}",
                remedy="end it with cutover, or start over with init --drop-existing",
            )


def refuse_unfollowable(run: Run, selected: Iterable[Selected]) -> None:
    """Refuse what a stream would lose in silence, or stop at; warn of what it might."""
    for chosen in selected:
        refuse_unlogged(run, chosen)
        with session(run.source.at(chosen.database), read_only=True) as connection:
            _refuse_uncomparable(connection, chosen)
        heed_equal_rows(run, chosen)
    with maintenance(run.source) as source:
        refuse_wal_level(source)
        _refuse_scarce(source, len(list(selected)))


def refuse_unlogged(run: Run, chosen: Selected) -> None:
    """Refuse to follow unlogged tables: their changes are not in the WAL."""
    unlogged = [str(table) for table in chosen.storing if table.persistence == "u"]
    if unlogged and not run.options.accept_unlogged:
        raise Refused(
            f"Unlogged tables cannot be followed: {', '.join(unlogged)}.",
            evidence="their changes are not written to the WAL, so none would arrive",
            remedy="ALTER TABLE ... SET LOGGED on the source, or leave them out with "
            "--exclude-tables; init --no-sync copies them once",
        )


def refuse_wal_level(source: Connection) -> None:
    """Refuse a source that does not decode its WAL."""
    level = scalar(source, "select current_setting('wal_level')")
    if level != "logical":
        raise Refused(
            "Following needs wal_level = logical on the source.",
            evidence=f"wal_level is {level}",
            remedy="ALTER SYSTEM SET wal_level = logical and restart the source, or init --no-sync",
        )


def refuse_missing_tools(run: Run) -> None:
    """Refuse when a client program is missing or older than the source."""
    with maintenance(run.source) as source:
        server = int(scalar(source, "select current_setting('server_version_num')")) // 10000
    for program in tools.PROGRAMS:
        if (client := tools.major(program)) < server:
            raise SetupError(
                f"{program} {client} is older than the source, PostgreSQL {server}.",
                remedy=f"put the client programs of PostgreSQL {server} first in PATH",
            )


def refuse_missing_tablespaces(run: Run) -> None:
    """Refuse when the source uses tablespaces that the target does not have."""
    query = "select spcname from pg_catalog.pg_tablespace where spcname !~ '^pg_'"
    with maintenance(run.source) as source, maintenance(run.target) as target:
        missing = set(fetch(source, query)) - set(fetch(target, query))
    if missing:
        raise Refused(
            f"The target lacks tablespaces: {', '.join(sorted(row[0] for row in missing))}.",
            remedy="CREATE TABLESPACE them there; their folders cannot be guessed",
        )


def refuse_few_workers(target: Connection, wanted: int) -> None:
    """Refuse when the target has no worker left for another subscription."""
    limit = int(scalar(target, "select current_setting('max_logical_replication_workers')"))
    used = scalar(target, "select count(*) from pg_catalog.pg_subscription where subenabled")
    if used + wanted > limit:
        raise Refused(
            "The target has no logical replication worker left.",
            evidence=f"max_logical_replication_workers = {limit}, {used} in use, {wanted} wanted",
            remedy="raise max_logical_replication_workers on the target and restart it",
        )


def _refuse_scarce(source: Connection, wanted: int) -> None:
    for setting, view in (
        ("max_replication_slots", "pg_catalog.pg_replication_slots"),
        ("max_wal_senders", "pg_catalog.pg_stat_replication"),
    ):
        limit = int(scalar(source, "select current_setting(%s)", setting))
        used = scalar(source, f"select count(*) from {view}")
        if used + wanted > limit:
            raise Refused(
                f"The source has no room left for {wanted} more under {setting}.",
                evidence=f"{setting} = {limit}, {used} in use",
                remedy=f"raise {setting} on the source and restart it",
            )


def _refuse_uncomparable(connection: Connection, chosen: Selected) -> None:
    """REPLICA IDENTITY FULL finds rows by equality, which json and some others do not have."""
    wanted = {table.key for table in chosen.storing}
    for schema, name, _ in needs_full(connection, include_full=True):
        if (schema, name) not in wanted:
            continue
        listed = ", ".join(identifier(column) for column in columns(connection, schema, name))
        if not listed:
            continue
        try:
            connection.execute(
                f"select 1 from only {identifier(schema, name)} group by {listed} limit 0".encode()
            )
        except psycopg.errors.UndefinedFunction as error:
            raise Refused(
                f"The table {Table(schema, name, 'r', 'p')} has no key and cannot be followed.",
                evidence=str(error).splitlines()[0],
                remedy="give it a primary key, or leave it out with --exclude-tables",
            ) from error
