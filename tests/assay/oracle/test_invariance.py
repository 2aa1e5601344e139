"""What is physical, or a setting of server and session, raises no finding."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.session.side import open_side
from assay.oracle.words.finding import Equality
from assay.oracle.words.scope import Scope
from assay.postgres.session import identifier

pytestmark = pytest.mark.servers

SCHEMA = """
create type mood as enum ('low', 'high');
create sequence counted;
create table t (id int primary key, d timestamptz, f float8, b bytea, i interval, m mood,
  x xml, n numeric, r regclass, v text default 'x', check (id > 0));
create index t_v on t (v, n) where f > 0;
create table parent (id int primary key) partition by range (id);
create table low partition of parent for values from (0) to (10);
create table child (id int primary key, up int references t (id) deferrable);
create view seen as select id, v from t;
create materialized view kept as select id from t;
create function f(a int, b text) returns int language sql as 'select a';
create publication p for table t (id, v) where (id > 1);
create statistics s on id, f from t;
alter table t enable row level security;
create policy own on t using (id > 0);
grant select (id, v) on t to public;
comment on table t is 'a table';
"""
ROWS = [
    "(1, '2024-02-03 04:05:06+00', 0.1::float8 + 0.2, '\\x00ff', '1 mon -1 day', 'low', '<a/>',"
    " 1.00, 'pg_class', 'a')",
    "(2, 'infinity', 'NaN', '', '30 days', 'high', '<b/>', 'NaN', 't', null)",
    "(3, '0044-03-15 00:00:00+00 BC', '-0', null, null, null, null, null, null, '')",
]


@pytest.fixture
def twins(world):
    """Equal databases with unlike histories: order of rows, OIDs, dropped columns, settings."""
    world.on_source(SCHEMA)
    world.on_source(f"insert into t values {', '.join(ROWS)}; insert into low values (1), (2)")
    world.on_target("create table noise (id serial); drop table noise; select lo_create(0)")
    world.on_target("select lo_unlink(oid) from pg_largeobject_metadata")
    changed = SCHEMA.replace(
        "id int primary key, d timestamptz", "gone text, id int, d timestamptz"
    )
    changed = changed.replace(
        "create index t_v", "alter table t drop gone, add primary key (id); create index t_v"
    )
    world.on_target(changed)
    world.on_target(f"insert into t values {', '.join(reversed(ROWS))}")
    world.on_target("insert into low values (2), (9), (1); delete from low where id = 9")
    world.on_target("update t set v = v; refresh materialized view kept")
    world.on_source("refresh materialized view kept")
    return world


def test_unlike_histories_raise_no_finding(twins, pair):
    comparison = twins.compare(tools=pair.server_pair.tools)
    assert (comparison.findings, comparison.why) == ((), None)
    assert comparison.equality is Equality.EQUAL


def test_rewriting_the_tables_raises_no_finding(twins):
    twins.on_target("vacuum full t")
    twins.on_target("reindex table t; analyze")
    assert twins.found() == []


@pytest.mark.parametrize("whose", ["database", "role in database"])
def test_settings_change_no_value_and_are_one_finding_each(twins, whose):
    settings = {
        "timezone": "Asia/Tokyo",
        "datestyle": "SQL, DMY",
        "intervalstyle": "sql_standard",
        "extra_float_digits": "-5",
        "bytea_output": "escape",
        "xmloption": "document",
        "array_nulls": "off",
        "default_transaction_isolation": "serializable",
    }
    place = f"database {identifier(twins.target.database)}"
    if whose != "database":
        place = f"role {identifier(twins.target.user)} in {place}"
    for name, value in settings.items():
        twins.on_target(f"alter {place} set {name} = '{value}'")
    kind = "database-setting" if whose == "database" else "role-setting"
    found = twins.compare(Scope()).findings
    mine = [f for f in found if f.source is None and f.kind == kind]
    assert len(mine) == len(settings)
    assert [f for f in found if f.kind not in ("role", kind)] == []
    twins.on_target(f"alter {place} reset all")


@pytest.mark.parametrize(
    "setting",
    [
        "quote_all_identifiers=on",
        "client_encoding=LATIN1",
        "bytea_output=escape",
        "TimeZone=Asia/Tokyo",
    ],
)
def test_what_a_session_begins_with_does_not_change_its_dump(twins, pair, setting):
    twins.on_both("""
        create table łódź (id int constraint positive check (id > 0), v bytea default '\\x00ff');
        create domain day as timestamptz check (value > '2024-01-01 00:00:00+00'::timestamptz)
    """)
    target = replace(twins.target, options=(("options", f"-c {setting}"),))
    comparison = compare(
        twins.source, target, Question(Scope(roles=()), tools=pair.server_pair.tools)
    )
    assert (comparison.findings, comparison.why) == ((), None)


def test_a_server_that_limits_transactions_does_not_end_the_snapshot(world, server_pair):
    if server_pair.source.major < 17:
        pytest.skip("such a limit is new in PostgreSQL 17")
    limited = replace(world.source, options=(("options", "-c transaction_timeout=100ms"),))
    with open_side(limited, name="source") as side:
        assert side.rows("select pg_sleep(0.3)::text as slept") == [{"slept": ""}]


def test_a_comparison_asks_for_no_parallel_workers(world):
    eager = "-c parallel_setup_cost=0 -c parallel_tuple_cost=0 -c min_parallel_table_scan_size=0"
    server = replace(world.source, options=(("options", eager),))
    with open_side(server, name="source") as side:
        plan = side.connection.execute("explain select count(*) from pg_attribute").fetchall()
    assert "Gather" not in str(plan)


def test_a_planted_bit_is_seen_under_hostile_settings(twins):
    for name, digits in (("source", 0), ("target", -15)):
        database = identifier(getattr(twins, name).database)
        getattr(twins, f"on_{name}")(f"alter database {database} set extra_float_digits = {digits}")
    twins.on_target("update t set f = 0.3 where id = 1")
    rows = [str(f) for f in twins.compare().findings if f.kind == "row"]
    for name in ("source", "target"):
        database = identifier(getattr(twins, name).database)
        getattr(twins, f"on_{name}")(f"alter database {database} reset all")
    assert rows == ["row public.t [1] f: source 0.30000000000000004, target 0.3"]


def test_other_encodings_and_locales_are_one_finding_each_and_rows_equal(world, pair, way):
    for side, encoding in (("source", "LATIN1"), ("target", "UTF8")):
        name = f"{world.source.database}_enc"
        pair.record(side, "database", name)
        getattr(world, f"on_{side}")(
            f"create database {identifier(name)} template template0 encoding '{encoding}'"
            " locale 'C'"
        )
    other = type(world)(
        world.source.at(f"{world.source.database}_enc"),
        world.target.at(f"{world.source.database}_enc"),
    )
    other.on_both(
        """create table k (id text primary key, v text); create table n (v text);
        insert into k values ('é', 'à'), ('z', 'b'), ('ÿ', 'x'); insert into n select v from k"""
    )
    comparison = other.compare()
    assert [(f.kind, f.column) for f in comparison.findings] == [("database", "encoding")]
    assert comparison.proved == {
        {"merged": "bytes", "digested": "hash-64", "sent": "bytes"}[way]: 6
    }
    other.on_target("update k set v = 'ä' where id = 'é'")
    assert [str(f) for f in other.compare().findings if f.kind == "row"] == [
        "row public.k [é] v: source à, target ä"
    ]
