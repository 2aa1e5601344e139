"""Two passes: what is digested, what is read then, and that nothing is lost between them."""

from __future__ import annotations

import uuid
from contextlib import contextmanager

import psycopg
import pytest

from assay.oracle import gate
from assay.oracle.compare import compare
from assay.oracle.data import list_relations
from assay.oracle.digest import Hashed, Ranges
from assay.oracle.finding import Equality
from assay.oracle.scope import Scope
from assay.oracle.side import open_side, sharing
from assay.oracle.stretches import Stretches
from assay.postgres.session import connect
from assay.redact import Secret

pytestmark = pytest.mark.servers
ROWS = 5000
TABLE = f"""create table t (id %s, v text);
  insert into t (id, v) select %s, 'value ' || n from generate_series(1, {ROWS}) n; %s"""
KEYS = {
    "int": ("int primary key", "n", ""),
    "bigint": ("bigint primary key", "n * 3 - 5000", ""),
    "sparse": ("bigint primary key", "n::bigint * 1000000007", ""),
    "text": ("text primary key", "'k' || n", ""),
    "uuid": ("uuid primary key", "md5(n::text)::uuid", ""),
    "numeric": ("numeric primary key", "n / 7.0", ""),
    "composite": ("int, w int generated always as (length(v)) stored", "n",
                  "alter table t add primary key (w, id)"),
    "absent": ("int", "n % 1000", ""),
}  # fmt: skip


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Small tables are digested, in small buckets."""
    monkeypatch.setattr(gate, "LARGE", 0)
    monkeypatch.setattr(gate, "ROWS", 16)


@pytest.fixture(params=KEYS)
def filled(request, world):
    """A table of so many rows on both sides, by this kind of key."""
    world.on_both(TABLE % KEYS[request.param])
    world.on_both("analyze t")
    return world


def test_what_is_equal_is_not_read(filled):
    comparison = filled.compare()
    assert comparison.equality is Equality.EQUAL, comparison
    assert (comparison.proved, comparison.proof) == ({"hash-64": ROWS}, "hash-64")
    assert comparison.compared["rows"] == ROWS
    assert filled.compare(exact=True).proved == {"bytes": ROWS}


@pytest.mark.parametrize(
    ("damage", "count"),
    [
        ("update t set v = 'other' where v = 'value 2500'", 1),
        ("delete from t where v in ('value 1', 'value 2500', 'value 5000')", 3),
        ("update t set v = v || ' ' where v like '%77'", 50),
        ("update t set v = v || ' '", ROWS),
        ("delete from t", ROWS),
    ],
)
def test_the_same_differences_are_named_as_without_a_digest(filled, damage, count):
    filled.on_target(damage)
    two, one = filled.compare(limit=None), filled.compare(limit=None, exact=True)
    assert set(two.findings) == set(one.findings)
    assert len({finding.key for finding in two.findings}) >= count
    assert two.totals == one.totals
    assert (two.equality, two.compared) == (Equality.DIFFERENT, one.compared)
    if count <= 3:
        assert two.proved["bytes"] < ROWS / 10
        assert sum(two.proved.values()) == ROWS


def test_values_swapped_between_rows_of_a_bucket_are_seen(world):
    world.on_both("create table t (id int primary key, v int)")
    world.on_both("insert into t select n, n from generate_series(1, 2000) n")
    world.on_target("update t set v = 2001 - v where id in (1000, 1001)")
    assert world.found() == [
        "row public.t [1000] v: source 1000, target 1001",
        "row public.t [1001] v: source 1001, target 1000",
    ]


def test_rows_beyond_the_keys_of_the_source_are_extra(world):
    world.on_both("create table t (id bigint primary key)")
    world.on_both("insert into t select generate_series(1, 2000)")
    world.on_target(f"insert into t values (-7), (3000), ({-(1 << 63)}), ({(1 << 63) - 1})")
    assert [finding.key for finding in world.compare().findings] == [
        str(-(1 << 63)), "-7", "3000", str((1 << 63) - 1)]  # fmt: skip


def test_an_empty_side_is_read_as_such(world):
    world.on_both("create table t (id int primary key)")
    assert world.compare().equality is Equality.EQUAL
    world.on_target("insert into t values (1)")
    assert world.found() == ["row public.t [1]: source (absent), target (1)"]


def test_columns_of_another_type_are_compared_as_their_texts(world):
    world.on_source("create table t (id int primary key, v int)")
    world.on_target("create table t (id bigint primary key, v numeric)")
    world.on_both("insert into t select n, n from generate_series(1, 2000) n")
    assert not [one for one in world.compare().findings if one.kind == "row"]
    world.on_target("update t set v = 77.0 where id = 77")
    assert "row public.t [77] v: source 77, target 77.0" in world.found()


def test_scattered_damage_is_seen_by_the_first_look(world, queries):
    world.on_both(TABLE % KEYS["int"])
    world.on_both("analyze t")
    world.on_target("update t set v = '' where id % 10 = 0")
    comparison = world.compare(limit=None)
    assert (len(comparison.findings), comparison.proved) == (ROWS // 10, {"bytes": ROWS})
    assert len(queries) == 2  # a look at each side


@pytest.fixture
def queries(monkeypatch):
    """What servers are asked for digests."""
    asked = []
    real = gate._read
    monkeypatch.setattr(gate, "_read", lambda side, one: asked.append(one) or real(side, one))
    return asked


def grouped(queries):
    """Those that number buckets."""
    return [one for one in queries if "group by assay_bucket" in one]


def test_rows_in_the_order_of_their_keys_are_digested_without_buckets(world, queries):
    world.on_both(TABLE % KEYS["int"])
    world.on_both("analyze t")
    assert world.compare().proved == {"hash-64": ROWS}
    assert len(grouped(queries)) == 2  # the first look
    queries.clear()
    world.on_target("update t set v = '' where id = 2500")
    assert len(world.compare().findings) == 1
    assert len(grouped(queries)) == 4  # and the one stretch that differs


def test_rows_that_were_moved_count_where_they_belong(world, queries):
    world.on_both(TABLE % KEYS["int"])
    world.on_target("update t set v = v where id % 500 = 7")
    world.on_target("delete from t where id in (1, 5000)")
    world.on_target("insert into t values (5000, 'value 5000'), (1, 'value 1')")
    world.on_both("analyze t")
    assert world.compare().equality is Equality.EQUAL
    assert any("width_bucket" in one for one in queries)
    world.on_target("update t set v = 'moved and changed' where id in (1, 7, 5000)")
    assert {one.key for one in world.compare().findings} == {"1", "7", "5000"}


def test_rows_that_were_moved_on_both_sides_are_found_in_the_last_stretch(world, queries):
    world.on_both(TABLE % KEYS["int"])
    world.on_both("update t set v = v where id in (3, 2600, 4990)")
    world.on_both("analyze t")
    assert world.compare().proved == {"hash-64": ROWS}
    assert sum("width_bucket" in one for one in queries) == 2
    world.on_target("update t set v = 'other' where id in (3, 4990)")
    assert {one.key for one in world.compare().findings} == {"3", "4990"}


def test_digests_that_contradict_each_other_are_unknown(world, monkeypatch):
    world.on_both(TABLE % KEYS["int"])
    world.on_both("analyze t")
    world.on_target("update t set v = 'other' where id = 2500")
    monkeypatch.setattr(Stretches, "keys", lambda *_: "assay_relation.id = 1")
    comparison = world.compare()
    assert comparison.equality is Equality.UNKNOWN
    assert "Two digests of the same rows of public.t" in comparison.why


@pytest.mark.parametrize(
    "disorder",
    [
        "create table u as select * from t order by md5(id::text); truncate t;"
        " insert into t select * from u; drop table u",
        "alter table t drop constraint t_pkey",
    ],
)
def test_rows_in_another_order_and_keys_without_an_index_are_put_into_buckets(
    world, queries, disorder
):
    world.on_both(TABLE % KEYS["int"])
    world.on_target(disorder)
    world.on_both("analyze t")
    assert "row" not in {one.kind for one in world.compare().findings}
    assert len(grouped(queries)) > 10
    assert not any("width_bucket" in one for one in queries)


@pytest.mark.parametrize("last", [(1 << 63) - 1, (1 << 31) - 1])
def test_the_greatest_keys_of_a_type_belong_to_a_bucket(world, last):
    world.on_both("create table t (id bigint primary key, v text)")
    world.on_both(f"insert into t select {last} - n, 'x' from generate_series(0, 3000) n")
    world.on_both("analyze t")
    assert world.compare().proved == {"hash-64": 3001}
    world.on_target(f"update t set v = 'y' where id in ({last}, {last - 3000})")
    assert {one.key for one in world.compare().findings} == {str(last), str(last - 3000)}


def test_another_session_sees_the_same_snapshot(world):
    world.on_source("create table t (id int)")
    with open_side(world.source, name="source") as side:
        assert side.rows("select count(*) as n from public.t") == [{"n": 0}]
        world.on_source("insert into t values (1)")
        with sharing(side, world.source) as other:
            assert other.rows("select count(*) as n from public.t") == [{"n": 0}]
            pinned = "select name, setting from pg_settings where name = 'extra_float_digits'"
            assert other.rows(pinned) == side.rows(pinned)


def test_a_role_of_one_connection_compares_with_one(world):
    world.on_both(TABLE % KEYS["text"])
    world.on_both("grant all on t to public")
    role, secret = f"one_{uuid.uuid4().hex[:12]}", Secret("one-secret")
    world.on_both(f"create role {role} login connection limit 1 password 'one-secret'")
    try:
        sides = [one.as_role(role, secret) for one in (world.source, world.target)]
        comparison = compare(*sides, scope=Scope(roles=()))
        assert comparison.proved == {"hash-64": ROWS}, comparison.why
        assert sum("only 1 session at once" in note for note in comparison.warnings) == 2
    finally:
        world.on_both(f"drop role {role}")


def test_a_digest_that_fails_is_told_and_stops_the_others(world, monkeypatch):
    world.on_both(TABLE % KEYS["text"])
    read = []
    real = gate._read

    def fails(side, query):
        read.append(side.name)
        if side.name == "target":
            raise psycopg.OperationalError("the server went away")
        return real(side, query)

    monkeypatch.setattr(gate, "_read", fails)
    comparison = world.compare()
    assert comparison.equality is Equality.UNKNOWN
    assert "rows of public.t" in comparison.why
    assert "went away" in comparison.why
    assert read.count("source") < gate.SLICES


def test_a_session_that_is_ended_is_told_and_ends_the_digest(world, monkeypatch):
    world.on_both(TABLE % KEYS["text"])
    real = gate._read

    def ended(side, query):
        if side.name == "target":
            with connect(world.target) as other:
                pid = side.connection.info.backend_pid
                other.execute("select pg_terminate_backend(%s, 5000)", [pid])
        return real(side, query)

    monkeypatch.setattr(gate, "_read", ended)
    comparison = world.compare()
    assert comparison.equality is Equality.UNKNOWN
    assert "terminating connection" in comparison.why


def test_where_a_snapshot_cannot_be_shared_one_session_is_enough(world, monkeypatch):
    @contextmanager
    def refused(*_):
        raise psycopg.errors.InvalidParameterValue("invalid snapshot identifier")
        yield

    monkeypatch.setattr(gate, "sharing", refused)
    world.on_both(TABLE % KEYS["text"])
    comparison = world.compare()
    assert comparison.proved == {"hash-64": ROWS}
    assert sum("invalid snapshot identifier" in note for note in comparison.warnings) == 2


def test_progress_says_how_long_it_will_take(world):
    world.on_both(TABLE % KEYS["text"])
    said = []
    world.compare(progress=said.append)
    told = [line for line in said if "digest" in line]
    assert told[-1] == "rows of public.t (1 of 1): digest 100 %, about 0 s left"
    assert len(told) > 4


@pytest.mark.parametrize(
    ("buckets", "sql"),
    [
        ([3], '(r."k" >= (40)::bigint and r."k" < (50)::bigint)'),
        ([4, 3, 7], '(r."k" >= (40)::bigint and r."k" < (60)::bigint)'
                    ' or (r."k" >= (80)::bigint and r."k" < (90)::bigint)'),
    ],
)  # fmt: skip
def test_neighbouring_buckets_are_one_range(buckets, sql):
    among = Ranges("k", low=10, width=10, count=9).among(buckets)
    assert among.replace("assay_relation.k", 'r."k"').replace('assay_relation."k"', 'r."k"') == sql


def test_very_many_ranges_are_named_by_their_numbers():
    among = Ranges("k", low=0, width=10, count=999).among(range(0, 400, 2))
    assert among.endswith(f"= any('{{{','.join(map(str, range(0, 400, 2)))}}}'::bigint[])")
    assert Hashed("h", 16).among([5, 1]) == "((h) & 15) = any('{1,5}'::bigint[])"


def test_the_slices_of_a_relation_cover_all_its_pages(world):
    world.on_source(TABLE % KEYS["text"])
    with open_side(world.source, name="source") as side:
        (relation,) = [one for one in list_relations(side) if one.name == "public.t"]
        slices = gate._slices(relation, jobs=3)
        counted = [side.rows(f"select count(*) as n from public.t as assay_relation where {part}")
                   for part in slices]  # fmt: skip
    assert len(slices) > 10
    assert sum(one["n"] for (one,) in counted) == ROWS
