"""Which relations have a first pass."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import pytest

from assay.oracle.large.gate import Gate
from assay.oracle.question import Question
from assay.oracle.rows.plan import list_relations, plan_rows
from assay.oracle.session.parallel import ParallelSessions
from assay.oracle.session.side import open_side
from assay.oracle.words.both import Both

pytestmark = pytest.mark.servers


@pytest.fixture
def asked(world):
    """A plan of a table, and what a gate says of it that answers a question."""
    world.on_both("create table t (id int primary key, v text); insert into t values (1, 'x')")
    with (
        open_side(world.source, name="source") as source,
        open_side(world.target, name="target") as target,
    ):
        sides = Both(source, target)
        relations = [list_relations(side)[0] for side in sides]
        chosen = plan_rows(*relations, sides=sides)
        opened = ParallelSessions(sides, Both(world.source, world.target), ExitStack())
        yield lambda chosen, **asked: Gate(sides, opened, Question(**asked)).takes(chosen), chosen


@pytest.mark.parametrize("exact", [False, True])
def test_a_large_heap_with_columns_has_one(asked, exact):
    takes, chosen = asked
    assert not takes(chosen, exact=exact)
    assert takes(chosen, large=0, exact=exact)
    other = replace(chosen.target, heap=False)
    assert not takes(replace(chosen, target=other), large=0, exact=exact)
    assert not takes(replace(chosen, columns=()), large=0, exact=exact)
    filtered = replace(chosen.source, condition="where true")
    assert not takes(replace(chosen, source=filtered), large=0, exact=exact)


def test_values_that_are_hashed_are_no_bytes_of_both(asked):
    takes, chosen = asked
    wide = replace(chosen, wide=True)
    assert takes(wide, large=0)
    assert not takes(wide, large=0, exact=True)
