"""An exact comparison of large tables: what both servers send alike is not read by its rows."""

from __future__ import annotations

import pytest

from assay.oracle.large import relation as look
from assay.oracle.words.finding import Equality
from assay.oracle.words.portions import Portions

pytestmark = pytest.mark.servers
ROWS = 5000


@pytest.fixture(autouse=True)
def small(ask):
    """Small tables are looked at so, in small parts."""
    ask(large=0, portions=Portions(stretch=16))


@pytest.fixture
def merged(monkeypatch):
    """How the rows were chosen that were read."""
    plans = []
    real = look.compare_rows
    monkeypatch.setattr(
        look, "compare_rows", lambda plan, **rest: plans.append(plan) or real(plan, **rest)
    )
    return plans


@pytest.fixture(params=["primary key", "unique not null", ""])
def filled(request, world):
    """A table of so many rows on both sides."""
    world.on_both(
        f"""create table t (id int {request.param}, v text);
        insert into t select n, 'value ' || n from generate_series(1, {ROWS}) n; analyze t"""
    )
    return world


def test_what_is_equal_is_not_read(filled, merged):
    seen = filled.compare(exact=True)
    assert (seen.equality, seen.proved) == (Equality.EQUAL, {"bytes": ROWS})
    assert seen.compared["rows"] == ROWS
    assert merged == []


def test_only_the_parts_that_differ_are_read(filled, merged):
    filled.on_target("update t set v = 'other' where id = 2500; delete from t where id = 4990")
    seen = filled.compare(exact=True)
    assert {one.object for one in seen.findings} == {"public.t"}
    assert len(seen.findings) >= 2
    assert (seen.compared["rows"], seen.proved) == (ROWS, {"bytes": ROWS})
    (plan,) = merged
    assert all("ctid" in one for one in plan.rows)


def test_rows_that_were_moved_are_no_difference(filled, merged):
    filled.on_target("update t set v = v where id % 1000 = 7")
    seen = filled.compare(exact=True)
    assert (seen.equality, seen.proved) == (Equality.EQUAL, {"bytes": ROWS})
    assert len(merged) == 1


def test_coarse_pieces_are_looked_at_again_in_parts(world, merged):
    world.on_both("create table t (id int primary key, v text)")
    world.on_both(f"insert into t select n, 'v' from generate_series(1, {ROWS}) n; analyze t")
    world.on_target("update t set v = 'w' where id in (2500, 4100)")
    seen = world.compare(exact=True)
    assert {one.key for one in seen.findings} == {"2500", "4100"}
    (plan,) = merged
    assert plan.rows[0].count('","') < 10  # few runs of parts
    assert seen.proved == {"bytes": ROWS}


@pytest.mark.parametrize("damage", ["where id % 5 = 0", "where id > 1000", ""])
def test_where_much_differs_all_rows_are_merged(world, merged, damage):
    world.on_both("create table t (id int primary key, v text)")
    world.on_both(f"insert into t select n, 'v' from generate_series(1, {ROWS}) n; analyze t")
    world.on_target(f"update t set v = 'w' {damage}")
    seen = world.compare(exact=True, keep=None)
    assert seen.proved == {"bytes": ROWS}
    assert len(seen.findings) == {"where id % 5 = 0": 1000, "where id > 1000": 4000}.get(
        damage, ROWS
    )
    assert [plan.rows for plan in merged] == [None]


def test_rows_in_another_order_are_merged(filled, merged):
    filled.on_target("create table u as select * from t order by md5(id::text); truncate t;"
                     " insert into t select * from u; drop table u")  # fmt: skip
    assert filled.compare(exact=True).proved == {"bytes": ROWS}
    assert [plan.rows for plan in merged] == [None]


def test_a_first_look_does_not_say_that_all_is_done(filled):
    said = []
    filled.compare(exact=True, progress=said.append)
    told = [line.removeprefix("rows of public.t (1 of 1): ") for line in said if "%" in line]
    assert told[0].startswith("a first look at ")
    assert told.count("100 %") <= 1
