"""Damage to rows: lost, doubled, left over, moved."""

from __future__ import annotations

import re

from assay.postgres.session import identifier
from assay.replicators.controls.place import Place, Table

_INSERTED = re.compile(r"insert\s+into\s+((?:\"(?:[^\"]|\"\")+\"|[\w.$])+)", re.IGNORECASE)
_NUMBERS = ("int2", "int4", "int8", "numeric")
_TEXTS = ("text", "varchar")


def last_row_lost(place: Place) -> int:
    """One row of the last table with rows is gone, of one with a key if there is such."""
    table = _last(place)
    if table is None:
        return 0
    newest = f"(select max(ctid) from only {table.sql})"
    return place.attempt(f"delete from only {table.sql} where ctid = {newest}")


def emptied(place: Place) -> int:
    """The last table with rows is empty."""
    table = _last(place)
    return 0 if table is None else place.attempt(f"delete from only {table.sql}")


def doubled(place: Place) -> int:
    """Every row of the tables without a key is there twice."""
    return sum(copy_rows(place, table) for table in place.filled() if not table.key)


def appended(place: Place) -> int:
    """Rows are loaded once more: doubled where nothing forbids it, else under new keys."""
    return doubled(place) or sum(copy_rows(place, table) for table in place.filled())


def copies_lost(place: Place) -> int:
    """Of each table without a key, the row that is there most often is gone with all its copies."""
    lost = 0
    for table in place.filled():
        if not table.key:
            row = "pg_catalog.row_to_json(t)::text"
            lost += place.attempt(
                f"delete from only {table.sql} t where {row} = (select {row} from only "
                f"{table.sql} t group by 1 order by count(*) desc, 1 limit 1)"
            )
    return lost


def row_kept(place: Place) -> int:
    """One row is there again under a new key, as if a rolled back one had come."""
    for table in place.filled():
        if table.key and (kept := copy_rows(place, table, limit=1)):
            return kept
    return 0


def audited_twice(place: Place) -> int:
    """Tables into which trigger functions write hold their rows twice."""
    written: set[str] = set()
    for source in place.texts(
        "select p.prosrc from pg_catalog.pg_proc p where p.oid in "
        "(select tgfoid from pg_catalog.pg_trigger where not tgisinternal)"
    ):
        written.update(_INSERTED.findall(source))
    oids: set[object] = set()
    for name in written:
        full = name if "." in name else f"public.{name}"
        oids.update(place.rows("select pg_catalog.to_regclass(%s)::oid", full)[0])
    return sum(copy_rows(place, table) for table in place.filled() if table.oid in oids)


def moved_to_parent(place: Place) -> int:
    """Rows of inheriting tables are in their parents instead."""
    moved = 0
    tables = {table.oid: table for table in place.tables()}
    for child, parent in place.rows(
        "select inhrelid, inhparent from pg_catalog.pg_inherits i join pg_catalog.pg_class c "
        "on c.oid = inhrelid and not c.relispartition order by inhrelid, inhseqno"
    ):
        below, above = tables.get(int(str(child))), tables.get(int(str(parent)))
        if below is None or above is None:
            continue
        names = ", ".join(column.sql for column in above.stored)
        place.attempt(
            f"insert into {above.sql} ({names}) overriding system value "
            f"select {names} from only {below.sql} on conflict do nothing"
        )
        moved += place.attempt(f"delete from only {below.sql}")
    return moved


def wrong_partition(place: Place) -> int:
    """One row lies in a partition whose bounds exclude it."""
    tables = {table.oid: table for table in place.filled()}
    leaves = place.rows(
        "select a.inhrelid, b.inhrelid from pg_catalog.pg_inherits a "
        "join pg_catalog.pg_inherits b on b.inhparent = a.inhparent and b.inhrelid <> a.inhrelid "
        "join pg_catalog.pg_class ca on ca.oid = a.inhrelid and ca.relispartition "
        "and ca.relkind = 'r' "
        "join pg_catalog.pg_class cb on cb.oid = b.inhrelid and cb.relkind = 'r' "
        'order by ca.relname collate "C", cb.relname collate "C"'
    )
    for first, second in leaves:
        source = tables.get(int(str(first)))
        if source is not None and _move(place, source, int(str(second))):
            return 1
    return 0


def newest_transaction_lost(place: Place) -> int:
    """The rows that the newest transaction wrote are gone."""
    newest: tuple[int, str] | None = None
    for table in place.filled():
        age, xmin = place.rows(
            f"select age(xmin), xmin::text from only {table.sql} order by 1 limit 1"
        )[0]
        found = (int(str(age)), str(xmin))
        newest = found if newest is None else min(newest, found)
    if newest is None:
        return 0
    return sum(
        place.attempt(f"delete from only {table.sql} where xmin::text = '{newest[1]}'")
        for table in place.filled()
    )


def copy_rows(place: Place, table: Table, *, limit: int | None = None) -> int:
    """Insert copies of rows, with new values where a unique index demands them."""
    names, values = [], []
    for column in table.stored:
        value = column.sql
        if column.unique and column.typname in _NUMBERS:
            value = f"{value} + (select greatest(max({value}), 0) + 1 from only {table.sql})"
        elif column.unique and column.typname in _TEXTS:
            value = f"{value} || '~'"
        names.append(column.sql)
        values.append(value)
    many = "" if limit is None else f" limit {limit}"
    return place.attempt(
        f"insert into {table.sql} ({', '.join(names)}) overriding system value "
        f"select {', '.join(values)} from only {table.sql}{many}"
    )


def _last(place: Place) -> Table | None:
    filled = place.filled()
    keyed = [table for table in filled if table.key]
    candidates = keyed or filled
    return candidates[-1] if candidates else None


def _move(place: Place, source: Table, leaf: int) -> int:
    """Move a row with the leaf's bounds out of the way; the catalogs are as before afterwards."""
    target = identifier(
        *(
            str(name)
            for name in place.rows(
                "select n.nspname, c.relname from pg_catalog.pg_class c "
                "join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = %s",
                leaf,
            )[0]
        )
    )
    names = ", ".join(column.sql for column in source.stored)
    first = f"(select min(ctid) from only {source.sql})"
    bound = "update pg_catalog.pg_class set relispartition = {} where oid = " + str(leaf)
    with place.connection.transaction():
        place.execute(bound.format("false"))
        moved = place.attempt(
            f"insert into {target} ({names}) overriding system value "
            f"select {names} from only {source.sql} where ctid = {first}"
        )
        place.execute(bound.format("true"))
        if moved:
            place.execute(f"delete from only {source.sql} where ctid = {first}")
    return moved
