"""Rows: representation instead of equality, multisets, keys, columns and both values."""

from __future__ import annotations

import pytest

from assay.oracle.words.finding import Equality
from assay.oracle.words.scope import Scope

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("way")]


@pytest.mark.parametrize(
    ("type_", "source", "target", "shown"),
    [
        ("text", "null", "''", "source NULL, target "),
        ("text", "null", "'NULL'", "source NULL, target 'NULL'"),
        ("float8", "'-0'", "0", "source -0, target 0"),
        ("float8", "0.1::float8 + 0.2", "0.3", "source 0.30000000000000004, target 0.3"),
        ("numeric", "1.0", "1.00", "source 1.0, target 1.00"),
        ("jsonb", "'1.0'", "'1.00'", "source 1.0, target 1.00"),
        ("json", "'{\"a\":1}'", "'{\"a\": 1}'", 'source {"a":1}, target {"a": 1}'),
        ("box", "'(1,4),(0,0)'", "'(2,2),(0,0)'", "source (1,4),(0,0), target (2,2),(0,0)"),
        ("interval", "'30 days'", "'1 mon'", "source 30 days, target 1 mon"),
        ("int[]", "'{1,2}'", "'[0:1]={1,2}'", "source {1,2}, target [0:1]={1,2}"),
        ("timestamptz", "'infinity'", "null", "source infinity, target NULL"),
        ("bytea", "'\\x00'", "''", "source \\x00, target \\x"),
        ("text", "e'a\\tb'", "e'a\\nb'", "source a\tb, target a\nb"),
        ("bool", "true", "null", "source t, target NULL"),
        ("xml", "'<a/>'", "'<a></a>'", "source <a/>, target <a></a>"),
        ("regclass", "'pg_class'", "'pg_proc'", "source pg_class, target pg_proc"),
        ("money", "1.50", "1.51", "source 1.50, target 1.51"),
    ],
)
def test_values_are_compared_by_representation(world, type_, source, target, shown):
    world.on_both(f"create table t (id int primary key, v {type_})")
    world.on_source(f"insert into t select 7, ({source})::{type_}")
    world.on_target(f"insert into t select 7, ({target})::{type_}")
    assert world.found() == [f"row public.t [7] v: {shown}"]


def test_equal_values_of_awkward_types_are_equal(world):
    world.on_both(
        """create table t (id int primary key, a json, b xml, c point, d box, e float8, f money,
          g char(5), h tsvector, i circle, j regproc, k pg_lsn, l numeric);
        insert into t values (1, '{"a": 1}', '<a/>', '(1,2)', '(1,2),(3,4)', 'NaN', 3, 'ab', 'x:1A',
          '<(1,2),3>', 'now', '0/1', 'NaN');
        create table keyless as select * from t; insert into keyless select * from t"""
    )
    comparison = world.compare()
    assert (comparison.equality, comparison.compared["rows"]) == (Equality.EQUAL, 3)


def test_missing_and_extra_rows_are_named_by_key(world):
    world.on_both("create table t (a int, b text, v int, primary key (a, b))")
    world.on_source("insert into t values (1, 'x', 1), (10, 'y', 2), (2, 'z', 3)")
    world.on_target("insert into t values (1, 'x', 1), (2, 'z', 3), (3, 'new', 4)")
    assert world.found() == [
        "row public.t [(10,y)]: source (10,y,2), target (absent)",
        "row public.t [(3,new)]: source (absent), target (3,new,4)",
    ]


def test_values_swapped_between_rows_are_seen(world):
    world.on_both("create table t (id int primary key, v int)")
    world.on_source("insert into t values (1, 5), (2, 6)")
    world.on_target("insert into t values (1, 6), (2, 5)")
    assert len(world.found()) == 2


def test_multiplicity_counts_in_a_table_without_a_key(world):
    world.on_both("create table t (v json, n int)")
    world.on_source("insert into t values ('1', 1), ('1', 1), ('2', 2)")
    world.on_target("insert into t values ('1', 1), ('2', 2), ('2', 2)")
    assert world.found() == [
        "multiplicity public.t [(1,1)]: source 2, target 1",
        "multiplicity public.t [(2,2)]: source 1, target 2",
    ]


def test_a_lost_primary_key_does_not_hide_a_duplicate(world):
    world.on_both("create table t (id int primary key, v int); insert into t values (1, 1)")
    world.on_target("alter table t drop constraint t_pkey; insert into t values (1, 1)")
    assert "row public.t [1]: source (absent), target (1,1)" in world.found()


def test_a_nullable_unique_index_is_no_key(world):
    world.on_both(
        "create table t (id int unique, v int); insert into t values (null, 1), (null, 1)"
    )
    world.on_target("delete from t where ctid = '(0,1)'")
    assert world.found() == ["multiplicity public.t [(,1)]: source 2, target 1"]


def test_a_table_without_columns_has_rows(world):
    world.on_both("create table t (); insert into t default values")
    world.on_target("insert into t default values")
    assert world.found() == ["multiplicity public.t [()]: source 1, target 2"]


@pytest.mark.parametrize("count", [100, 1600])
def test_wide_tables_are_compared_column_by_column(world, count):
    columns = ", ".join(f"c{n} int" for n in range(1, count))
    world.on_both(f"create table t (id int primary key, {columns}); insert into t values (1)")
    world.on_target(f"update t set c{count - 1} = 5")
    assert world.found() == [f"row public.t [1] c{count - 1}: source NULL, target 5"]


def test_hostile_names_are_quoted_and_survive(world):
    name, column = 'a"b\n%s;--', "q'uo\"te\t.x"
    table = '"s.p\'ace"."' + name.replace('"', '""') + '"'
    quoted = '"' + column.replace('"', '""') + '"'
    world.on_both(
        f"""create schema "s.p'ace"; create table {table} (id int primary key, {quoted} text);
        insert into {table} values (1, 'x')"""
    )
    world.on_target(f"update {table} set {quoted} = 'y'")
    (finding,) = world.compare().findings
    assert (finding.object, finding.column, finding.key) == (
        '"s.p\'ace"."a""b\n%s;--"',
        column,
        "1",
    )


def test_each_partition_is_read_by_itself(world):
    world.on_both(
        """create table p (id int) partition by list (id);
        create table p1 partition of p for values in (1, 2);
        create table p2 partition of p for values in (3)"""
    )
    world.on_source("insert into p values (1)")
    world.on_target("insert into p values (3)")
    assert world.found() == [
        "multiplicity public.p1 [(1)]: source 1, target (absent)",
        "multiplicity public.p2 [(3)]: source (absent), target 1",
    ]


def test_a_parents_rows_are_read_once(world):
    world.on_both(
        """create table parent (id int primary key); insert into parent values (1);
        create table child () inherits (parent); insert into child values (2)"""
    )
    assert world.compare().compared["rows"] == 2


def test_an_unpopulated_matview_is_not_read(world):
    world.on_both("create materialized view m as select 1 as n with no data")
    assert world.compare().compared["relations"] == 0


def test_large_values_are_hashed_by_the_servers(world, ask, way):
    ask(wide=1 << 20)
    world.on_both(
        """create table t (id int primary key, a bytea, b text, c jsonb);
        insert into t select 1, decode(repeat('ab', 2000000), 'hex'), repeat('x', 2000000),
          to_jsonb(repeat('y', 2000000))"""
    )
    proof = {"merged": "hash-256", "digested": "hash-64", "sent": "hash-256"}[way]
    assert (world.compare().equality, world.compare().proof) == (Equality.EQUAL, proof)
    world.on_target(
        """update t set a = set_byte(a, 5, 1), b = overlay(b placing 'z' from 9),
          c = to_jsonb(repeat('y', 1999999) || 'z')"""
    )
    findings = world.compare().findings
    assert [finding.column for finding in findings] == ["a", "b", "c"]
    assert all("sha256" in (finding.source or "") for finding in findings)


def test_the_window_of_a_long_value_shows_what_differs(world):
    world.on_both("create table t (id int primary key, v text)")
    world.on_both("insert into t values (1, repeat('a', 5000))")
    world.on_target("update t set v = overlay(v placing 'DIFFERENT' from 3001)")
    (finding,) = world.compare().findings
    assert "DIFFERENT" in finding.target
    assert "DIFFERENT" not in finding.source


def test_the_cap_counts_the_rest(world):
    world.on_both("create table t (id int primary key); insert into t select generate_series(1, 9)")
    world.on_target("delete from t where id > 2")
    comparison = world.compare(keep=3)
    assert (len(comparison.findings), comparison.omitted) == (3, 4)
    assert comparison.totals == {"row public.t": 7}


def test_rows_of_a_schema_only_table_are_left_out(world):
    world.on_both("create table t (id int primary key)")
    world.on_source("insert into t values (1)")
    assert world.found(Scope(roles=(), schema_only_tables=("public.t",))) == []


def test_columns_in_another_order_are_one_finding_and_the_rows_equal(world):
    world.on_source("create table t (id int primary key, a int, b text)")
    world.on_target("create table t (id int primary key, b text, a int)")
    world.on_both("insert into t (id, a, b) values (1, 2, 'x')")
    assert world.found() == ["table public.t column order: source id, a, b, target id, b, a"]


def test_bytes_that_are_no_utf8_are_a_warning_when_alike_and_a_finding_when_not(world, way):
    world.on_both(
        """create table t (id int primary key, v text);
        create cast (bytea as text) without function;
        insert into t select 1, '\\xe9'::bytea::text; drop cast (bytea as text)"""
    )
    comparison = world.compare()
    assert comparison.equality is Equality.EQUAL
    if way == "merged":  # elsewhere nobody looks at what is equal
        assert "not UTF-8" in comparison.warnings[0]
    world.on_target("update t set v = 'e'")
    assert world.found() == ["row public.t [1] v: source \\xe9, target e"]


@pytest.mark.parametrize("key", ["id", "m"])
def test_casts_to_text_that_lose_something_are_not_used(world, key):
    world.on_both(
        f"""create type mood as enum ('sad', 'ok', 'happy');
        create function say(mood) returns text immutable language sql as $$ select text 'moody' $$;
        create cast (mood as text) with function say(mood);
        create table t (id int not null, m mood not null, n mood[], primary key ({key}));
        insert into t values (1, 'sad', array['ok', null]::mood[]), (2, 'happy', null)"""
    )
    assert world.compare().equality is Equality.EQUAL
    world.on_target("update t set n = array['happy', null]::mood[] where id = 1")
    world.on_target("update t set m = 'ok' where id = 2")
    shown = {"id": ["[1] n", "[2] m"], "m": ["[sad] n", "[happy]", "[ok]"]}[key]
    found = [one.removeprefix("row public.t ") for one in world.found()]
    assert sorted(one.partition(":")[0].replace(" (row)", "") for one in found) == sorted(shown)
