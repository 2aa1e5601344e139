"""Several sessions of both sides: one snapshot, answers in order, and what follows a failure."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager

import psycopg
import pytest

from assay.clock import monotonic
from assay.oracle.large import digests as by_digests
from assay.oracle.session import parallel as sessions
from assay.oracle.session.parallel import Meter, ParallelSessions
from assay.oracle.session.side import open_side, sharing
from assay.oracle.words.failed import ReadFailed
from assay.oracle.words.finding import Equality
from assay.postgres.session import connect

pytestmark = pytest.mark.servers
TABLE = """create table t (id text primary key, v text);
  insert into t select 'k' || n, 'value ' || n from generate_series(1, 5000) n"""


@pytest.fixture
def opened(world):
    """Sessions of both sides, two of each."""
    with (
        open_side(world.source, name="source") as source,
        open_side(world.target, name="target") as target,
        ExitStack() as stack,
    ):
        yield ParallelSessions((source, target), (world.source, world.target), stack)


def test_another_session_sees_the_same_snapshot(world):
    world.on_source("create table t (id int)")
    with open_side(world.source, name="source") as side:
        assert side.rows("select count(*) as n from public.t") == [{"n": 0}]
        world.on_source("insert into t values (1)")
        with sharing(side, world.source) as other:
            assert other.rows("select count(*) as n from public.t") == [{"n": 0}]
            pinned = "select name, setting from pg_settings where name = 'extra_float_digits'"
            assert other.rows(pinned) == side.rows(pinned)


def test_answers_come_in_the_order_of_their_questions(opened):
    asked = [(f"select {n}", f"select pg_sleep(0.01), {-n}") for n in range(20)]
    told = []
    answers = list(opened.ask(asked, told.append))
    assert [(one[0][-1], two[0][-1]) for one, two in answers] == [(n, -n) for n in range(20)]
    assert told[-1] == "100 %"


def test_no_more_is_asked_than_is_looked_at(opened, monkeypatch):
    read = []
    real = sessions.read_answer
    monkeypatch.setattr(
        sessions, "read_answer", lambda side, query: read.append(1) or real(side, query)
    )
    answers = opened.ask([("select 1", "select 1")] * 100, lambda _: None)
    for _ in range(3):
        next(answers)
    answers.close()
    assert len(read) < 30


def test_a_failure_ends_what_the_others_do(opened):
    began = monotonic()
    with pytest.raises(ReadFailed, match="division by zero"):
        list(opened.ask([("select pg_sleep(60)", "select 1 / 0")], lambda _: None))
    for side in (side for own in opened.of for side in own):
        side.connection.rollback()  # what was aborted would fail at once, perhaps first
    with pytest.raises(ValueError, match="mine"):
        opened.work(_fails_or_sleeps)
    assert monotonic() - began < 30


def _fails_or_sleeps(number, sides, of):
    assert of == 2
    if number == 1:
        raise ValueError("mine")
    sides[0].connection.execute("select pg_sleep(60)")


def test_work_has_a_pair_of_sessions_for_each_thread(opened):
    seen = []
    opened.work(lambda n, pair, of: seen.append((n, of, threading.get_ident(), *map(id, pair))))
    assert sorted((n, of) for n, of, *_ in seen) == [(0, 2), (1, 2)]
    assert len({one for row in seen for one in row[3:]}) == 4


def test_a_digest_that_fails_is_told_and_stops_the_others(world, monkeypatch, ask):
    world.on_both(TABLE)
    read = []
    real = sessions.read_answer

    def fails(side, query):
        read.append(side.name)
        if side.name == "target":
            raise psycopg.OperationalError("the server went away")
        return real(side, query)

    ask(large=0)
    monkeypatch.setattr(sessions, "read_answer", fails)
    comparison = world.compare()
    assert comparison.equality is Equality.UNKNOWN
    assert "rows of public.t" in comparison.why
    assert "went away" in comparison.why
    assert read.count("source") < by_digests.SLICES


@pytest.mark.parametrize("exact", [False, True])
def test_a_session_that_is_ended_is_told_and_ends_the_comparison(world, monkeypatch, exact, ask):
    world.on_both(TABLE)
    real = ParallelSessions.open

    def ended(self):
        real(self)
        with connect(world.target) as other:
            pid = self.of[1][1].connection.info.backend_pid
            other.execute("select pg_terminate_backend(%s, 5000)", [pid])

    ask(large=0)
    monkeypatch.setattr(ParallelSessions, "open", ended)
    comparison = world.compare(exact=exact)
    assert comparison.equality is Equality.UNKNOWN
    assert "terminating connection" in comparison.why


def test_where_a_snapshot_cannot_be_shared_one_session_is_enough(world, monkeypatch, ask):
    @contextmanager
    def refused(*_):
        raise psycopg.errors.InvalidParameterValue("invalid snapshot identifier")
        yield

    ask(large=0)
    monkeypatch.setattr(sessions, "sharing", refused)
    world.on_both(TABLE)
    for exact, proof in ((False, "hash-64"), (True, "bytes")):
        comparison = world.compare(exact=exact)
        assert comparison.proved == {proof: 5000}
        assert sum("invalid snapshot identifier" in note for note in comparison.warnings) == 2


def test_a_meter_counts_what_several_threads_do():
    told = []
    meter = Meter(400, told.append)
    threads = [
        threading.Thread(target=lambda: [meter.done() for _ in range(100)]) for _ in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert told[-1] == "100 %"
    assert meter.finished == 400


@pytest.mark.parametrize(
    ("seconds", "done", "said"),
    [(1, 50, "50 %"), (60, 2, "2 %"), (60, 3, "3 %, about 1940 s left"), (60, 100, "100 %")],
)
def test_nothing_is_estimated_before_there_is_evidence(monkeypatch, seconds, done, said):
    told = []
    meter = Meter(100, told.append, finished=done - 1, began=0.0)
    monkeypatch.setattr(sessions.clock, "monotonic", lambda: float(seconds))
    meter.done()
    assert told == [said]
