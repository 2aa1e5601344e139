"""Bringing a server of our own back to its baseline."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from assay.clock import wait_until
from assay.postgres.address import Address
from assay.postgres.baseline import Difference, Item
from assay.postgres.session import Connection, connect, fetch, identifier, literal, scalar

PATIENCE = 5.0  # seconds for a backend to end after it was told to


def detach(address: Address, subscriptions: Sequence[Item]) -> None:
    """Drop subscriptions without asking their publisher, which may be gone.

    A subscription blocks DROP DATABASE even with FORCE, and its walsender holds a slot on the other
    server: so this comes first, on both sides.
    """
    for item in subscriptions:
        name = identifier(item.name)
        with connect(address.at(item.detail), application="assay/restore") as connection:
            run(connection, f"alter subscription {name} disable")
            run(connection, f"alter subscription {name} set (slot_name = none)")
            run(connection, f"drop subscription {name}")


def detach_database(connection: Connection, address: Address, database: str) -> None:
    """Drop the subscriptions of one database."""
    rows = fetch(
        connection,
        "select subname from pg_subscription s join pg_database d on d.oid = subdbid"
        " where datname = %s",
        database,
    )
    detach(address, [Item("subscription", str(name), database) for (name,) in rows])


def free_database(connection: Connection, address: Address, database: str) -> None:
    """Make one database droppable: its prepared transactions and slots go."""
    for (gid,) in fetch(
        connection, "select gid from pg_prepared_xacts where database = %s", database
    ):
        with connect(address.at(database), application="assay/restore") as inside:
            run(inside, f"rollback prepared {literal(gid)}")
    slots = fetch(
        connection, "select slot_name from pg_replication_slots where database = %s", database
    )
    drop_slots(connection, [str(name) for (name,) in slots])


def restore(connection: Connection, address: Address, gone: Difference) -> None:
    """Remove what was added; what cannot be undone shows when the baseline is read again."""
    for item in gone.of("prepared"):
        with connect(address.at(item.detail), application="assay/restore") as inside:
            run(inside, f"rollback prepared {literal(item.name)}")
    fetch(connection, "select pg_terminate_backend(pid) from pg_stat_replication")
    drop_slots(connection, [item.name for item in gone.of("slot")])
    for item in gone.of("origin"):
        if scalar(connection, _HAS_ORIGIN, item.name):
            run(connection, f"select pg_replication_origin_drop({literal(item.name)})")
    for item in gone.of("database"):
        drop_database(connection, item.name)
    for item in gone.of("setting"):
        _reset(connection, item.name)
    for item in gone.of("role"):
        run(connection, f"drop owned by {identifier(item.name)}")
        run(connection, f"drop role {identifier(item.name)}")
    if any(item.kind == "system-setting" for item in (*gone.added, *gone.changed)):
        run(connection, "alter system reset all")
        run(connection, "select pg_reload_conf()")
        wait_until(
            lambda: scalar(connection, _SETTINGS_READ),
            what="the reset settings to be read",
            timeout=PATIENCE,
            every=0.01,
        )


_HAS_ORIGIN = "select exists (select from pg_replication_origin where roname = %s)"
# A setting that needs a restart stays pending: the server is then not what it was.
_SETTINGS_READ = """
select not exists (select from pg_file_settings where sourcefile like '%postgresql.auto.conf')
   and not exists (select from pg_settings where pending_restart)
"""


def drop_slots(connection: Connection, slots: Sequence[str]) -> None:
    """Drop slots, ending the walsenders that hold them."""
    for slot in slots:
        wait_until(
            lambda slot=slot: _dropped(connection, slot),  # type: ignore[misc]
            what=f"slot {slot} to be given up",
            timeout=PATIENCE,
            every=0.01,
        )


def drop_database(connection: Connection, name: str) -> None:
    """Drop a database with whoever is connected to it."""
    try:
        run(connection, f"drop database if exists {identifier(name)} with (force)")
    except psycopg.errors.WrongObjectType:  # somebody made it a template
        run(connection, f"alter database {identifier(name)} is_template false")
        run(connection, f"drop database {identifier(name)} with (force)")


def run(connection: Connection, statement: str) -> None:
    """Execute a statement that was put together here, names quoted."""
    connection.execute(statement.encode())


def _dropped(connection: Connection, slot: str) -> bool:
    rows = fetch(
        connection, "select active_pid from pg_replication_slots where slot_name = %s", slot
    )
    if not rows:
        return True
    if rows[0][0] is not None:
        fetch(connection, "select pg_terminate_backend(%s)", rows[0][0])
        return False
    run(connection, f"select pg_drop_replication_slot({literal(slot)})")
    return True


def _reset(connection: Connection, name: str) -> None:
    """Undo settings of `role`, `role in database` or `* in database`."""
    role, _, database = name.partition(" in ")
    if database and not scalar(connection, _HAS_DATABASE, database):
        return  # dropped, and its settings with it
    if role == "*":
        run(connection, f"alter database {identifier(database)} reset all")
        return
    where = f" in database {identifier(database)}" if database else ""
    run(connection, f"alter role {identifier(role)}{where} reset all")


_HAS_DATABASE = "select exists (select from pg_database where datname = %s)"
