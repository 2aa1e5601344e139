"""Where a defect does its damage: one target database, seen through its catalogs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from assay.names import MARKER_TABLE
from assay.postgres.session import Connection, fetch, identifier
from assay.replicators.reference.context import Run, session
from assay.replicators.reference.selection import NOT_OF_EXTENSION, USER_SCHEMAS

STASH = "assay_ref_stash"

_TABLES = f"""
select n.nspname, c.relname, c.oid from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'r' and c.relpersistence <> 't' and {USER_SCHEMAS}
   and c.relname <> '{MARKER_TABLE}' and n.nspname <> '{STASH}'
   and {NOT_OF_EXTENSION.format(catalog="'pg_catalog.pg_class'", oid="c.oid")}
 order by n.nspname collate "C", c.relname collate "C"
"""
_COLUMNS = """
select a.attname, pg_catalog.format_type(a.atttypid, null), t.typname, t.typtype::text,
       t.typcategory::text, a.attgenerated <> '',
       exists (select from pg_catalog.pg_index x where x.indrelid = a.attrelid and x.indisunique
                  and a.attnum = any (x.indkey)),
       coalesce(a.attnum = any (cast ((select x.indkey::int2[] from pg_catalog.pg_index x
           where x.indrelid = a.attrelid and x.indisunique and x.indpred is null
             and not 0 = any (x.indkey)
           order by x.indisprimary desc, x.indisreplident desc, x.indexrelid limit 1)
           as int2[])), false),
       pg_catalog.format_type(a.atttypid, a.atttypmod)
  from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
 where a.attrelid = %s and a.attnum > 0 and not a.attisdropped order by a.attnum
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `in_key` means the primary key, or the unique index that stands for it."""

    name: str
    type: str
    typname: str
    typtype: str
    category: str
    generated: bool
    unique: bool
    in_key: bool
    full_type: str

    @property
    def sql(self) -> str:
        """The name, quoted."""
        return identifier(self.name)


@dataclass(frozen=True, slots=True)
class Table:
    """An ordinary table of the target, not the suite's marker."""

    schema: str
    name: str
    oid: int
    columns: tuple[Column, ...]

    @property
    def sql(self) -> str:
        """The qualified name, quoted."""
        return identifier(self.schema, self.name)

    @property
    def key(self) -> tuple[Column, ...]:
        """The columns that tell one row from another; none for a table without a key."""
        return tuple(column for column in self.columns if column.in_key)

    @property
    def stored(self) -> tuple[Column, ...]:
        """The columns that can be written."""
        return tuple(column for column in self.columns if not column.generated)


@dataclass(frozen=True, slots=True)
class Place:
    """One target database during one command of the control."""

    run: Run
    database: str
    connection: Connection

    def rows(self, query: str, *parameters: object) -> list[tuple[object, ...]]:
        """All rows of a query."""
        return fetch(self.connection, query, *parameters)

    def texts(self, query: str, *parameters: object) -> list[str]:
        """The first column of a query, as text."""
        return [str(row[0]) for row in fetch(self.connection, query, *parameters)]

    def execute(self, statement: str) -> int:
        """Execute a statement; the number of rows, or 1 where none are counted."""
        done = self.connection.execute(statement.encode())
        return 1 if done.rowcount < 0 else done.rowcount

    def attempt(self, statement: str) -> int:
        """As `execute`, but 0 where the server refuses: damage looks for what can be damaged."""
        try:
            with self.connection.transaction():
                return self.execute(statement)
        except psycopg.Error:
            return 0

    def each(self, query: str) -> int:
        """Attempt every statement that a query writes; how many had an effect."""
        return sum(min(1, self.attempt(statement)) for statement in self.texts(query))

    def tables(self) -> list[Table]:
        """The tables of the database."""
        return [
            Table(schema, name, oid, tuple(Column(*row) for row in self._columns(oid)))
            for schema, name, oid in fetch(self.connection, _TABLES)
        ]

    def filled(self) -> list[Table]:
        """The tables that hold rows of their own."""
        return [t for t in self.tables() if self.rows(f"select from only {t.sql} limit 1")]

    def _columns(self, oid: int) -> list[tuple[str, str, str, str, str, bool, bool, bool, str]]:
        return fetch(self.connection, _COLUMNS, oid)


Damage = Callable[[Place], int]


@contextmanager
def place(run: Run, database: str) -> Iterator[Place]:
    """The database on the target, where no trigger and no foreign key answers to what we do."""
    with session(
        run.target.at(database), settings={"session_replication_role": "replica"}
    ) as connection:
        yield Place(run, database, connection)
