"""Which databases and tables a call is about; a filter that names nothing is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assay.errors import Refused
from assay.postgres.session import Connection, fetch
from assay.replicators.reference.context import Run, maintenance, session
from assay.replicators.reference.options import Item, Options

Name = tuple[str, str]  # schema, relation

USER_SCHEMAS = "n.nspname <> 'information_schema' and n.nspname !~ '^pg_(catalog$|toast|temp_)'"
NOT_OF_EXTENSION = (
    "not exists (select from pg_catalog.pg_depend e where e.classid = {catalog}::regclass "
    "and e.objid = {oid} and e.deptype = 'e')"
)

_RELATIONS = f"""
select n.nspname, c.relname, c.relkind::text, c.relpersistence::text
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p') and c.relpersistence <> 't' and {USER_SCHEMAS}
   and {NOT_OF_EXTENSION.format(catalog="'pg_catalog.pg_class'", oid="c.oid")}
 order by n.nspname collate "C", c.relname collate "C"
"""

# Partitions go with their root; views and matviews with what they read; sequences with their owner.
_BELOW = """
with recursive given(oid) as (
  select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where (n.nspname::text, c.relname::text) in (select * from unnest(%s::text[], %s::text[]))
), below(oid) as (
  select oid from given
  union
  select next.oid from below b cross join lateral (
    select inhrelid as oid from pg_catalog.pg_inherits i join pg_catalog.pg_class c
        on c.oid = inhrelid and c.relispartition where inhparent = b.oid
    union all
    select r.ev_class from pg_catalog.pg_depend d join pg_catalog.pg_rewrite r on r.oid = d.objid
     where d.classid = 'pg_catalog.pg_rewrite'::regclass
       and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = b.oid
       and r.ev_class <> b.oid
    union all
    select d.objid from pg_catalog.pg_depend d join pg_catalog.pg_class s
        on s.oid = d.objid and s.relkind = 'S'
     where d.classid = 'pg_catalog.pg_class'::regclass
       and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = b.oid
       and d.deptype in ('a', 'i')) next
)
select n.nspname, c.relname from below b join pg_catalog.pg_class c on c.oid = b.oid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
"""

_ABOVE = """
with recursive above(oid) as (
  select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where (n.nspname::text, c.relname::text) in (select * from unnest(%s::text[], %s::text[]))
  union
  select inhparent from above a join pg_catalog.pg_inherits i on i.inhrelid = a.oid
)
select n.nspname, c.relname from above a join pg_catalog.pg_class c on c.oid = a.oid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
"""

_DANGLING = """
select c.conrelid::regclass::text, c.conname, c.confrelid::regclass::text
  from pg_catalog.pg_constraint c
  join pg_catalog.pg_class f on f.oid = c.confrelid
  join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
  join pg_catalog.pg_class t on t.oid = c.conrelid
  join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
 where c.contype = 'f'
   and (fn.nspname::text, f.relname::text) in (select * from unnest(%s::text[], %s::text[]))
   and (tn.nspname::text, t.relname::text) not in (select * from unnest(%s::text[], %s::text[]))
"""


@dataclass(frozen=True, slots=True)
class Table:
    """An ordinary or partitioned table of the source."""

    schema: str
    name: str
    kind: str  # r, p
    persistence: str  # p, u

    @property
    def key(self) -> Name:
        """Schema and name."""
        return (self.schema, self.name)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Selected:
    """A database, the tables in it that are meant, and the relations that are kept out."""

    database: str
    tables: tuple[Table, ...]
    excluded: tuple[Name, ...] = ()

    @property
    def storing(self) -> tuple[Table, ...]:
        """The tables that hold rows themselves."""
        return tuple(table for table in self.tables if table.kind == "r")


def select(run: Run) -> tuple[Selected, ...]:
    """What the filters mean on the source; Refused when one names nothing or all of it is empty."""
    with maintenance(run.source) as connection:
        rows = fetch(
            connection,
            "select datname, datallowconn and not datistemplate from pg_catalog.pg_database "
            'order by datname collate "C"',
        )
    usable = [name for name, fits in rows if fits]
    chosen = _databases(run, usable, [name for name, _ in rows])
    return tuple(_within(run, database) for database in chosen)


def _databases(run: Run, usable: list[str], every: list[str]) -> list[str]:
    options = run.options
    filters = {*options.include_databases, *options.exclude_databases}
    filters |= {item.database for item in (*options.include_tables, *options.exclude_tables)}
    if unknown := sorted(filters - set(every)):
        raise Refused(
            f"A filter names a database that the source does not have: {', '.join(unknown)}.",
            evidence=f"databases of the source: {', '.join(every)}",
            remedy="names are exact and case-sensitive; correct the filter",
        )
    chosen = usable
    if options.include_databases:
        chosen = [name for name in every if name in options.include_databases]
    elif options.include_tables:
        chosen = [n for n in usable if any(i.database == n for i in options.include_tables)]
    else:
        chosen = [n for n in chosen if n != "postgres" or n == run.source.database]
    chosen = [name for name in chosen if name not in options.exclude_databases]
    if unusable := [name for name in chosen if name not in usable]:
        raise Refused(f"Templates and closed databases are not copied: {', '.join(unusable)}.")
    if not chosen:
        raise Refused(
            "No database is left to replicate.",
            evidence=f"databases of the source: {', '.join(every)}",
            remedy="widen --include-databases or --exclude-databases",
        )
    return chosen


def _within(run: Run, database: str) -> Selected:
    with session(run.source.at(database), read_only=True) as connection:
        tables = [Table(*row) for row in fetch(connection, _RELATIONS)]
        excluded = _excluded(connection, run.options, database, tables)
        kept = tuple(table for table in tables if table.key not in excluded)
        if excluded and not kept:
            raise Refused(
                f"No table of database {database} is left to replicate.",
                remedy="widen --include-tables or --exclude-tables",
            )
        _refuse_dangling(connection, excluded)
    return Selected(database, kept, tuple(sorted(excluded)))


def _excluded(
    connection: Connection, options: Options, database: str, tables: list[Table]
) -> set[Name]:
    included = _named(options.include_tables, database, tables)
    out = _named(options.exclude_tables, database, tables)
    if options.include_tables and included:
        keep = _reach(connection, _BELOW, included) | _reach(connection, _ABOVE, included)
        out |= {table.key for table in tables} - keep
    return _reach(connection, _BELOW, out) if out else set()


def _named(items: Iterable[Item], database: str, tables: list[Table]) -> set[Name]:
    """The relations that filter items mean in this database; Refused for one that is not there."""
    mine = [item for item in items if item.database == database]
    known = {table.key for table in tables}
    unknown = [str(item) for item in mine if (item.schema, item.table) not in known]
    if unknown:
        raise Refused(
            f"A filter names a table that the source does not have: {', '.join(unknown)}.",
            evidence=f"tables of {database}: {', '.join(str(table) for table in tables) or 'none'}",
            remedy="names are exact and case-sensitive, database.schema.table; correct the filter",
        )
    return {(item.schema, item.table) for item in mine}


def _reach(connection: Connection, query: str, names: Iterable[Name]) -> set[Name]:
    listed = list(names)
    rows = fetch(connection, query, [n[0] for n in listed], [n[1] for n in listed])
    return {(schema, name) for schema, name in rows}


def _refuse_dangling(connection: Connection, excluded: set[Name]) -> None:
    listed = sorted(excluded)
    schemas, names = [n[0] for n in listed], [n[1] for n in listed]
    rows = fetch(connection, _DANGLING, schemas, names, schemas, names)
    if rows:
        table, constraint, other = rows[0]
        raise Refused(
            f"The filter keeps {table} but not {other}, which its foreign key needs.",
            evidence=f"constraint {constraint}",
            remedy="include both tables, or neither",
        )
