"""Small relations are read together, which shows equality; what differs is left to the merge."""

from __future__ import annotations

import pytest

from assay.oracle.question import SMALL
from assay.oracle.rows.plan import list_relations, plan_rows
from assay.oracle.rows.small import equal_relations, is_small
from assay.oracle.session.side import open_side
from assay.oracle.words.both import Both
from assay.oracle.words.finding import Equality
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.route import Route

pytestmark = pytest.mark.servers

# What a text of several rows could be mistaken for.
TRICKY = (
    "insert into t values (1, 'a', null), (2, E'a)\\n(3,b,', '')",
    "insert into t values (1, 'a', ''), (2, E'a)\\n(3,b,', null)",
    "insert into t values (1, 'a', null), (2, 'a)', ''), (3, 'b', '')",
    "insert into t values (1, '\"a\"', null), (2, '\\', '')",
    "insert into t values (1, 'a', null)",
    "insert into t values (1, 'a', null), (1, 'a', null)",
    "",
)


def looked_at(world):
    """Names of the relations that are the same, and how many rows they have."""
    with (
        open_side(world.source, name="source") as source,
        open_side(world.target, name="target") as target,
    ):
        sides = Both(source, target)
        pairs = zip(list_relations(source), list_relations(target), strict=True)
        plans = [plan_rows(*pair, sides=sides) for pair in pairs]
        small = [plan for plan in plans if is_small(plan, sides, SMALL)]
        seen = equal_relations(small, sides, lambda _seen: None)
        return {plan.source.name: rows for plan, rows in seen}, len(plans) - len(small)


@pytest.mark.parametrize("there", range(len(TRICKY)))
@pytest.mark.parametrize("here", range(len(TRICKY)))
def test_only_the_same_rows_are_the_same_text(world, here, there):
    world.on_both("create table t (id int, v text, w text)")
    world.on_source(TRICKY[here] or "select")
    world.on_target(TRICKY[there] or "select")
    equal, _ = looked_at(world)
    assert ("public.t" in equal) == (here == there)


def test_many_are_told_apart_by_their_place(world):
    world.on_both(
        "do $$ begin for n in 1..300 loop execute format('create table t%s (id int primary key,"
        " v text); insert into t%s values (1, %L)', n, n, n); end loop; end $$"
    )
    world.on_target("update t77 set v = 'changed'; delete from t200; insert into t299 values (2)")
    equal, others = looked_at(world)
    assert others == 0
    assert len(equal) == 297
    assert not equal.keys() & {"public.t77", "public.t200", "public.t299"}
    comparison = world.compare()
    assert {finding.object for finding in comparison.findings} == {
        "public.t77", "public.t200", "public.t299"}  # fmt: skip
    assert comparison.compared["relations"] == 300
    assert comparison.compared["rows"] == 300
    assert comparison.proved == {"bytes": 300}


def test_what_is_larger_or_lies_in_toast_is_not_small(world):
    world.on_both(
        f"""create table pages (v text); create table toast (v text);
        alter table toast alter v set storage external;
        insert into pages select repeat('x', 1000) from generate_series(1, {SMALL // 900});
        insert into toast values (repeat('x', 10000))"""
    )
    assert looked_at(world) == ({}, 2)


def test_a_table_that_is_large_for_the_question_is_not_small(world):
    world.on_both("create table t (id int primary key); insert into t select generate_series(1, 9)")
    assert world.compare(large=1).proved == {"hash-64": 9}
    assert world.compare().proved == {"bytes": 9}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("drop table b", 'relation "public.b" does not exist'),
        ("truncate b", "public.b was truncated, rewritten or dropped meanwhile"),
    ],
)
def test_what_happens_to_a_small_table_meanwhile_is_told(world, change, said):
    world.on_both("create table a (id int); create table b (id int); insert into b values (1)")

    def disturb(step: str) -> None:
        if step == "rows of small tables (2)":
            world.on_both(change)

    comparison = world.compare(progress=disturb)
    assert comparison.equality is Equality.UNKNOWN
    assert said in comparison.why


@pytest.mark.parametrize(
    ("narrowing", "equal"),
    [
        ({}, False),
        ({"where": {"public.t": "id > 1"}}, True),
        ({"where": {"public.t": "id < 3"}}, False),
        ({"ignored": ("public.t.v",)}, True),
        ({"ignored": ("public.t.w",)}, False),
    ],
)
def test_small_tables_are_narrowed_as_others_are(world, narrowing, equal):
    world.on_both("""create table t (id int primary key, v text, w text);
        insert into t select i, 'v', 'w' from generate_series(1, 9) i""")
    world.on_target("update t set v = 'x' where id = 1")
    comparison = world.compare(narrowing=Narrowing(**narrowing))
    assert comparison.equality is (Equality.EQUAL if equal else Equality.DIFFERENT)
    assert (Route.MERGED in comparison.used, Route.TOGETHER in comparison.used) == (not equal, True)


def test_a_small_table_of_another_name_is_read_together_with_others(world):
    world.on_source("create table t (id int, v text); insert into t values (1, 'a')")
    world.on_target("create table u (id int, w text); insert into u values (1, 'a')")
    names = Narrowing(tables={"public.t": "public.u"}, columns={"public.t": {"v": "w"}})
    seen = world.compare(narrowing=names)
    assert (seen.equality, seen.findings, seen.why) == (Equality.EQUAL, (), None)
    assert Route.MERGED not in seen.used
    world.on_target("update u set w = 'b'")
    assert world.compare(narrowing=names).equality is Equality.DIFFERENT
