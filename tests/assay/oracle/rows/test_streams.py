"""Lines as a server sends them: whole, in bounded batches, and ended early without harm."""

from __future__ import annotations

from contextlib import closing

import pytest
from psycopg.pq import TransactionStatus

from assay.oracle.rows import streams
from assay.oracle.rows.plan import list_relations, plan_rows
from assay.oracle.rows.streams import batches
from assay.oracle.session.side import open_side
from assay.oracle.words.failed import ReadFailed

pytestmark = pytest.mark.servers


@pytest.fixture
def stream(world):
    """Gives a side and the batches of its table t."""
    with open_side(world.source, name="source") as side:

        def read():
            side.connection.rollback()  # a snapshot of now
            (relation,) = [one for one in list_relations(side) if one.name == "public.t"]
            chosen = plan_rows(relation, relation, sides=(side, side))
            return batches(side, plan=chosen, relation=relation)

        yield side, read


def filled(world, rows, value="'x' || n"):
    world.on_source(f"""create table t (id int primary key, v text);
      insert into t select n, {value} from generate_series(1, {rows}) n""")


@pytest.mark.parametrize("rows", [0, 1, 999, 1000, 1001, 2500])
def test_every_line_comes_once_and_in_order(world, stream, rows):
    filled(world, rows)
    _, read = stream
    found = list(read())
    assert [line for batch in found for line in batch] == [
        b"%d\t%d\tx%d" % (n, n, n) for n in range(1, rows + 1)]  # fmt: skip
    assert all(0 < len(batch) <= streams.BATCH for batch in found)


def test_wide_lines_do_not_pile_up(world, stream):
    filled(world, 40, "repeat('y', 300000)")
    _, read = stream
    sizes = [sum(map(len, batch)) for batch in read()]
    assert sum(sizes) > 12_000_000
    assert max(sizes) <= streams.HELD + 300_100


def test_an_empty_line_and_a_line_of_several_are_what_they_are(world, stream):
    world.on_source("create table t (v text); insert into t values (e'a\\nb'), (''), ('')")
    _, read = stream
    assert list(read()) == [[b'("")\t2', b'("a\\nb")\t1']]


def test_a_stream_that_is_left_early_ends_its_query(world, stream):
    filled(world, 1_000_000)
    side, read = stream
    with closing(read()) as lines:
        assert len(next(lines)) == streams.BATCH
    assert side.connection.info.transaction_status == TransactionStatus.INERROR  # cancelled
    side.connection.rollback()
    assert side.rows("select 1 as n") == [{"n": 1}]


def test_a_copy_that_does_not_begin_is_raised_as_what_it_is(world, stream):
    filled(world, 10)
    side, read = stream
    lines = read()
    world.on_source("drop table t")
    with pytest.raises(ReadFailed, match="does not exist") as failed:
        list(lines)
    assert failed.value.side == side.name
    side.connection.rollback()
    assert side.rows("select 1 as n") == [{"n": 1}]


def test_what_the_server_says_instead_is_raised(world, stream):
    filled(world, 10)
    side, read = stream
    filled_more = "insert into t select n, repeat('z', 2000) from generate_series(11, 300000) n"
    world.on_source(filled_more)
    lines = read()
    side.connection.execute("set statement_timeout = 20")
    with pytest.raises(ReadFailed, match="statement timeout") as failed:
        list(lines)
    assert failed.value.side == side.name
    side.connection.rollback()
    assert side.rows("select 1 as n") == [{"n": 1}]
