"""Questions to the catalogs that more than one command asks."""

from __future__ import annotations

from assay.postgres.session import Connection, fetch, identifier
from assay.replicators.reference.selection import NOT_OF_EXTENSION, USER_SCHEMAS

_USER_OBJECTS = f"""
select 'relation ' || n.nspname || '.' || c.relname
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relpersistence <> 't' and {USER_SCHEMAS}
   and {NOT_OF_EXTENSION.format(catalog="'pg_catalog.pg_class'", oid="c.oid")}
union all
select 'function ' || n.nspname || '.' || p.proname
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
 where {USER_SCHEMAS} and {NOT_OF_EXTENSION.format(catalog="'pg_catalog.pg_proc'", oid="p.oid")}
union all
select 'type ' || n.nspname || '.' || t.typname
  from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
 where t.typtype in ('d', 'e', 'r') and {USER_SCHEMAS}
   and {NOT_OF_EXTENSION.format(catalog="'pg_catalog.pg_type'", oid="t.oid")}
union all
select 'schema ' || n.nspname from pg_catalog.pg_namespace n
 where n.nspname <> 'public' and {USER_SCHEMAS}
   and {NOT_OF_EXTENSION.format(catalog="'pg_catalog.pg_namespace'", oid="n.oid")}
union all select 'large object ' || oid from pg_catalog.pg_largeobject_metadata
union all select 'extension ' || extname from pg_catalog.pg_extension where extname <> 'plpgsql'
union all select 'publication ' || pubname from pg_catalog.pg_publication
union all select 'subscription ' || subname from pg_catalog.pg_subscription
 where subdbid = (select oid from pg_catalog.pg_database where datname = current_database())
union all select 'event trigger ' || evtname from pg_catalog.pg_event_trigger
limit 5
"""

_NEEDS_FULL = f"""
select n.nspname, c.relname, c.relreplident::text,
       (select i.relname from pg_catalog.pg_index x join pg_catalog.pg_class i
          on i.oid = x.indexrelid where x.indrelid = c.oid and x.indisreplident)
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and c.relpersistence = 'p' and {USER_SCHEMAS}
   and case c.relreplident
       when 'd' then not exists (select from pg_catalog.pg_index x where x.indrelid = c.oid
                     and x.indisprimary and x.indimmediate and x.indisvalid)
       when 'i' then not exists (select from pg_catalog.pg_index x where x.indrelid = c.oid
                     and x.indisreplident and x.indimmediate and x.indisvalid)
       when 'n' then true
       else {{full}} end
 order by n.nspname collate "C", c.relname collate "C"
"""


def user_objects(connection: Connection) -> list[str]:
    """A few of the things a user made in this database."""
    return [row[0] for row in fetch(connection, _USER_OBJECTS)]


def needs_full(connection: Connection, *, include_full: bool = False) -> list[tuple[str, str, str]]:
    """Tables whose rows an UPDATE could not name: schema, table, the clause that is in force."""
    rows = fetch(connection, _NEEDS_FULL.format(full=str(include_full).lower()))
    return [(schema, name, _clause(kind, index)) for schema, name, kind, index in rows]


def columns(connection: Connection, schema: str, table: str) -> list[str]:
    """The columns in order, generated ones left out: a stream does not carry those."""
    return [
        row[0]
        for row in fetch(
            connection,
            "select attname from pg_catalog.pg_attribute where attrelid = %s::regclass "
            "and attnum > 0 and not attisdropped and attgenerated = '' order by attnum",
            identifier(schema, table),
        )
    ]


def slot_position(connection: Connection, slot: str) -> tuple[bool, int] | None:
    """Whether the slot is in use and how many bytes it is behind; None without such a slot."""
    rows = fetch(
        connection,
        "select active, greatest(0, pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), "
        "confirmed_flush_lsn))::bigint from pg_catalog.pg_replication_slots where slot_name = %s",
        slot,
    )
    return (rows[0][0], rows[0][1]) if rows else None


def _clause(kind: str, index: str | None) -> str:
    if kind == "i" and index:
        return f"using index {identifier(index)}"
    return {"d": "default", "n": "nothing", "f": "full"}.get(kind, "default")
