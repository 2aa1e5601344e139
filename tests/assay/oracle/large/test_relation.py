"""Into what a large relation is cut."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from assay.oracle.large.digest import Hashed, Ranges
from assay.oracle.large.relation import LargeRelation, neighbours_together, size_of_first_look
from assay.oracle.rows.plan import list_relations, plan_rows
from assay.oracle.session.parallel import ParallelSessions
from assay.oracle.session.side import open_side
from assay.oracle.words.collector import Collector
from assay.oracle.words.portions import Portions


@pytest.mark.parametrize(
    ("count", "taken"), [(1, 1), (15, 15), (16, 16), (1000, 16), (4096, 64), (10_000, 156)]
)
def test_a_first_look_takes_a_small_part_but_enough(count, taken):
    assert size_of_first_look(count) == taken


def test_groups_are_neighbours_and_all_of_them():
    assert neighbours_together(range(7), 3) == [range(3), range(3, 6), range(6, 7)]
    assert neighbours_together([], 3) == []


@pytest.mark.servers
@pytest.mark.parametrize(
    ("columns", "values", "kind"),
    [
        ("id int primary key", "n", Ranges),
        ("id bigint primary key", "n * 50", Ranges),
        ("id bigint primary key", "n::bigint * 1000000007", Hashed),
        ("id text primary key", "n", Hashed),
        ("id int, primary key (id, v)", "n", Hashed),
        ("id int", "n", Hashed),
    ],
)
def test_neighbouring_keys_are_buckets_where_they_are_dense(world, columns, values, kind):
    v, _, key = columns.partition(", ")
    world.on_both(f"create table t ({v}, v text default 'x'{', ' + key if key else ''})")
    world.on_both(f"insert into t (id) select {values} from generate_series(1, 3000) n; analyze t")
    with (
        open_side(world.source, name="source") as source,
        open_side(world.target, name="target") as target,
    ):
        sides = (source, target)
        chosen = plan_rows(*(list_relations(side)[0] for side in sides), sides=sides)
        opened = ParallelSessions(sides, (world.source, world.target), ExitStack())
        seen = LargeRelation(chosen, sides, opened, Collector(None), lambda _: None,
                             portions=Portions(stretch=16))  # fmt: skip
        buckets = seen.buckets()
        assert isinstance(buckets, kind)
        assert buckets.count >= 3000 // 16
        assert (seen.stretches() is not None) == (kind is Ranges)
