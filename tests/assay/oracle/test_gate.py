"""Which relations have a first pass."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import pytest

from assay.oracle import gate
from assay.oracle.data import list_relations, plan
from assay.oracle.gate import Gate
from assay.oracle.sessions import Sessions
from assay.oracle.side import open_side

pytestmark = pytest.mark.servers


@pytest.fixture
def asked(world):
    """A plan of a table, and a gate that is asked about it, exact or not."""
    world.on_both("create table t (id int primary key, v text); insert into t values (1, 'x')")
    with (
        open_side(world.source, name="source") as source,
        open_side(world.target, name="target") as target,
    ):
        sides = (source, target)
        relations = [list_relations(side)[0] for side in sides]
        chosen = plan(*relations, sides=sides)
        opened = Sessions(sides, (world.source, world.target), ExitStack())
        yield lambda chosen, *, exact: Gate(sides, opened, exact=exact).takes(chosen), chosen


@pytest.mark.parametrize("exact", [False, True])
def test_a_large_heap_with_columns_has_one(asked, monkeypatch, exact):
    takes, chosen = asked
    assert not takes(chosen, exact=exact)
    monkeypatch.setattr(gate, "LARGE", 0)
    assert takes(chosen, exact=exact)
    other = replace(chosen.target, heap=False)
    assert not takes(replace(chosen, target=other), exact=exact)
    assert not takes(replace(chosen, columns=()), exact=exact)
    filtered = replace(chosen.source, condition="where true")
    assert not takes(replace(chosen, source=filtered), exact=exact)


def test_values_that_are_hashed_are_no_bytes_of_both(asked, monkeypatch):
    takes, chosen = asked
    monkeypatch.setattr(gate, "LARGE", 0)
    wide = replace(chosen, wide=True)
    assert takes(wide, exact=False)
    assert not takes(wide, exact=True)
