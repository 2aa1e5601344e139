"""Tables without a key whose equal rows need not be the same: apply finds a row by `=`.

Under REPLICA IDENTITY FULL the target takes the first row whose columns are all equal to the
old ones. Where `=` is coarser than what is stored, that can be another row, and nobody is told.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from assay.errors import Refused
from assay.postgres.session import Connection, fetch, identifier, scalar
from assay.replicators.reference.catalog import columns, needs_full
from assay.replicators.reference.context import Run, session
from assay.replicators.reference.selection import Selected

_WHY = {  # built-in types whose values can be equal and print otherwise
    "numeric": "1.0 = 1.00",
    "float4": "0 = -0",
    "float8": "0 = -0",
    "interval": "1 mon = 30 days",
    "jsonb": "1.0 = 1.00 in it",
    "tsquery": "a & b = a & b:*",
}

# A column holds its type and what that is made of. Rows that a unique index tells apart are not
# asked for; `rngmultitypid` is unknown to PostgreSQL 13.
_COARSE = f"""
with recursive named as (
  select * from unnest(%s::text[], %s::text[]) as named(nspname, relname)
), asked as (
  select c.oid, n.nspname, c.relname from named
    join pg_catalog.pg_namespace n using (nspname)
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = named.relname
   where not exists (
     select from pg_catalog.pg_index x where x.indrelid = c.oid and x.indisunique and x.indisvalid
        and x.indpred is null and x.indexprs is null
        and (coalesce((pg_catalog.to_jsonb(x) ->> 'indnullsnotdistinct')::bool, false)
          or (select pg_catalog.bool_and(k.attnotnull) from pg_catalog.pg_attribute k
               where k.attrelid = c.oid and k.attnum = any (x.indkey))))
), held(relid, attnum, type, modifier, coll) as (
  select a.attrelid, a.attnum, a.atttypid, a.atttypmod, a.attcollation
    from asked join pg_catalog.pg_attribute a on a.attrelid = asked.oid
   where a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  union
  select h.relid, h.attnum, part.type, part.modifier,
         case when part.coll = 0 then h.coll else part.coll end
    from held h join pg_catalog.pg_type t on t.oid = h.type, lateral (
      select t.typbasetype, t.typtypmod, t.typcollation where t.typtype = 'd'
      union all select t.typelem, h.modifier, 0::oid where t.typcategory = 'A' and t.typelem <> 0
      union all select r.rngsubtype, -1, r.rngcollation from pg_catalog.pg_range r
       where t.oid in (r.rngtypid, (pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::oid)
      union all select a.atttypid, a.atttypmod, a.attcollation from pg_catalog.pg_attribute a
       where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) as part(type, modifier, coll)
), said as (
  select h.relid, h.attnum, case
      when not coalesce(c.collisdeterministic, true)
        then pg_catalog.format('collation %%I is not deterministic', c.collname)
      when t.typtype <> 'b' or t.typelem <> 0 then null
      when n.nspname <> 'pg_catalog' then pg_catalog.format('%%I has a = of its own', t.typname)
      when t.typname = 'bpchar' and h.modifier = -1 then 'bpchar: blanks at the end do not count'
      {" ".join(f"when t.typname = '{name}' then '{name}: {why}'" for name, why in _WHY.items())}
      end as why
    from held h join pg_catalog.pg_type t on t.oid = h.type
    join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    left join pg_catalog.pg_collation c on c.oid = h.coll
)
select asked.nspname, asked.relname, a.attname, pg_catalog.min(said.why)
  from said join asked on asked.oid = said.relid
  join pg_catalog.pg_attribute a on a.attrelid = said.relid and a.attnum = said.attnum
 where said.why is not null
 group by asked.nspname, asked.relname, a.attname, a.attnum
 order by asked.nspname collate "C", asked.relname collate "C", a.attnum
"""


@dataclass(frozen=True, slots=True)
class Mistakable:
    """A table in which apply could take one row for another, and which columns make it so."""

    schema: str
    table: str
    because: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"

    @property
    def reasons(self) -> str:
        """The columns, each with what is equal there and not the same."""
        return ", ".join(f"column {identifier(name)} ({why})" for name, why in self.because)


def heed_equal_rows(run: Run, chosen: Selected) -> None:
    """Warn of tables whose rows apply could mix up; Refused where it would do so already.

    Such a table is read once: to find rows that are equal and not the same.
    """
    with session(run.source.at(chosen.database), read_only=True) as connection:
        tables = mistakable(connection, chosen)
        mixed = {table: count for table in tables if (count := _mixed_up(connection, table))}
    if mixed and not run.options.accept_equal_rows:
        raise Refused(
            f"Rows of {', '.join(map(str, mixed))} are equal by = and not the same: without a key "
            "an UPDATE or DELETE of one could change another.",
            evidence="; ".join(
                f"{table}: {count} value(s) of rows are stored in several forms, {table.reasons}"
                for table, count in mixed.items()
            ),
            remedy="give it a primary key, or a unique index over NOT NULL columns as its replica "
            "identity, or leave it out with --exclude-tables; init --no-sync copies it once",
        )
    for table in tables:
        run.warn(
            f"Warning: table {chosen.database}.{table} has no key, and rows that are equal by = "
            f"need not be the same: {table.reasons}. An UPDATE or DELETE of one such row could "
            "change another; give it a primary key"
        )


def mistakable(connection: Connection, chosen: Selected) -> list[Mistakable]:
    """The tables of a database that have no key and a column whose `=` is coarser than it."""
    wanted = {table.key for table in chosen.storing}
    found = needs_full(connection, include_full=True)
    keyless = [(schema, name) for schema, name, _ in found if (schema, name) in wanted]
    rows = fetch(connection, _COARSE, [one[0] for one in keyless], [one[1] for one in keyless])
    reasons: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for schema, name, column, why in rows:
        reasons[schema, name].append((column, why))
    return [Mistakable(*name, tuple(because)) for name, because in reasons.items()]


def _mixed_up(connection: Connection, table: Mistakable) -> int:
    """How many rows have a twin that is equal by `=` and prints otherwise."""
    names = [identifier(name) for name in columns(connection, table.schema, table.table)]
    coarse = ", ".join(identifier(name) for name, _ in table.because)
    return int(
        scalar(
            connection,
            f"select count(*) from (select from only {identifier(table.schema, table.table)} "
            f"group by {', '.join(names)} "
            f'having count(distinct (row({coarse})::text collate "C")) > 1) as equal',
        )
    )
