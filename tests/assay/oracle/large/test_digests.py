"""Two passes: what is digested, what is read then, and that nothing is lost between them."""

from __future__ import annotations

import struct
import uuid

import pytest

from assay.oracle.compare import compare
from assay.oracle.large import digests as by_digests
from assay.oracle.large.stretches import Stretches
from assay.oracle.question import Question
from assay.oracle.session import parallel as sessions
from assay.oracle.words.finding import Equality
from assay.oracle.words.portions import Portions
from assay.oracle.words.scope import Scope
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
def small(ask):
    """Small tables are digested, in small buckets."""
    ask(large=0, portions=Portions(stretch=16))


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
    two, one = filled.compare(keep=None), filled.compare(keep=None, exact=True)
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


@pytest.fixture
def queries(monkeypatch):
    """What servers are asked for digests."""
    asked = []
    real = sessions.read_answer
    monkeypatch.setattr(
        sessions, "read_answer", lambda side, one: asked.append(one) or real(side, one)
    )
    return asked


@pytest.fixture
def ordered(world):
    """A table whose rows lie in the order of their keys."""
    world.on_both(TABLE % KEYS["int"])
    world.on_both("analyze t")
    return world


def grouped(queries):
    """Those that number buckets."""
    return [one for one in queries if "group by assay_bucket" in one]


def single(queries):
    """Those for digests of single rows."""
    return [one for one in queries if "string_agg" in one]


def whole(queries):
    """Those for digests of parts."""
    return [one for one in queries if "concat(count(*)" in one]


def test_rows_in_the_order_of_their_keys_are_digested_as_stretches(ordered, queries):
    assert ordered.compare().proved == {"hash-64": ROWS}
    assert len(whole(queries)) == len(queries) > by_digests.SLICES
    queries.clear()
    ordered.on_target("update t set v = '' where id = 2500")
    seen = ordered.compare()
    assert [one.key for one in seen.findings] == ["2500"]
    assert seen.proved == {"hash-64": ROWS - 1, "bytes": 1}
    assert len(single(queries)) == 2


def test_scattered_damage_is_seen_by_the_first_look(ordered, queries):
    ordered.on_target("update t set v = '' where id % 10 = 0")
    seen = ordered.compare(keep=None)
    assert len(seen.findings) == ROWS // 10
    assert seen.proved == {"hash-64": ROWS - ROWS // 10, "bytes": ROWS // 10}
    assert not grouped(queries)
    assert len(whole(queries)) < by_digests.SLICES  # the first look
    assert single(queries)


def test_where_most_rows_differ_all_are_read(ordered):
    ordered.on_target("update t set v = '' where id % 10 <> 0")
    seen = ordered.compare(keep=None)
    assert (len(seen.findings), seen.proved) == (ROWS // 10 * 9, {"bytes": ROWS})


def test_where_too_many_rows_are_left_over_all_are_read(ordered, ask):
    ask(portions=Portions(stretch=16, digests=3))
    ordered.on_target("update t set v = '' where id in (7, 2500, 2501, 4000)")
    seen = ordered.compare()
    assert (len(seen.findings), seen.proved) == (4, {"bytes": ROWS})


def test_rows_that_were_moved_are_not_read(ordered, queries):
    ordered.on_target("update t set v = v where id % 500 = 7")
    ordered.on_target("delete from t where id in (1, 5000)")
    ordered.on_target("insert into t values (5000, 'value 5000'), (1, 'value 1')")
    assert ordered.compare().proved == {"hash-64": ROWS}
    assert single(queries)
    ordered.on_target("update t set v = 'moved and changed' where id in (1, 7, 5000)")
    seen = ordered.compare()
    assert {one.key for one in seen.findings} == {"1", "7", "5000"}
    assert seen.proved == {"hash-64": ROWS - 3, "bytes": 3}


def test_rows_that_were_moved_on_both_sides_are_found_in_the_last_stretch(ordered):
    ordered.on_both("update t set v = v where id in (3, 2600, 4990)")
    assert ordered.compare().proved == {"hash-64": ROWS}
    ordered.on_target("update t set v = 'other' where id in (3, 4990)")
    assert {one.key for one in ordered.compare().findings} == {"3", "4990"}


def test_digests_that_contradict_each_other_are_unknown(ordered, monkeypatch):
    ordered.on_target("update t set v = 'other' where id = 2500")
    real = Stretches.singles
    monkeypatch.setattr(
        Stretches, "singles", lambda self, parts: real(self, [one + 1 for one in parts])
    )
    seen = ordered.compare()
    assert seen.equality is Equality.UNKNOWN
    assert "Two digests of the same rows of public.t" in seen.why


@pytest.mark.parametrize(
    "disorder",
    [
        "create table u as select * from t order by md5(id::text); truncate t;"
        " insert into t select * from u; drop table u",
        "alter table t drop constraint t_pkey",
    ],
)
def test_rows_in_another_order_and_keys_without_an_index_are_digested_at_once(
    ordered, queries, disorder
):
    ordered.on_target(disorder)
    assert "row" not in {one.kind for one in ordered.compare().findings}
    assert not grouped(queries)
    ordered.on_target("update t set v = '' where id = 77")
    assert "77" in {one.key for one in ordered.compare().findings}
    assert len(grouped(queries)) > 10
    assert not single(queries)


def test_values_that_are_often_null_are_hashed_with_that_in_mind(world, queries):
    world.on_both("create table t (id int primary key, v int, w int)")
    world.on_both(
        "insert into t select n, nullif(n % 5, 0), n from generate_series(1, 3000) n; analyze t"
    )
    assert world.compare().equality is Equality.EQUAL
    (v, w) = (f'hashint4extended(assay_relation."{one}"' for one in "vw")
    assert all(w in one and v not in one for one in queries)
    world.on_target("update t set v = 0 where id = 1000")
    assert world.found() == ["row public.t [1000] v: source NULL, target 0"]


@pytest.mark.parametrize("last", [(1 << 63) - 1, (1 << 31) - 1])
def test_the_greatest_keys_of_a_type_belong_to_a_bucket(world, last):
    world.on_both("create table t (id bigint primary key, v text)")
    world.on_both(f"insert into t select {last} - n, 'x' from generate_series(0, 3000) n")
    world.on_both("analyze t")
    assert world.compare().proved == {"hash-64": 3001}
    world.on_target(f"update t set v = 'y' where id in ({last}, {last - 3000})")
    assert {one.key for one in world.compare().findings} == {str(last), str(last - 3000)}


def test_a_role_of_one_connection_compares_with_one(world):
    world.on_both(TABLE % KEYS["text"])
    world.on_both("grant all on t to public")
    role, secret = f"one_{uuid.uuid4().hex[:12]}", Secret("one-secret")
    world.on_both(f"create role {role} login connection limit 1 password 'one-secret'")
    try:
        sides = [one.as_role(role, secret) for one in (world.source, world.target)]
        comparison = compare(*sides, Question(Scope(roles=()), large=0))
        assert comparison.proved == {"hash-64": ROWS}, comparison.why
        assert sum("only 1 session at once" in note for note in comparison.warnings) == 2
    finally:
        world.on_both(f"drop role {role}")


def test_progress_says_how_much_is_done(world):
    world.on_both(TABLE % KEYS["text"])
    said = []
    world.compare(progress=said.append)
    told = [line for line in said if "digest" in line]
    assert told[-1] == "rows of public.t (1 of 1): digest 100 %"
    assert len(told) > 4


def sent(rows):
    """What a server says of rows, whose digests are their keys' tenfold."""
    return struct.pack(f">{2 * len(rows)}q", *(key for key, _ in rows), *(one for _, one in rows))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (range(20), range(20)),
        (range(20), [*range(5), 99, *range(6, 20)]),
        (range(20), [*range(5), *range(6, 20)]),
        (range(20), [*range(5), 99, *range(5, 20)]),
        (range(20), [*range(5), 98, 99, 97, *range(5, 20)]),
        (range(20), [*range(5), *range(9, 20)]),
        (range(20), [*range(1, 20), 0]),
        (range(20), range(19, -1, -1)),
        (range(20), range(1, 20)),
        (range(20), range(19)),
        (range(20), []),
        ([], range(3)),
        (range(200), [n for n in range(200) if n % 5]),
        (range(200), [n if n % 7 else -n for n in range(200)]),
        (range(200), [n if n % 2 else n + 1000 for n in range(200)]),
    ],
)
def test_rows_that_only_one_side_has_are_told_wherever_they_lie(source, target):
    ours, theirs = (by_digests._Rows.of(sent([(n, n * 10) for n in one]))
                    for one in (source, target))  # fmt: skip
    left = by_digests._Left(1000)
    left.take(ours, theirs)
    assert set(left.source.values()) == set(source) - set(target)
    assert set(left.target.values()) == set(target) - set(source)
    assert left.rows == len(source)
