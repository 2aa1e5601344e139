"""The stream: publication and replica identities before it, subscription and triggers for it.

What has to be put back at cut-over is kept where it belongs: the replica identities in the
publication's comment on the source, the trigger states in the subscription's on the target.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import psycopg

from assay.clock import wait_until
from assay.errors import AssayError, Refused, TimedOut
from assay.postgres.session import Connection, fetch, identifier, literal, scalar
from assay.replicators.reference import tools
from assay.replicators.reference.catalog import needs_full, slot_position
from assay.replicators.reference.context import QUIET, Run, name_of, session
from assay.replicators.reference.selection import Selected

ACTIVE_WITHIN = 60.0
DRAINED_WITHIN = 110.0

_TRIGGERS = """
select n.nspname, c.relname, t.tgname, t.tgenabled::text
  from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where not t.tgisinternal and t.tgenabled in ('A', 'R')
 order by 1, 2, 3
"""
_ENABLE = {"A": "enable always trigger", "R": "enable replica trigger"}
_ERRORS = (
    "select s.apply_error_count from pg_catalog.pg_stat_subscription_stats s where s.subname = %s"
)


def prepare_source(run: Run, chosen: Selected) -> str:
    """Publish the tables, so that every UPDATE and DELETE on them can be carried; the name used.

    It comes before the slot: changes are decoded by the catalogs as they were at the time.
    """
    with session(run.source.at(chosen.database), settings={"lock_timeout": "90s"}) as connection:
        name = name_of(connection, chosen.database)
        wanted = {table.key for table in chosen.storing}
        identities = [row for row in needs_full(connection) if row[:2] in wanted]
        state = json.dumps(
            {"identities": identities, "excluded": chosen.excluded}, ensure_ascii=False
        )
        with connection.transaction():
            for schema, table, _ in identities:
                connection.execute(
                    f"alter table only {identifier(schema, table)} replica identity full".encode()
                )
            connection.execute(f"create publication {identifier(name)} {_what(chosen)}".encode())
            connection.execute(
                f"comment on publication {identifier(name)} is {literal(state)}".encode()
            )
    return name


def withdraw_source(run: Run, database: str) -> None:
    """Take slot, publication and replica identities back; nothing happens where there are none."""
    with session(run.source.at(database)) as connection:
        name = name_of(connection, database)
        position = slot_position(connection, name)
        if position is not None:
            _wait_inactive(connection, name)
            connection.execute("select pg_catalog.pg_drop_replication_slot(%s)", (name,))
        state = source_state(connection, name)
        if state is None:
            return
        with connection.transaction():
            restore_identities(connection, state)
            connection.execute(f"drop publication {identifier(name)}".encode())


def source_state(connection: Connection, name: str) -> dict[str, Any] | None:
    """What was noted in the publication's comment; None when we publish nothing."""
    return _noted(
        connection,
        "select coalesce(pg_catalog.obj_description(oid, 'pg_publication'), '{}') "
        "from pg_catalog.pg_publication where pubname = %s",
        name,
    )


def target_state(connection: Connection, name: str) -> dict[str, Any] | None:
    """What was noted in the subscription's comment; None when this database has none of ours."""
    return _noted(
        connection,
        "select coalesce(pg_catalog.obj_description(oid, 'pg_subscription'), '{}') "
        "from pg_catalog.pg_subscription where subname = %s and subdbid = (select oid "
        "from pg_catalog.pg_database where datname = current_database())",
        name,
    )


def restore_identities(connection: Connection, state: dict[str, Any]) -> None:
    """Put replica identities back as they were before."""
    for schema, table, clause in state.get("identities", []):
        relation = identifier(schema, table)
        if scalar(connection, "select to_regclass(%s) is not null", relation):
            connection.execute(f"alter table only {relation} replica identity {clause}".encode())


def subscribe(run: Run, database: str, name: str, *, origin: str | None = None) -> None:
    """Subscribe from the slot's position on, with triggers of the target out of the way.

    The password is stored in the subscription, as every subscription's is: the target's server
    connects by itself and cannot read our passfile. It goes away at cut-over.
    """
    quoted = identifier(name)
    with session(run.target.at(database), settings=QUIET) as connection:
        triggers = fetch(connection, _TRIGGERS)
        state = json.dumps({"triggers": triggers}, ensure_ascii=False)
        options = (
            f"create_slot = false, slot_name = {literal(name)}, "
            f"copy_data = {str(run.options.copy_again).lower()}, enabled = false"
        )
        if connection.info.server_version >= 160000:
            # Row security and privileges of table owners must not stop the rows.
            options += ", run_as_owner = true"
        try:
            with connection.transaction():
                connection.execute(
                    f"create subscription {quoted} connection {literal(_peer(run, database))} "
                    f"publication {quoted} with ({options})".encode()
                )
                connection.execute(f"comment on subscription {quoted} is {literal(state)}".encode())
                for schema, table, trigger, _ in triggers:
                    connection.execute(
                        f"alter table only {identifier(schema, table)} disable trigger "
                        f"{identifier(trigger)}".encode()
                    )
                if origin is not None:
                    connection.execute(
                        "select pg_catalog.pg_replication_origin_advance('pg_' || oid, %s::pg_lsn) "
                        "from pg_catalog.pg_subscription where subname = %s",
                        (origin, name),
                    )
        except psycopg.Error as error:
            raise AssayError(
                f"The subscription for database {database} could not be created.",
                evidence=str(error.diag.message_primary or error),
                remedy="the target's server must reach the source at the host and port of --source",
            ) from None
        connection.execute(f"alter subscription {quoted} enable".encode())


def unsubscribe(run: Run, database: str, name: str) -> str | None:
    """Remove the subscription and put triggers back, keeping the slot; the position it was at."""
    quoted = identifier(name)
    with session(run.target.at(database)) as connection:
        state = target_state(connection, name) or {}
        connection.execute(f"alter subscription {quoted} disable".encode())
        wait_until(
            lambda: not _worker(connection, name),
            what="the apply worker to end",
            timeout=30,
            every=0.01,
        )
        origin = scalar(
            connection,
            "select pg_catalog.pg_replication_origin_progress('pg_' || oid, true)::text "
            "from pg_catalog.pg_subscription where subname = %s",
            name,
        )
        connection.execute(f"alter subscription {quoted} set (slot_name = none)".encode())
        with connection.transaction():
            for schema, table, trigger, enabled in state.get("triggers", []):
                relation = identifier(schema, table)
                connection.execute(
                    f"alter table only {relation} {_ENABLE[enabled]} {identifier(trigger)}".encode()
                )
            connection.execute(f"comment on subscription {quoted} is null".encode())
            connection.execute(f"drop subscription {quoted}".encode())
    return None if origin is None else str(origin)


def wait_active(run: Run, database: str, name: str) -> None:
    """Wait until the stream runs; AssayError with the cause when it does not."""
    with session(run.source.at(database)) as source, session(run.target.at(database)) as target:
        applying = _Applying(target, database, name)

        def active() -> bool:
            applying.refuse_stuck()
            position = slot_position(source, name)
            return position is not None and position[0] and _worker(target, name)

        try:
            wait_until(
                active,
                what=f"replication of {database} to begin",
                timeout=ACTIVE_WITHIN,
                every=0.01,
            )
        except TimedOut as error:
            raise AssayError(
                f"Replication of database {database} did not begin.",
                evidence=f"slot {name}: {slot_position(source, name)}",
                remedy="read the target's server log; the source must be reachable from there",
            ) from error


def drain(run: Run, database: str, name: str) -> None:
    """Wait until the target has applied all that the source had written when we were called."""
    with session(run.source.at(database)) as source, session(run.target.at(database)) as target:
        wanted = scalar(source, "select pg_catalog.pg_current_wal_lsn()::text")

        applying = _Applying(target, database, name)

        def arrived() -> bool:
            applying.refuse_stuck()
            return bool(
                scalar(
                    source,
                    "select confirmed_flush_lsn >= %s::pg_lsn "
                    "from pg_catalog.pg_replication_slots where slot_name = %s",
                    wanted,
                    name,
                )
            )

        try:
            wait_until(arrived, what=f"position {wanted}", timeout=DRAINED_WITHIN, every=0.01)
        except TimedOut as error:
            raise AssayError(
                f"The target did not catch up with database {database}.",
                evidence=f"wanted {wanted}; slot {name}: {slot_position(source, name)}",
                remedy="stop the writers, read the target's server log, then try again",
            ) from error


def refuse_not_followed(run: Run, database: str) -> str:
    """The name of slot and publication that init kept; Refused when they are not there."""
    with session(run.source.at(database), read_only=True) as connection:
        name = name_of(connection, database)
        kept = slot_position(connection, name)
        if kept is None or source_state(connection, name) is None:
            raise Refused(
                f"There is nothing to follow for database {database}.",
                evidence=f"the source has no slot and publication {name}",
                remedy="take the snapshot with init --no-sync --keep-slot, or with plain init",
            )
    return name


def _what(chosen: Selected) -> str:
    if not chosen.excluded:
        return "for all tables"
    tables = [identifier(table.schema, table.name) for table in chosen.storing]
    return "for table " + ", ".join(f"only {table}" for table in tables) if tables else ""


def _peer(run: Run, database: str) -> str:
    """How the target's server reaches the source; the subscription names itself there."""
    source = run.source.at(database)
    return tools.conninfo(source, password=source.password.reveal(), application_name=None)


def _noted(connection: Connection, query: str, name: str) -> dict[str, Any] | None:
    rows = fetch(connection, query, name)
    if not rows:
        return None
    noted: dict[str, Any] = json.loads(rows[0][0])
    return noted


def _worker(connection: Connection, name: str) -> bool:
    return bool(
        scalar(
            connection,
            "select exists (select from pg_catalog.pg_stat_subscription "
            "where subname = %s and relid is null and pid is not null)",
            name,
        )
    )


def _wait_inactive(connection: Connection, name: str) -> None:
    wait_until(
        lambda: not (slot_position(connection, name) or (False, 0))[0],
        what=f"slot {name} to be released",
        timeout=30,
        every=0.01,
    )


@dataclass(slots=True)
class _Applying:
    """Notices an apply worker that fails again and again while we wait."""

    connection: Connection
    database: str
    name: str
    before: int = field(init=False)

    def __post_init__(self) -> None:
        self.before = self._errors()

    def refuse_stuck(self) -> None:
        """AssayError when the worker has failed twice since we began: once may pass by itself."""
        since = self._errors() - self.before
        if since > 1:
            raise AssayError(
                f"The target cannot apply a change of database {self.database}.",
                evidence=f"pg_stat_subscription_stats counts {since} errors for {self.name}",
                remedy="read the target's server log: it names the table and the reason",
            )

    def _errors(self) -> int:
        if self.connection.info.server_version < 150000:
            return 0  # not counted before 15; the wait's own end decides
        rows = fetch(self.connection, _ERRORS, self.name)
        return int(rows[0][0]) if rows else 0
