"""A sample: the same rows on both sides, never EQUAL."""

from __future__ import annotations

import pytest

from assay.oracle.words.finding import Equality

pytestmark = pytest.mark.servers
TABLES = """
create table k (id int primary key, v text); create table n (v text);
insert into k select i, 'value ' || i from generate_series(1, 4000) i;
insert into n select v from k;
"""


def test_a_sample_that_is_equal_is_unknown_and_says_what_it_is(world):
    world.on_both(TABLES)
    seen = world.compare(sample=5.0)
    assert seen.equality is Equality.UNKNOWN
    assert seen.why == "a sample: about 5 % of the rows were compared"
    assert 200 < seen.compared["rows"] < 600  # of 8,000 rows
    assert seen.proved == {"bytes": seen.compared["rows"]}


def test_both_sides_are_sampled_alike_whatever_the_order_of_rows(world):
    world.on_both(TABLES)
    world.on_target("create table o as select * from k order by v; truncate k;"
                    " insert into k select * from o; drop table o")  # fmt: skip
    assert world.compare(sample=5.0).findings == ()


def test_damage_that_is_everywhere_is_found_in_a_sample(world):
    world.on_both(TABLES)
    world.on_target("update k set v = v || '.'; delete from n where v like '%7%'")
    seen = world.compare(sample=5.0)
    assert seen.equality is Equality.DIFFERENT
    assert "a sample: about 5 % of the rows were compared" in seen.warnings
    assert set(seen.totals) == {"row public.k", "multiplicity public.n"}
