"""Parts of a relation: which stretches are kept, that parts are all of it, what is read."""

from __future__ import annotations

import pytest

from assay.oracle.large.digest import Ranges
from assay.oracle.large.stretches import Pages, Stretches, _in_order
from assay.oracle.rows.plan import list_relations, plan_rows
from assay.oracle.session.side import open_side

ORDERED = [(0, 0), (3, 1), (5, 9), (8, 2)]
ROWS = 5000


@pytest.mark.parametrize(
    ("source", "target", "kept"),
    [
        (ORDERED, ORDERED, [0, 1, 2, 3]),
        ([(0, 0), (9, 1), (5, 9), (8, 2)], ORDERED, [0, 2, 3]),
        (ORDERED, [(0, 0), (3, 1), (9, 9), (8, 2)], [0, 1, 3]),
        ([(0, 0), (9, 1), (5, 9), (8, 2)], [(0, 0), (3, 1), (5, 9), (4, 2)], [0, 3]),
        ([(0, 0), (9, 0), (8, 0), (7, 0)], ORDERED, [0, 3]),
        ([(0, 0), (3, 1), (3, 1), (3, 1)], ORDERED, [0, 1, 2, 3]),
        ([(0, 0), (1, 1), (7, 1), (2, 1), (3, 1), (4, 1)], [(n, 0) for n in range(6)],
         [0, 1, 3, 4, 5]),
    ],
)  # fmt: skip
def test_the_most_that_are_in_order_on_both_sides_are_kept(source, target, kept):
    assert _in_order(source, target) == kept


@pytest.fixture
def side(world):
    """A side with a table `t` of many pages."""
    world.on_source("create table t (id int primary key, v text)")
    world.on_source(f"insert into t select n, 'value ' || n from generate_series(1, {ROWS}) n")
    world.on_source("delete from t where id % 9 = 1")
    world.on_source("vacuum (analyze) t")
    with open_side(world.source, name="source") as opened:
        yield opened


def table(side):
    (found,) = [one for one in list_relations(side) if one.name == "public.t"]
    return found


@pytest.mark.servers
@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_parts_are_all_of_a_relation_and_nothing_twice(side, count):
    pages = Pages.even(table(side), count)
    assert len(pages) == min(count, table(side).size // 8192)
    answered = side.rows(pages.each(range(len(pages)), "count(*)"))
    held = sum(next(iter(one.values())) for one in answered)
    odd = [*range(0, len(pages), 2)]
    even = [*range(1, len(pages), 2)]
    parted = [side.rows(f"select id from {pages.rows(parts)}") for parts in (odd, even) if parts]
    ids = [row["id"] for rows in parted for row in rows]
    assert held == len(ids) == len(set(ids)) == ROWS - len(range(1, ROWS + 1, 9))


@pytest.mark.servers
def test_a_part_is_read_without_a_look_at_the_others(side):
    pages = Pages.even(table(side), 5)
    asked = (
        pages.each([1, 3], "count(*)"),
        f"select id from {pages.rows([2])}",
        f"select id from {pages.rows([0, 1, 3])}",
    )
    for query in asked:
        plan_ = "\n".join(row for (row,) in side.connection.execute(f"explain {query}".encode()))
        assert "Tid Range Scan" in plan_
        assert "Seq Scan" not in plan_


@pytest.mark.servers
def test_a_stretch_begins_with_the_first_of_its_keys(side):
    relation = table(side)
    chosen = plan_rows(relation, relation, sides=(side, side))
    stretches = Stretches.of(chosen, Ranges("id", low=1, width=500, count=10), (side, side))
    for number in range(10):
        rows = side.rows(f"select min(id), max(id) from {stretches.rows([number])[1]}")
        assert 500 * number < rows[0]["min"] <= rows[0]["max"] <= 500 * number + 500


@pytest.mark.servers
def test_rows_in_no_order_have_no_stretches(world):
    world.on_source("create table t (id int primary key)")
    world.on_source("insert into t select n from generate_series(1, 5000) n order by md5(n::text)")
    with open_side(world.source, name="source") as side:
        chosen = plan_rows(table(side), table(side), sides=(side, side))
        ranges = Ranges("id", low=1, width=50, count=100)
        assert Stretches.of(chosen, ranges, (side, side)) is None
