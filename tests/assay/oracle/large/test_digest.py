"""A digest tells apart whatever texts tell apart, for every type, and numbers its buckets well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.oracle.large.digest import Hashed, Ranges, key_digest, row_digest
from assay.oracle.rows.plan import list_relations, plan_rows
from assay.oracle.session.side import open_side
from tests.assay.oracle.typed_values import VALUES

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("type_", VALUES)
def test_each_text_of_a_type_has_its_own_digest(world, type_):
    values = [*VALUES[type_], None]
    for key in ("int primary key", "text primary key", "int"):
        world.on_source("drop table if exists t")
        world.on_source(f"create table t (id {key}, v {type_})")
        for number, value in enumerate(values):
            quoted = "null" if value is None else "'" + value.replace("'", "''") + "'"
            world.on_source(f"insert into t values ({number}, {quoted})")
        with open_side(world.source, name="source") as side:
            (relation,) = [one for one in list_relations(side) if one.name == "public.t"]
            chosen = plan_rows(relation, relation, sides=(side, side))
            # All of one key: only the value may tell them apart.
            told = [
                side.rows(
                    "select count(distinct assay_relation.v::text) as texts, count(distinct"
                    f" {row_digest(one)}) as digests from (select '7'::{key.split()[0]} as id, v"
                    " from public.t) as assay_relation"
                )
                for one in (chosen, replace(chosen, scarce=frozenset("v")))
            ]
        assert told == [[{"texts": len(values) - 1, "digests": len(values)}]] * 2


@pytest.mark.parametrize("type_", VALUES)
@pytest.mark.parametrize("key", ["primary key", ""])
def test_no_value_hides_the_columns_beside_it(world, type_, key):
    """Some hashes of PostgreSQL give back their seed, or never look at it."""
    world.on_source(f"create table t (id int {key}, a int, v {type_}, w {type_})")
    world.on_source(f"create table u (x {type_})")
    world.on_source("insert into u values (null)")
    for value in VALUES[type_]:
        world.on_source("insert into u values ('" + value.replace("'", "''") + "')")
    with open_side(world.source, name="source") as side:
        (relation,) = [one for one in list_relations(side) if one.name == "public.t"]
        digest = row_digest(plan_rows(relation, relation, sides=(side, side)))
        told = side.rows(
            f"select count(*) as rows, count(distinct {digest}) as digests from (select 7 as id, a,"
            " v.x as v, w.x as w from generate_series(1, 2) as a, public.u as v, public.u as w)"
            " as assay_relation"
        )
    rows = 2 * (len(VALUES[type_]) + 1) ** 2
    assert told == [{"rows": rows, "digests": rows}]


# Microseconds beside each other, and as far apart as one word of a value is from the next, where a
# moment is hashed in another way, far off, and at the epoch; bits of other values one by one.
MOMENTS = """select '{0}'::timestamp + n * interval '1 microsecond'
    + m * interval '4294.967296 seconds' as v from generate_series(-300, 300) n,
    generate_series(-4, 4) m"""
MANY = {
    **{f"timestamp {at}": MOMENTS.format(at) for at in (
        "1900-01-01", "1970-01-01", "2000-01-01", "2026-11-30", "2169-12-31 23:59:59", "2170-01-01",
        "4000-01-01", "294276-01-01", "4000-01-01 BC")},
    "timestamptz": "select v::timestamptz from (" + MOMENTS.format("2026-11-30") + ") x",
    "time": "select time '00:00' + n * interval '1 microsecond' * 4294967 as v"
    " from generate_series(0, 20000) n",
    "bigint[]": "select array[1::bigint << n, (1::bigint << m) + 1] as v"
    " from generate_series(0, 62) n, generate_series(0, 62) m",
    "text[]": "select array[repeat('a', n), chr(m + 33)] as v"
    " from generate_series(0, 90) n, generate_series(0, 90) m",
    "numeric[]": "select array[(n / 100.0)::numeric(9, 2), (m / 10.0)::numeric] as v"
    " from generate_series(-50, 50) n, generate_series(-50, 50) m",
}  # fmt: skip


@pytest.mark.parametrize("name", MANY)
def test_as_many_digests_as_values(world, name):
    world.on_source(f"create table v as select distinct on (v::text) v from ({MANY[name]}) x")
    world.on_source("create table t as select 7 as id, v, 1 as w from v limit 0")
    world.on_source("alter table t add primary key (id)")
    with open_side(world.source, name="source") as side:
        (relation,) = [one for one in list_relations(side) if one.name == "public.t"]
        digest = row_digest(plan_rows(relation, relation, sides=(side, side)))
        (told,) = side.rows(
            f"select count(*) as rows, count(distinct {digest}) as digests from"
            " (select 7 as id, v, 1 as w from public.v) as assay_relation"
        )
    assert told["rows"] > 1000
    assert told["digests"] == told["rows"]


def test_null_is_no_value_of_its_own_and_columns_do_not_run_together(world):
    world.on_source(
        """create table t (id int primary key, a text, b text);
        insert into t values (1, null, 'x'), (2, 'x', null), (3, '', 'x'), (4, 'x', ''),
          (5, 'xx', null), (6, null, 'xx'), (7, 'xx', ''), (8, null, null), (9, '', '')"""
    )
    with open_side(world.source, name="source") as side:
        (relation,) = list_relations(side)
        digest = row_digest(plan_rows(relation, relation, sides=(side, side)))
        told = side.rows(f"select count(distinct {digest}) as n from"
                         " (select 7 as id, a, b from public.t) as assay_relation")  # fmt: skip
    assert told == [{"n": 9}]


@pytest.mark.parametrize("low", [-5, 0, -(1 << 63)])
def test_a_range_holds_its_keys_and_no_other(world, low):
    ranges = Ranges("id", low=low, width=10, count=4)
    world.on_source("create table t (id bigint primary key)")
    world.on_source(f"insert into t select {low} + n from generate_series(0, 39) n")
    with open_side(world.source, name="source") as side:
        for chosen in ([0], [1, 2], [0, 3], range(4)):
            rows = side.rows(f"select {ranges.bucket()} as bucket from public.t as assay_relation"
                             f" where {ranges.among(chosen)}")  # fmt: skip
            assert sorted(row["bucket"] for row in rows) == sorted([*chosen] * 10)


def test_hashed_buckets_are_used_evenly(world):
    world.on_source("create table t (id text primary key)")
    world.on_source("insert into t select 'key ' || n from generate_series(1, 16000) n")
    with open_side(world.source, name="source") as side:
        (relation,) = list_relations(side)
        buckets = Hashed(key_digest(plan_rows(relation, relation, sides=(side, side))), 16)
        counted = side.rows(f"select {buckets.bucket()} as bucket, count(*) as n from public.t"
                            " as assay_relation group by 1")  # fmt: skip
    assert sorted(row["bucket"] for row in counted) == list(range(16))
    assert all(800 < row["n"] < 1200 for row in counted)


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


@pytest.mark.parametrize("value", ["int", "numeric", "text"])
@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ("k int", "k"),
        ("k bigint", "k"),
        ("k text", "k"),
        ("k uuid", "k"),
        ("k numeric", "k"),
        ("k timestamp", "k"),
        ("c int default 1, k numeric", "c, k"),
        ("c numeric default 1, k int", "c, k"),
        ("k int", ""),
        ("k numeric", ""),
    ],
)
def test_what_a_value_adds_depends_on_its_row(world, columns, key, value):
    """Else a sum would hardly tell values that were swapped between rows."""
    keyed = f", primary key ({key})" if key else ""
    world.on_source(f"create table t ({columns}, v {value}{keyed})")
    keys = {
        "uuid": ("'" + "0" * 32 + "'", "'" + "1" * 32 + "'"),
        "timestamp": ("'2020-01-01'", "'2021-01-01'"),
    }.get(columns.split()[-1], ("'7'", "'8'"))
    with open_side(world.source, name="source") as side:
        (relation,) = list_relations(side)
        digest = row_digest(plan_rows(relation, relation, sides=(side, side)))
        fixed = "1 as c, " if columns.startswith("c int") else ""
        fixed = "1::numeric as c, " if columns.startswith("c numeric") else fixed
        told = [
            side.rows(f"select {digest} as d from (select {fixed}{k}::{columns.split()[-1]} as k,"
                      f" {v}::{value} as v) as assay_relation")[0]["d"]
            for k in keys for v in ("'1'", "'2'", "null")
        ]  # fmt: skip
    assert len(set(told)) == 6
    first, second = told[:3], told[3:]
    apart = [one ^ other for one, other in zip(first, second, strict=True)]
    assert len(set(apart)) == 3


def test_decimals_are_told_where_only_one_side_limits_them(world):
    """Or where they are limited to another number."""
    world.on_both(
        "create table t (id int primary key, v numeric(12, 2), w numeric, x numeric(9, 3))"
    )
    world.on_target("alter table t alter w type numeric(12, 2), alter x type numeric(9, 2)")
    with (
        open_side(world.source, name="source") as source,
        open_side(world.target, name="target") as target,
    ):
        (ours,), (theirs,) = list_relations(source), list_relations(target)
        plan = plan_rows(ours, theirs, sides=(source, target))
        assert [column.modifier is None for column in plan.columns] == [True, False, True, True]
        told = source.rows(
            f"select count(distinct {row_digest(plan)}) as n from (select 7 as id, 1.00 as v, w, x"
            " from unnest(array[1.0, 1.00, 1.000]) as w, unnest(array[1.00, 1.000]) as x)"
            " as assay_relation"
        )
    assert told == [{"n": 6}]


def test_blanks_at_the_end_of_a_char_without_a_length_are_told(world):
    world.on_source("create table t (id int primary key, v bpchar)")
    with open_side(world.source, name="source") as side:
        (relation,) = list_relations(side)
        digest = row_digest(plan_rows(relation, relation, sides=(side, side)))
        values = "unnest(array['a', 'a ', 'a  ']) as v"
        rows = f"(select 7 as id, v::bpchar from {values}) as assay_relation"
        told = side.rows(f"select count(distinct {digest}) as n from {rows}")
    assert told == [{"n": 3}]
