"""Damage to the stream: what was there before it is remembered, and comes back."""

from __future__ import annotations

from collections.abc import Callable

from assay.postgres.session import identifier, scalar
from assay.replicators.controls.place import STASH, Place, Table
from assay.replicators.reference.context import name_of, session


def remember(place: Place) -> int:
    """Keep a copy of every table, from which rows come back before the comparison."""
    place.execute(f"create schema {STASH}")
    for table in place.tables():
        names = ", ".join(column.sql for column in table.stored)
        place.execute(f"create table {_copy(table)} as select {names} from only {table.sql}")
    return 1


def updates_undone(place: Place) -> int:
    """Rows that were updated since are as they were."""

    def undo(table: Table) -> int:
        others = [column for column in table.stored if not column.in_key]
        if not table.key or not others:
            return 0
        sets = ", ".join(f"{c.sql} = s.{c.sql}" for c in others)
        left = ", ".join(f"t.{c.sql}" for c in others)
        right = ", ".join(f"s.{c.sql}" for c in others)
        return place.attempt(
            f"update only {table.sql} t set {sets} from {_copy(table)} s where {_same(table)} "
            f"and row({left})::text is distinct from row({right})::text"
        )

    return _with_copies(place, undo)


def deletes_undone(place: Place) -> int:
    """Rows that were deleted since, or whose key was changed, are there again."""
    return _with_copies(place, lambda table: _restore(place, table) if table.key else 0)


def truncates_undone(place: Place) -> int:
    """Tables of which no row of that time is left have them all again."""

    def undo(table: Table) -> int:
        left = ", ".join(f"t.{c.sql}" for c in table.stored)
        right = ", ".join(f"s.{c.sql}" for c in table.stored)
        survivors = place.rows(
            f"select from only {table.sql} t, {_copy(table)} s "
            f"where row({left})::text = row({right})::text limit 1"
        )
        return 0 if survivors else _restore(place, table)

    return _with_copies(place, undo)


def skip_gap(place: Place) -> int:
    """Before the stream starts, move its slot to the present: what is between is never sent."""
    with session(place.run.source.at(place.database)) as source:
        name = name_of(source, place.database)
        waiting = scalar(
            source,
            "select count(*) from (select from pg_catalog.pg_logical_slot_peek_binary_changes("
            "%s, null, 1, 'proto_version', '1', 'publication_names', %s)) c",
            name,
            identifier(name),
        )
        source.execute(
            "select pg_catalog.pg_replication_slot_advance(%s, pg_catalog.pg_current_wal_lsn())",
            (name,),
        )
    return int(waiting)


def _with_copies(place: Place, undo: Callable[[Table], int]) -> int:
    if not place.rows("select from pg_catalog.pg_namespace where nspname = %s", STASH):
        return 0
    known = set(
        place.texts("select relname from pg_catalog.pg_class where relnamespace = "
                    f"'{STASH}'::regnamespace")
    )  # fmt: skip
    changed = sum(undo(table) for table in place.tables() if f"t{table.oid}" in known)
    place.execute(f"set client_min_messages = warning; drop schema {STASH} cascade")
    return changed


def _restore(place: Place, table: Table) -> int:
    names = ", ".join(column.sql for column in table.stored)
    known = f"where not exists (select from only {table.sql} t where {_same(table)})"
    return place.attempt(
        f"insert into {table.sql} ({names}) overriding system value "
        f"select {names} from {_copy(table)} s {known if table.key else ''}"
    )


def _same(table: Table) -> str:
    return " and ".join(f"t.{c.sql} is not distinct from s.{c.sql}" for c in table.key)


def _copy(table: Table) -> str:
    return f"{STASH}.t{table.oid}"
