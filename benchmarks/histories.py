"""Changes that leave a database's content as it is and give it another history."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from assay.postgres.session import Connection, fetch, identifier, literal

T = TypeVar("T")
# Our session names everything with its schema.
OWN_SETTINGS = {
    "search_path": "",
    "client_min_messages": "warning",
    "check_function_bodies": "off",  # their schemas are not called any more as they say
}
_TABLES = """
select c.oid, format('%I.%I', n.nspname, c.relname), c.relispartition,
  exists (select from pg_inherits where c.oid in (inhrelid, inhparent)),
  c.reloptions::text like '%fillfactor%'
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^(pg_|information_schema$)'
order by 2"""
_COLUMNS = """
select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
where attrelid = %s and attnum > 0 and not attisdropped and attgenerated = ''"""


@dataclass(frozen=True, slots=True)
class Table:
    """An ordinary table; `related` is one that inherits or is inherited from."""

    oid: int
    name: str
    partition: bool
    related: bool
    filled: bool


@dataclass(slots=True)
class Hand:
    """A session that changes one side, with its dice and the statements that it has run.

    At most `sample` objects of a kind are changed by one change.
    """

    connection: Connection
    dice: random.Random
    sample: int = 25
    done: list[str] = field(default_factory=list)

    def run(self, *statements: str) -> None:
        """Execute statements and remember them."""
        for statement in statements:
            self.done.append(statement)
            self.connection.execute(statement.encode(), prepare=False)

    def texts(self, query: str) -> list[str]:
        """The only column of a query."""
        return [row[0] for row in fetch(self.connection, query)]

    def some(self, things: Sequence[T]) -> list[T]:
        """A sample in random order."""
        return self.dice.sample(things, min(self.sample, len(things)))

    def tables(self) -> list[Table]:
        """A sample of the ordinary tables."""
        return self.some([Table(*row) for row in fetch(self.connection, _TABLES)])

    def each(self, query: str) -> None:
        """Run a sample of the statements that a query writes."""
        self.run(*self.some(self.texts(query)))


def reordered(hand: Hand) -> None:
    """Take all rows out and put them back in another order, within the server or through COPY."""
    with hand.connection.transaction():
        hand.run("set local session_replication_role = replica")
        hand.run(f"select setseed({hand.dice.random()})")
        suspended = [tuple(row) for row in fetch(hand.connection, _SUSPENDED)]
        hand.run(*(before for before, _ in suspended))
        for table in hand.tables():
            ((columns,),) = fetch(hand.connection, _COLUMNS, table.oid)
            if columns:
                _reload(hand, table, columns)
        hand.run(*(after for _, after in suspended))


def _reload(hand: Hand, table: Table, columns: str) -> None:
    hand.run(f"create temp table kept as select {columns} from only {table.name} order by random()")
    hand.run(f"delete from only {table.name}")
    if hand.dice.random() < 0.5:
        hand.run(f"insert into {table.name} ({columns}) overriding system value"
                 " select * from kept")  # fmt: skip
    else:
        hand.done.append(f"-- copy kept to, {table.name} ({columns}) from the client")
        with hand.connection.cursor() as out, out.copy(b"copy pg_temp.kept to stdout") as rows:
            lines = list(rows)
        statement = f"copy {table.name} ({columns}) from stdin"
        with hand.connection.cursor() as into, into.copy(statement.encode()) as place:
            for line in lines:
                place.write(line)
    hand.run("drop table pg_temp.kept")


# Triggers that fire in replica mode too, and what rows violate that are older than the rule.
_SUSPENDED = """
select format('alter table %s disable trigger %I', tgrelid::regclass, tgname),
  format('alter table %s enable %s trigger %I', tgrelid::regclass,
    case tgenabled when 'A' then 'always' else 'replica' end, tgname)
from pg_trigger where not tgisinternal and tgparentid = 0 and tgenabled in ('A', 'R')
union all
select format('alter table %s drop constraint %I', conrelid::regclass, conname),
  format('alter table %s add constraint %I %s', conrelid::regclass, conname,
    pg_get_constraintdef(oid))
from pg_constraint where contype = 'c' and not convalidated and conrelid <> 0 and coninhcount = 0
union all
select format('alter domain %s drop constraint %I', contypid::regtype, conname),
  format('alter domain %s add constraint %I %s', contypid::regtype, conname,
    pg_get_constraintdef(oid))
from pg_constraint where contype = 'c' and not convalidated and contypid <> 0"""


def rewritten(hand: Hand) -> None:
    """New files for tables and indexes, other statistics."""
    for table in hand.tables():
        how = hand.dice.choice(("vacuum full", "vacuum freeze", "reindex table"))
        hand.run(f"{how} {table.name}")
    hand.run(hand.dice.choice(["analyze", "vacuum"]))


def undone(hand: Hand) -> None:
    """Dead rows: everything deleted and doubled in a transaction that is rolled back."""
    for table in hand.tables():
        hand.run("begin", "set local session_replication_role = replica",
                 f"delete from only {table.name}", "rollback")  # fmt: skip


def columns(hand: Hand) -> None:
    """Columns that came and went leave holes in the numbers."""
    kinds = ("int default 7", "text", "float8 not null default random()", "oid[] default '{}'")
    for table in hand.tables():
        if not table.partition:
            column = f'"gone {hand.dice.randrange(10**6)}"'
            hand.run(f"alter table {table.name} add column {column} {hand.dice.choice(kinds)}",
                     f"alter table {table.name} drop column {column} cascade")  # fmt: skip


def indexes(hand: Hand) -> None:
    """Indexes made again by their own definitions."""
    hand.each(f"""
        select format('drop index %s; %s', i.indexrelid::regclass,
          pg_get_indexdef(i.indexrelid))
        from pg_index i join pg_class c on c.oid = i.indexrelid
        where {_ours("c.relnamespace")} and c.relkind = 'i' and not c.relispartition
          and not i.indisreplident and not i.indisclustered
          and obj_description(c.oid, 'pg_class') is null
          and not exists (select from pg_constraint where conindid = c.oid)
        order by 1""")


def constraints(hand: Hand) -> None:
    """CHECK, UNIQUE and FOREIGN KEY constraints made again by their own definitions."""
    hand.each(f"""
        select format('alter table %1$s drop constraint %2$I; alter table %1$s add constraint'
          ' %2$I %3$s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
        from pg_constraint k join pg_class c on c.oid = k.conrelid
        where {_ours("k.connamespace")} and c.relkind = 'r' and k.contype in ('c', 'f', 'u')
          and not exists (select from pg_inherits where c.oid in (inhrelid, inhparent))
          and not exists (select from pg_index i where i.indexrelid = k.conindid
            and (i.indisreplident or i.indisclustered) and k.contype = 'u')
          and not exists (select from pg_constraint f where f.conindid = k.conindid
            and f.contype = 'f' and k.contype = 'u')
          and obj_description(k.oid, 'pg_constraint') is null
        order by 1""")


def triggers(hand: Hand) -> None:
    """Triggers made again, enabled as they were."""
    hand.each("""
        select format('drop trigger %1$I on %2$s; %3$s; alter table %2$s %4$s trigger %1$I',
          tgname, tgrelid::regclass, pg_get_triggerdef(t.oid),
          case tgenabled when 'O' then 'enable' when 'D' then 'disable'
            when 'A' then 'enable always' else 'enable replica' end)
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where not tgisinternal and c.relkind = 'r' and tgparentid = 0
          and obj_description(t.oid, 'pg_trigger') is null
        order by 1""")


def views(hand: Hand) -> None:
    """Views made again or replaced by themselves, materialized ones refreshed, functions too."""
    hand.each(f"""
        select format(case when exists (select from pg_depend d join pg_rewrite r on r.oid = d.objid
            where d.refobjid = c.oid and r.ev_class <> c.oid)
            or c.relacl is not null or c.relowner::regrole::text <> quote_ident(current_user)
            or exists (select from pg_default_acl where defaclnamespace = c.relnamespace)
          then 'create or replace view %1$s as %2$s'
          else 'drop view %1$s; create view %1$s as %2$s' end,
          c.oid::regclass, pg_get_viewdef(c.oid))
        from pg_class c where {_ours("c.relnamespace")} and c.relkind = 'v'
          and c.reloptions is null and obj_description(c.oid, 'pg_class') is null
        order by 1""")
    hand.each(f"""
        select format('refresh materialized view %s', c.oid::regclass) from pg_class c
        where {_ours("c.relnamespace")} and c.relkind = 'm' and c.relispopulated order by 1""")
    hand.each(f"""
        select pg_get_functiondef(p.oid) from pg_proc p
        where {_ours("p.pronamespace")} and p.prokind in ('f', 'p') order by 1""")


def numbers(hand: Hand) -> None:
    """OIDs are used up: tables, types, functions and large objects that come and go."""
    hand.run(f"""do $$ begin for i in 1 .. {hand.dice.randrange(5, 40)} loop
        create table public.gone (id serial primary key, v text unique);
        create type public.gone_too as enum ('a', 'b', 'c');
        drop table public.gone; drop type public.gone_too;
        perform lo_unlink(lo_create(0));
        end loop; end $$""")


def privileges(hand: Hand) -> None:
    """Grants given and taken: lists that were empty become explicit, entries change places."""
    role = f"passing_{hand.dice.randrange(10**6)}"
    hand.run(f"create role {role}")
    passing = """
        select format('grant {what} %1$s to {role}; revoke {what} %1$s from {role}', {name})
        from {catalog} where {where} order by 1"""
    for what, name, catalog, where in (
        ("select on table", "oid::regclass", "pg_class",
         _ours("relnamespace") + " and relkind in ('r', 'p', 'v', 'm')"),
        ("usage on sequence", "oid::regclass", "pg_class",
         _ours("relnamespace") + " and relkind = 'S'"),
        ("execute on routine", "oid::regprocedure", "pg_proc",
         _ours("pronamespace") + " and prokind in ('f', 'p')"),
        ("usage on type", "oid::regtype", "pg_type",
         _ours("typnamespace") + " and typtype in ('e', 'd')"),
        ("usage on schema", "quote_ident(nspname)", "pg_namespace", _ours("oid")),
        ("select on large object", "oid", "pg_largeobject_metadata", "true"),
    ):  # fmt: skip
        hand.each(passing.format(what=what, role=role, name=name, catalog=catalog, where=where))
    hand.each(f"""
        select format('revoke all on %1$s from %2$s; grant %3$s on %1$s to %2$s', c.oid::regclass,
          case e.grantee when 0 then 'public' else e.grantee::regrole::text end,
          string_agg(e.privilege_type, ', '))
        from pg_class c, aclexplode(c.relacl) e
        where {_ours("c.relnamespace")} and c.relkind = 'r' and e.grantee <> c.relowner
          and not exists (select from pg_attribute where attrelid = c.oid and attacl is not null)
        group by c.oid, e.grantee
        having not bool_or(e.is_grantable) and bool_and(e.grantor = c.relowner) order by 1""")
    hand.run(f"drop role {role}")


def there_and_back(hand: Hand) -> None:
    """Names, options, comments and identities that are changed and changed back."""
    for table in hand.tables():
        schema, name = fetch(hand.connection, "select quote_ident(nspname), quote_ident(relname)"
            " from pg_class c join pg_namespace n on n.oid = relnamespace"
            " where c.oid = %s", table.oid)[0]  # fmt: skip
        hand.run(f"alter table {table.name} rename to passing",
                 f"alter table {schema}.passing rename to {name}")  # fmt: skip
        if not table.filled:
            hand.run(f"alter table {table.name} set (fillfactor = 60)",
                     f"alter table {table.name} reset (fillfactor)")  # fmt: skip
    hand.each(f"""
        select format('alter table %1$s alter %2$I set statistics 300;'
          'alter table %1$s alter %2$I set statistics -1;'
          'comment on column %1$s.%2$I is %3$L; comment on column %1$s.%2$I is null',
          c.oid::regclass, a.attname, 'passing')
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where {_ours("c.relnamespace")} and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
          and a.attstattarget is not distinct from
            (select attstattarget from pg_attribute where attrelid = 'pg_class'::regclass
             and attname = 'relname')
          and col_description(c.oid, a.attnum) is null order by 1""")
    hand.each(f"""
        select format('alter type %1$s rename to passing; alter type %2$I.passing rename to %3$I',
          t.oid::regtype, n.nspname, t.typname)
        from pg_type t join pg_namespace n on n.oid = t.typnamespace
        where {_ours("n.oid")} and t.typtype in ('e', 'd') order by 1""")
    hand.each(f"""
        select format('alter table %1$s replica identity full;'
          'alter table %1$s replica identity default', c.oid::regclass)
        from pg_class c where {_ours("c.relnamespace")} and c.relkind = 'r'
          and c.relreplident = 'd' order by 1""")
    hand.each(f"""
        select format('alter schema %1$I rename to passing; alter schema passing rename to %1$I',
          n.nspname) from pg_namespace n where {_ours("n.oid")} order by 1""")


def large_objects(hand: Hand) -> None:
    """Large objects written again, in pieces of another size; holes become zeroes."""
    piece = hand.dice.choice((777, 2048, 100_000, 10_000_000))
    for oid in hand.texts("select oid::text from pg_largeobject_metadata order by oid"):
        hand.run(f"""do $$ declare content bytea := lo_get({oid}); f int := lo_open({oid}, 393216);
            begin
              perform lo_truncate(f, 0);
              for at in 0 .. length(content) - 1 by {piece} loop
                perform lo_put({oid}, at, substr(content, at + 1, {piece}));
              end loop;
            end $$""")


def sequences(hand: Hand) -> None:
    """Sequences set to where they stand; how far their log reaches is then another."""
    names = hand.texts(f"select c.oid::regclass::text from pg_class c where c.relkind = 'S' and"
                       f" {_ours('c.relnamespace')} order by 1")  # fmt: skip
    for name in hand.some(names):
        hand.run(f"select setval({literal(name)}, last_value, is_called) from {name}")


def database(hand: Hand) -> None:
    """Settings, limits and comments of the database that are set and taken back."""
    ((name,),) = fetch(hand.connection, "select current_database()")
    place = f"database {identifier(name)}"
    hand.run(f"alter {place} set work_mem = '5MB'", f"alter {place} reset work_mem",
             f"alter {place} connection limit 50", f"alter {place} connection limit -1",
             f"comment on {place} is 'passing'", f"comment on {place} is null",
             f"grant connect on {place} to public")  # fmt: skip


Change = Callable[[Hand], None]
# Every variation has these; of the others it has some.
ALWAYS: tuple[Change, ...] = (reordered, numbers, columns)
OTHERS: tuple[Change, ...] = (
    rewritten, undone, indexes, constraints, triggers, views, privileges, there_and_back,
    large_objects, sequences, database,
)  # fmt: skip


def _ours(namespace: str) -> str:
    """SQL that is true for a schema of the union."""
    return (f"({namespace}) in (select oid from pg_namespace where"
            " nspname !~ '^(pg_|information_schema$)')")  # fmt: skip
