"""Copies made by PostgreSQL's own programs, and every place in which an expression is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from assay import process
from assay.oracle.second_opinion.schema import connection_string
from assay.postgres.address import Address

EMPTY = """do $$ declare p name; begin
    for p in select pubname from pg_publication loop execute 'drop publication ' || p; end loop;
    drop schema if exists public, other cascade; create schema public; end $$;"""
CLEAN = f"{EMPTY} create schema other;"
# In both schemas a function of one name; that of `public` is meant unless the other is named.
SETTING = """create function f(int) returns int language sql immutable as 'select $1';
    create function other.f(int) returns int language sql immutable as 'select $1';
    create function acts() returns trigger language plpgsql as 'begin return new; end';"""


def restore(source: Address, target: Address, *, tools: Path, folder: Path) -> None:
    """`pg_dump` of the source, read by `psql` into the target, which must be empty."""
    file = folder / "dump.sql"
    _run([str(tools / "pg_dump"), "--no-owner", f"--file={file}"], source)
    _run(
        [str(tools / "psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={file}"],
        target,
    )


def _run(argv: list[str], address: Address) -> None:
    done = process.execute(
        [*argv, "--no-password", f"--dbname={connection_string(address)}"],
        env={"PGPASSWORD": address.password.reveal(), "LC_ALL": "C"},
        timeout=120,
    )
    assert done.ok, done.stderr


@dataclass(frozen=True)
class Change:
    """Two expressions of unlike meaning over columns [a] int, [b] int, [s] varchar and [x] text."""

    name: str
    before: str
    after: str


CHANGES = (
    Change("constant", "[s] in ('a', 'b') and [a] < 9", "[s] in ('a', 'c') and [a] < 9"),
    Change("operator", "[a] between 1 and 5 and [b] > 1", "[a] between 1 and 5 and [b] >= 1"),
    Change("bracket", "[a] - ([b] - 1) > 0", "([a] - [b]) - 1 > 0"),
    Change("bracket of a condition", "[s] in ('a', 'b') and ([a] > 1 or [b] > 2)",
           "([s] in ('a', 'b') and [a] > 1) or [b] > 2"),
    Change("cast", "[x]::varchar(3) in ('a', 'b')", "[x]::varchar(2) in ('a', 'b')"),
    Change("cast taken away", "[a] / 2::numeric > 1", "[a] / 2 > 1"),
    Change("one more element", "[s] not in ('a', 'b')", "[s] not in ('a', 'b', 'c')"),
    Change("collation", "[x] collate \"C\" in ('a', 'b')", "[x] collate \"POSIX\" in ('a', 'b')"),
    Change("function", "f([a]) in (1, 2) and [s] in ('a', 'b')",
           "other.f([a]) in (1, 2) and [s] in ('a', 'b')"),
)  # fmt: skip
# Faithful in every place; none of them is deparsed as it was written.
FAITHFUL = (
    "[s] in ('a', 'b')",
    "[a] not between 1 and 5 or [b] = 2",
    "([a], [b]) = (1, 2) and [s] is not null",
    "[s] = any (array[[x], 'b']::varchar(3)[]::text[])",
    "[a]::numeric > - 1.5 * - (2)::numeric",
    "[s] in ('a' collate \"C\", 'b')",
)
# No filter of a publication takes these: each casts the elements of an array, or calls a function.
_NOT_PLAIN = re.compile(r"::varchar|\bf\(")
_TABLE = "create table t# (a int, b int, s varchar(9), x text); "
_NAMES = {"a": "a", "b": "b", "s": "s", "x": "x"}
_NEW = {name: f"new.{name}" for name in _NAMES}
_VALUE = {"a": "length(value)", "b": "ascii(value)", "s": "value", "x": "(value || 'z')"}
_CONSTANTS = {"a": "random()::int", "b": "6", "s": "'q'::varchar", "x": "'z'::text"}
_PARAMETERS = {"a": "p.a", "b": "p.b", "s": "p.s", "x": "p.x"}
_BODY = "create function p#(p t) returns setof bool language sql begin atomic @; end;"


@dataclass(frozen=True)
class Place:
    """Where expressions are stored: statements with one (`@`) and a number (`#`), what differs."""

    sql: str
    finding: str
    names: dict[str, str] = field(default_factory=lambda: _NAMES)
    once: str = ""
    plain: bool = False  # nothing is allowed there but what PostgreSQL brings along

    def put(self, expression: str, number: int) -> str:
        """The statements that store this expression here."""
        for name, instead in self.names.items():
            expression = expression.replace(f"[{name}]", instead)
        return self.sql.replace("#", str(number)).replace("@", expression)

    def changes(self) -> list[Change]:
        """The changes of meaning that this place can hold."""
        return [one for one in CHANGES if not self.plain or not _NOT_PLAIN.search(one.before)]

    def faithful(self) -> list[str]:
        """The expressions of `FAITHFUL` that this place can hold."""
        return [one for one in FAITHFUL if not self.plain or not _NOT_PLAIN.search(one)]

    def findings(self, count: int) -> list[str]:
        """What is found where the first so many differ, in order."""
        named = self.finding.split(", ")
        return sorted(one.replace("#", str(n)) for n in range(count) for one in named)


_T = "create table t (a int, b int, s varchar(9), x text);"
PLACES = {
    "check": Place(_TABLE + "alter table t# add constraint k check (@);",
                   "constraint public.t#.k definition"),
    "index predicate": Place(_TABLE + "create index i# on t# (a) where @;",
                             "index public.i# definition"),
    "index expression": Place(_TABLE + "create index i# on t# ((@), a);",
                              "index public.i# definition"),
    "exclusion": Place(_TABLE + "alter table t# add constraint k# exclude (a with =) where (@);",
                       "constraint public.t#.k# definition, index public.k# definition"),
    "view": Place("create view v# as select a, @ as z from t where @ group by a, z;",
                  "view public.v# definition", once=_T),
    "join": Place("create view v# as select 'x', (select -1) as y from t join t u"
                  " using (a, b, s, x) where @ and exists (select null) union select null, 2;",
                  "view public.v# definition", once=_T),
    "materialized view": Place("create materialized view v# as select a from t where @;",
                               "matview public.v# definition", once=_T),
    "policy using": Place(_TABLE + "create policy k on t# using (@);", "policy public.t#.k using"),
    "policy check": Place(_TABLE + "create policy k on t# for insert with check (@);",
                          "policy public.t#.k with check"),
    "domain": Place("create domain d# as varchar(9) constraint k check (@);",
                    "constraint public.d#.k definition", names=_VALUE),
    "domain default": Place("create domain d# as bool default (@);", "type public.d# default",
                            names=_CONSTANTS),
    "generated": Place("create table t# (a int, b int, s varchar(9), x text,"
                       " g bool generated always as (@) stored);", "column public.t#.g default"),
    "column default": Place("create table t# (g bool default (@));", "column public.t#.g default",
                            names=_CONSTANTS),
    "trigger": Place(_TABLE + "create trigger k before update of s, a on t# for each row when (@)"
                     " execute function acts();", "trigger public.t#.k definition", names=_NEW),
    "rule": Place(_TABLE + "create rule k as on insert to t# where @ do also select null, -1;",
                  "rule public.t#.k definition", names=_NEW),
    "function body": Place(_BODY.replace("@", "select 'x' = any (select null) or @"),
                           "function public.p#(public.t) definition", names=_PARAMETERS, once=_T),
    "update in a body": Place(
        _BODY.replace("@", "update t u set s = default, (a, b) = (select -1, 2) where @"
                      " and u.s in ('a', 'b') returning u.a = 1"),
        "function public.p#(public.t) definition", names=_PARAMETERS, once=_T),
    "argument": Place("create function p#(q bool default (@)) returns bool language sql"
                      " set work_mem = '5MB' set enable_sort = off return q;",
                      "function public.p#(boolean) definition", names=_CONSTANTS),
    "statistics": Place(_TABLE + "create statistics k# on a, (@) from t#;",
                        "statistics public.k# definition"),
    "partition key": Place("create table t# (a int, b int, s varchar(9), x text)"
                           " partition by list ((@));", "table public.t# partition key"),
    "filter": Place(_TABLE + "create publication k# for table t# where (@);",
                    "publication k# tables", names=_NAMES | {"s": "x"}, plain=True),
}  # fmt: skip
