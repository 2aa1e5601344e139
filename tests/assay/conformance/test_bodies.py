"""Names that a search path decides are found in routines, wherever they stand."""

from __future__ import annotations

import pytest

from assay.conformance.bodies import unqualified
from assay.conformance.case import Section
from assay.errors import UsageError

MADE = "create table t (id int); create type mood as enum ('a'); create sequence s;\n"
HELPER = "create function g(int) returns int language sql as 'select 1';\n"


def found(sql, kind="setup"):
    return [(one.routine, one.name) for one in unqualified([Section(kind, sql, 1)])]


def plpgsql(declared, body, name="f"):
    text = f"declare {declared} " if declared else ""
    return f"create procedure {name}() language plpgsql as $$ {text}begin {body} end $$;"


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("insert into t values (1);", ["t"]),
        ("update t set id = 1;", ["t"]),
        ("delete from public.t using t where true;", ["t"]),
        ("if exists (select from t) then null; end if;", ["t"]),
        ("for n in select id from t loop null; end loop;", ["t"]),
        ("n := (select max(id) from t);", ["t"]),
        ("n := g(1);", ["g"]),
        ("perform g(1), lower('x'), public.g(2);", ["g"]),
        ("perform 'a'::mood, 'b'::public.mood;", ["mood"]),
        ("perform nextval('s'), nextval('public.s');", ["s"]),
        ("perform 't'::regclass, 'public.t'::regclass;", ["t"]),
        ("with c as (select 1) insert into public.t select * from c;", []),
        ("perform from pg_class;", []),
        ("execute 'truncate t';", ["t"]),
        ("execute format('insert into %I values (1)', 't');", ["%I"]),
        ("execute format('update public.%1$I set id = 1', 't');", []),
        ("execute 'select 1 from ' || 'public.t' into n;", []),
        ("execute 'insert into public.t values (1) on conflict do update set id = 1';", []),
        ("begin insert into public.t values (1); exception when others then "
         "insert into t values (2); end;", ["t"]),
    ],
)  # fmt: skip
def test_statements_of_plpgsql(body, names):
    assert found(MADE + HELPER + plpgsql("n int;", body)) == [("f", name) for name in names]


@pytest.mark.parametrize(
    ("declared", "names"),
    [
        ("a t%rowtype;", ["t"]),
        ("a t.id%type;", ["t"]),
        ("a public.t%rowtype; b public.t.id%type; c int;", []),
        ("a public.mood[]; b text[] := '{}'; c t.id%type;", ["t"]),
        ("a int := (select max(id) from t);", ["t"]),
        ("a cursor for select * from t;", ["t"]),
        ("a text := 'select from %I';", ["%I"]),
    ],
)
def test_declarations_of_plpgsql(declared, names):
    assert found(MADE + plpgsql(declared, "null;")) == [("f", name) for name in names]


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("create function f() returns bigint language sql as 'select count(*) from t'", ["t"]),
        ("create function f() returns bigint language sql set search_path = public "
         "as 'select count(*) from t'", []),
        ("create function f() returns bigint language sql begin atomic select count(*) from t; end",
         []),
        ("create view v as select * from t", []),
        ("create function f() returns t language c as 'lib', 'symbol'", []),
        ("do $$ begin insert into t values (1); end $$", []),
    ],
)  # fmt: skip
def test_sql_bodies_and_what_is_kept_as_it_is_meant(sql, names):
    assert found(MADE + sql) == [("f", name) for name in names]


def test_a_trigger_function_and_the_tables_that_its_trigger_brings():
    body = "insert into audit select id from fresh; new.id := new.id + 1; return null;"
    function = plpgsql("", body).replace("procedure f()", "function f() returns trigger")
    trigger = (
        "create trigger x after insert on t referencing new table as fresh execute function f();"
    )
    assert found(MADE + function + trigger) == [("f", "audit")]


def test_the_line_is_that_of_the_statement_after_letters_of_more_bytes_and_rows_of_copy():
    text = (
        "create table public.t (note text); -- ééé\n"
        "copy public.t from stdin;\nx;'\ny\n\\.\n\\set a b\n"
        "create function f() returns void language plpgsql as $$\nbegin\n    null;\n"
        "    insert into t\n    values (1);\nend $$;\n"
        "create function h() returns bigint language sql as $$\nselect count(*) from t $$;\n"
    )
    lines = [(one.routine, one.line) for one in unqualified([Section("setup", text, 11)])]
    assert lines == [("f", 20), ("h", 23)]


def test_what_the_grammar_cannot_read_is_said():
    with pytest.raises(UsageError, match="@setup of line 1 cannot be read: syntax error"):
        found("create function f() returns int language sql as 'selekt 1';")
