"""What extensions and initdb made: their own is not compared, what users changed of it is."""

from __future__ import annotations

import pytest

from assay.oracle.catalog import inherited
from assay.oracle.catalog.fingerprint import RULES
from assay.oracle.catalog.inherited import ABOUT
from assay.oracle.catalog.item import Item
from assay.oracle.catalog.queries.fragments import of_built_ins, of_members, user_made
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.words.both import Both
from assay.oracle.words.finding import Equality
from assay.oracle.words.scope import Scope
from assay.postgres.pool import PairPool
from assay.postgres.session import connect, identifier

MEMBERS = """
create schema app; create table app.told (id int primary key, v text);
create function app.f(a int) returns int language sql as 'select a';
alter extension plpgsql add table app.told; alter extension plpgsql add function app.f(int);
create function app.touch() returns trigger language plpgsql as 'begin return new; end';
create table app.p (id int primary key) partition by range (id);
create table app.p1 partition of app.p for values from (0) to (9);
create trigger g before insert on app.p for each row execute function app.touch();
create materialized view app.kept as select 1 as one;
create index p1_more on app.p1 (id);
"""
# What a dump writes of these, and what not, follows no rule: it must not contradict.
CHANGES = [
  ("create index on app.told (v)", "index"),
  ("create trigger h before insert on app.told for each row execute function app.touch()",
   "trigger"),
  ("create policy own on app.told using (true)", "policy"),
  ("alter function app.f(int) stable", "function"),
  ("grant select on app.told to public", "acl"),
  ("comment on table app.told is 'x'", "comment"),
  ("comment on trigger g on app.p1 is 'x'", "comment"),
  ("comment on type app.p is 'x'", "comment"),
  ("revoke usage on type app.p from public", "acl"),
  ("alter function pg_catalog.upper(text) stable", "function"),
  ("comment on function pg_catalog.upper(text) is 'x'", "comment"),
  ("alter materialized view app.kept depends on extension plpgsql", "extension"),
  ("update pg_index set indisvalid = false where indexrelid = 'app.p1_more'::regclass", "index"),
  ("alter operator family pg_catalog.integer_ops using btree"
   " add function 1 (int, text) pg_catalog.btint48cmp(int, bigint)", "operator"),
]  # fmt: skip


class _Asked:
    """A side that only notes what a rule asks, through a lens: so none is left out."""

    lens, version, common, asked = str, 19, 19, ""

    def parsed(self, query, _parse):
        self.asked += query
        return []

    once = parsed


@pytest.mark.parametrize("rule", sorted({rule for rules in ABOUT.values() for rule in rules}))
def test_a_rule_about_users_things_can_be_asked_about_others(rule):
    if rule == "sequence-state":
        return
    side = _Asked()
    RULES[rule](side)
    assert "and exists (select from pg_depend assay_m" in of_members(side.asked, ["hstore"])
    assert "not exists (select from pg_depend assay_m" not in of_members(side.asked, ["hstore"])
    built_in = of_built_ins(side.asked, [])
    assert ">= 16384 and not exists (select from pg_depend assay_m" not in built_in
    assert " < 16384 and (not exists (select from pg_depend assay_m" in built_in


def test_of_what_both_sides_have_only_what_a_difference_hangs_on_is_kept():
    same, holder = Item("function", "f()", ref="function f()"), Item("type", "t", ref="type t")
    comment = Item("comment", "t", of="type t")
    found = inherited._unlike(Both([same, holder, comment], [same, holder]))
    assert found == Both([holder, comment], [holder])


def test_an_extensions_name_is_quoted():
    assert "in ('it''s')" in of_members(user_made("pg_am", "x.oid"), ["it's"])


def test_a_query_about_built_ins_is_narrowed_to_those_that_differ():
    query = f"{user_made('pg_am', 'a.oid')} or {user_made('pg_proc', 'p.oid')}"
    narrowed = of_built_ins(query, [], {"pg_am": {7, 3}})
    assert "(a.oid = any('{3,7}'::oid[]) and a.oid < 16384 and (not exists" in narrowed
    assert "(p.oid = any('{}'::oid[]) and p.oid < 16384 and (not exists" in narrowed


@pytest.mark.servers
@pytest.mark.parametrize(("sql", "kind"), CHANGES)
def test_a_change_is_found_and_pg_dump_does_not_contradict(world, pair, sql, kind):
    world.on_both(MEMBERS)
    assert world.compare(tools=pair.server_pair.tools).equality is Equality.EQUAL
    world.on_target(f"set allow_system_table_mods = on; {sql}")
    seen = world.compare(tools=pair.server_pair.tools)
    assert (seen.equality, seen.why) == (Equality.DIFFERENT, None)
    assert {finding.kind for finding in seen.findings} == {kind}


# One change to each kind of thing that initdb made, and to what hangs on it.
BUILT_IN = {
    "function": "alter function pg_catalog.lower(text) stable",
    "function gone": "delete from pg_proc where oid = 'pg_catalog.pg_ls_waldir()'::regprocedure",
    "comment": "comment on function pg_catalog.upper(text) is 'x'",
    "comment gone": "comment on function pg_catalog.lower(text) is null",
    "owner": "alter function pg_catalog.upper(text) owner to pg_monitor",
    "type": "alter type pg_catalog.path set (storage = external)",
    "domain": "alter domain information_schema.yes_or_no set default 'NO'",
    "operator": "comment on operator pg_catalog.+ (int, int) is 'x'",
    "cast": "comment on cast (int as bigint) is 'x'",
    "conversion": "comment on conversion pg_catalog.utf8_to_iso_8859_1 is 'x'",
    "family": "comment on operator family pg_catalog.integer_ops using btree is 'x'",
    "language": "comment on language sql is 'x'",
    "extension": "comment on extension plpgsql is 'x'",
    "access method": "comment on access method btree is 'x'",
    "schema": "comment on schema information_schema is 'x'",
    "configuration": "alter text search configuration pg_catalog.simple drop mapping for url",
    "dictionary": "alter text search dictionary pg_catalog.simple (accept = false)",
    "parser": "comment on text search parser pg_catalog.default is 'x'",
    "view": "create or replace view pg_catalog.pg_group as select groname, grosysid, "
    "grolist from (select ''::name as groname, 0::oid as grosysid, null::oid[] as grolist) x",
    "view's column": "comment on column pg_catalog.pg_tables.tablename is 'x'",
    "view's rule": "comment on rule \"_RETURN\" on pg_catalog.pg_tables is 'x'",
    "table": "alter table information_schema.sql_features alter feature_id set default 'x'",
    "table's index": "create index more on information_schema.sql_features (feature_id)",
    "constraint": "comment on constraint yes_or_no_check on domain information_schema.yes_or_no"
    " is 'x'",
    "policy": "create policy p on information_schema.sql_features using (true)",
    "trigger": "create trigger g before update on information_schema.sql_features"
    " for each row execute function suppress_redundant_updates_trigger()",
    "privileges": "grant select on information_schema.sql_features to pg_monitor",
}


@pytest.mark.servers
@pytest.mark.parametrize("change", BUILT_IN.values(), ids=BUILT_IN.keys())
def test_reading_what_differs_of_built_ins_sees_as_much_as_reading_them_whole(
    world, monkeypatch, change
):
    world.on_both("create table t (id int)")
    world.on_target(f"set allow_system_table_mods = on; {change}")
    narrowed = world.found()
    assert narrowed
    monkeypatch.setattr(inherited, "_unlike_rows", lambda _found: None)
    assert narrowed == world.found()


@pytest.mark.servers
def test_another_version_of_an_extension_is_one_finding(world):
    world.on_both(MEMBERS)
    world.on_target(
        "update pg_extension set extversion = '0.9' where extname = 'plpgsql';"
        "alter function app.f(int) stable; create index on app.told (v);"
        "insert into app.told values (1, 'x')"
    )
    assert world.found() == ["extension plpgsql definition: source 1.0, target 0.9"]


@pytest.mark.servers
def test_what_an_extension_made_is_equal_wherever_it_was_made(pair, world):
    with connect(pair.source) as connection:
        names = [name for (name,) in connection.execute("select name from pg_available_extensions")]
    made = []
    for name in names:
        sql = f"create extension if not exists {identifier(name)} cascade"
        try:
            world.on_source(sql)
        except Exception:  # noqa: BLE001 - a language that the build lacks
            continue
        world.on_target(sql)
        made.append(name)
    assert made
    seen = world.compare(tools=pair.server_pair.tools)
    assert (seen.equality, seen.findings, seen.why) == (Equality.EQUAL, (), None)


@pytest.mark.servers
@pytest.mark.parametrize("spec", ["17:18"])
def test_between_versions_an_extensions_own_is_equal_or_one_finding(spec):
    with PairPool(spec, provider="wheel") as pool, pool.lease("extensions") as pair:
        for name in ("hstore", "citext", "cube", "ltree", "btree_gist"):
            for address in (pair.source, pair.target):
                with connect(address) as connection:
                    connection.execute(f"create extension {identifier(name)}".encode())
        seen = compare(pair.source, pair.target, Question(Scope(roles=()), keep=None))
    assert {(finding.kind, finding.column) for finding in seen.findings} <= {
        ("extension", "definition")
    }
    assert seen.compared["objects"] > 100


@pytest.mark.servers
def test_the_state_of_a_subscription_is_asked_for(world):
    world.on_both("create table t (id int primary key)")
    make = """create subscription told connection 'host=nowhere' publication one
        with (connect = false, slot_name = none);
        insert into pg_subscription_rel values (
          (select oid from pg_subscription where subname = 'told'), 't'::regclass, '{}', '0/7')"""
    try:
        world.on_source(make.format("r"))
        world.on_target(make.format("d"))
        assert world.found() == []
        seen = world.compare(state=True)
        assert [str(finding) for finding in seen.findings] == [
            "subscription told of public.t definition: source r, target d"
        ]
    finally:
        world.on_both("drop subscription if exists told")


@pytest.mark.servers
def test_what_comes_with_the_server_is_no_object_of_the_database(world):
    world.on_both("create table t (id int)")
    before = world.compare().compared["objects"]
    world.on_target("alter function pg_catalog.upper(text) stable")
    seen = world.compare()
    assert len(seen.findings) == 1
    assert seen.compared["objects"] == before


@pytest.mark.parametrize(
    ("change", "object_"),
    [
        ("create policy p on {} for select using (true)", "p"),
        ("alter table {} alter feature_id set default 'x'", "feature_id"),
        ("alter table {} alter feature_id set statistics 7", "feature_id"),
    ],
)
def test_what_somebody_changed_of_a_table_of_information_schema(world, change, object_):
    world.on_both("create table t (id int)")
    world.on_target(change.format("information_schema.sql_features"))
    assert [one.object for one in world.compare().findings] == [
        f"information_schema.sql_features.{object_}"
    ]
