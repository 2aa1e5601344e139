"""A narrowed comparison looks at all that was named, and is no EQUAL where it did not."""

from __future__ import annotations

import pytest

from assay.oracle.words.finding import Comparison, Equality
from assay.oracle.words.scope import Scope

pytestmark = pytest.mark.servers

FAMILY = """
create schema parts;
create table p (id int, v text) partition by range (id);
create table p_1 partition of p for values from (0) to (10);
create table parts.p_2 partition of p for values from (10) to (100) partition by range (id);
create table parts.p_2a partition of parts.p_2 for values from (10) to (20);
insert into p values (1, 'one'), (11, 'eleven');
create table base (id int); create table parts.heir (more int) inherits (base);
insert into base values (1); insert into parts.heir values (2, 3);
create table t (id serial, n int generated always as identity, v text);
insert into t (v) values ('x'); create table other (id int); create sequence lonely;
create function f() returns int language sql as 'select 1'; create view w as select 1 as one;
select lo_from_bytea(77, 'x')
"""
PUBLIC = Scope(schemas=("public",))


def named(*tables: str, **more) -> Scope:
    return Scope(include_tables=tables, **more)


@pytest.fixture
def family(world):
    world.on_both(FAMILY)
    return world


@pytest.fixture(params=[False, True], ids=["catalogs", "with pg_dump"])
def seen(request, family, pair):
    """What a scope says of the family, without and with pg_dump's opinion."""
    tools = pair.server_pair.tools if request.param else None

    def compared(scope: Scope) -> Comparison:
        return family.compare(scope, tools=tools)

    return compared


def objects(comparison: Comparison) -> set[str]:
    assert (comparison.equality, comparison.doubts) == (Equality.DIFFERENT, ())
    return {f"{finding.kind} {finding.object}" for finding in comparison.findings}


SCOPES = [named("public.p", "public.base", "public.t"), PUBLIC, Scope(roles=())]


@pytest.mark.parametrize("scope", SCOPES, ids=["table", "schema", "all"])
def test_the_same_is_equal_however_it_is_narrowed(seen, scope):
    comparison = seen(scope)
    assert (comparison.equality, comparison.why) == (Equality.EQUAL, None)
    assert comparison.compared["relations"] >= 5


REACHED = {
    "update parts.p_2a set v = 'other'": "row",  # is a multiplicity: no key
    "create index on parts.p_2a (v)": "index parts.p_2a_v_idx",
    "alter table parts.p_2a alter v set default 'x'": "column parts.p_2a.v",
    "insert into parts.heir values (5, 5)": "multiplicity parts.heir",
    "comment on table parts.p_2 is 'here'": "comment parts.p_2",
    "select setval('t_id_seq', 99)": "sequence-state public.t_id_seq",
    "select setval('t_n_seq', 99)": "sequence-state public.t_n_seq",
    "alter sequence t_n_seq increment 2": "sequence public.t_n_seq",
    "alter table p detach partition p_1": "table public.p_1",
}


@pytest.mark.parametrize("scope", SCOPES, ids=["table", "schema", "all"])
@pytest.mark.parametrize("sql", REACHED)
def test_what_belongs_to_a_table_is_compared_with_it(family, seen, scope, sql):
    family.on_target(sql)
    expected = "multiplicity parts.p_2a" if REACHED[sql] == "row" else REACHED[sql]
    assert expected in objects(seen(scope))


OUTSIDE = """
drop function f(); create function f() returns int language sql as 'select 2';
select lo_put(77, 0, 'y'); update other set id = 2; insert into other values (7);
alter table parts.heir add check (more > 0); select setval('lonely', 9);
create publication planted for table p
"""


def test_what_lies_outside_of_the_named_tables_is_not_compared_and_that_is_said(family, seen):
    family.on_target(OUTSIDE)
    comparison = seen(named("public.p", "public.t"))
    assert (comparison.equality, comparison.findings) == (Equality.EQUAL, ())
    (said,) = comparison.left_out
    assert all(word in said for word in ("functions", "large objects", "roles"))
    assert comparison.compared["relations"] == 3
    assert objects(seen(Scope(roles=()))) > {"function public.f()", "large-object 77"}


def test_a_parent_that_is_excluded_leaves_its_partitions_out(family, seen):
    family.on_target("update p set v = 'other'; create index on parts.p_2a (v)")
    comparison = seen(Scope(roles=(), exclude_tables=("public.p",)))
    assert comparison.equality is Equality.EQUAL
    assert "relations: parts.p_2, parts.p_2a, public.p, public.p_1" in comparison.left_out


def test_a_parent_without_its_data_leaves_that_of_its_partitions_out(family, seen):
    family.on_target("update p set v = 'other'")
    comparison = seen(Scope(roles=(), schema_only_tables=("public.p",)))
    assert comparison.equality is Equality.EQUAL
    assert "the rows of parts.p_2, parts.p_2a, public.p, public.p_1" in comparison.left_out
    family.on_target("create index on parts.p_2a (v)")
    assert objects(seen(Scope(roles=(), schema_only_tables=("public.p",)))) == {
        "index parts.p_2a_v_idx"
    }


@pytest.mark.parametrize("parts", ["all", "data"])
def test_rows_that_were_asked_for_and_cannot_be_read_are_no_equal(family, parts):
    comparison = family.compare(named("public.w", "public.t", parts=parts))
    assert comparison.equality is Equality.UNKNOWN
    (doubt,) = comparison.doubts
    assert doubt.what == "the rows of public.w were not read: it is a view"
    assert "--schema-only" in doubt.remedy
    assert family.compare(named("public.w", parts="schema")).equality is Equality.EQUAL


def test_a_wildcard_that_reaches_nothing_with_rows_is_no_equal(family):
    comparison = family.compare(named("public.w*"))
    assert comparison.equality is Equality.UNKNOWN
    assert "no rows were read" in comparison.why
    assert family.compare(named("public.*")).equality is Equality.EQUAL


def test_a_parent_without_its_partitions_is_no_equal(family):
    left = {"exclude_tables": ("public.p_1", "parts.*")}
    comparison = family.compare(named("public.p", **left))
    assert comparison.equality is Equality.UNKNOWN
    assert "none of its partitions was (parts.p_2, parts.p_2a, public.p_1)" in comparison.why
    assert family.compare(named("public.p", "public.t", **left)).equality is Equality.UNKNOWN


def test_a_parent_that_has_no_partitions_has_no_rows_to_read(world):
    world.on_both("create table p (id int) partition by range (id)")
    assert world.compare(named("public.p")).equality is Equality.EQUAL


def test_an_empty_table_that_was_read_counts(world):
    world.on_both("create table t (id int)")
    assert world.compare(named("public.t")).equality is Equality.EQUAL
    assert world.compare(Scope(parts="data")).equality is Equality.EQUAL


def test_rows_of_foreign_tables_are_left_out_or_asked_for(world):
    world.on_both("""create foreign data wrapper w; create server s foreign data wrapper w;
        create foreign table far (id int) server s; create table t (id int)""")
    comparison = world.compare()
    assert comparison.equality is Equality.EQUAL
    assert "the rows of foreign tables, which lie elsewhere: public.far" in comparison.left_out
    for scope in (named("public.far"), named("public.far", "public.t")):
        assert "it is a foreign table" in world.compare(scope).why
    world.on_both("drop table t")
    assert world.compare(Scope(parts="data")).why == "no rows, sequences or large objects were read"


@pytest.mark.parametrize("live", [False, True])
def test_a_database_is_not_compared_with_itself(family, live):
    family.target = family.source
    comparison = family.compare(live=live)
    assert (comparison.equality, comparison.compared) == (Equality.UNKNOWN, {})
    (doubt,) = comparison.doubts
    assert "the same database of the same server" in doubt.what
    assert "advisory lock" in doubt.evidence


HANGING = (
    ("alter trigger g on t depends on extension plpgsql", "extension plpgsql needed by trigger"),
    ("alter index i depends on extension plpgsql", "extension plpgsql needed by index"),
    ("revoke usage on type t from public", "acl public.t (row type)"),
)


@pytest.mark.parametrize(("change", "told"), HANGING)
@pytest.mark.parametrize("scope", [named("public.t"), PUBLIC])
def test_what_hangs_on_a_relation_goes_with_it(world, scope, change, told):
    world.on_both("""create table t (id int); create index i on t (id);
        create function f() returns trigger language plpgsql as 'begin return null; end';
        create trigger g after insert on t for each row execute function f()""")
    world.on_target(change)
    assert [f"{one.kind} {one.object}"[: len(told)] for one in world.compare(scope).findings] == [
        told
    ]


def test_privileges_of_a_member_of_an_extension_go_with_its_schema(world):
    world.on_both("""create function f() returns int language sql as 'select 1';
        alter extension plpgsql add function f()""")
    world.on_target("revoke execute on function f() from public")
    assert [one.object for one in world.compare(PUBLIC).findings] == ["public.f()"]


def test_that_a_materialised_view_holds_rows_is_data(world):
    world.on_both("create table t (a int); create materialized view m as select * from t")
    world.on_target("refresh materialized view m with no data")
    (finding,) = world.compare(Scope(parts="data")).findings
    assert (finding.object, finding.column) == ("public.m", "populated")
