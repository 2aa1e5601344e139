"""What keeps the oracle from telling gives UNKNOWN with the cause, never a traceback."""

from __future__ import annotations

import signal
from dataclasses import replace
from threading import Thread, Timer, get_ident

import pytest

from assay import clock
from assay.errors import ServerError
from assay.oracle import compare as compare_module
from assay.oracle.compare import Interrupted, compare
from assay.oracle.notes import Notes
from assay.oracle.question import Question
from assay.oracle.rows.plan import list_relations
from assay.oracle.session.side import open_side
from assay.oracle.words.collector import Collector
from assay.oracle.words.finding import Equality
from assay.oracle.words.limits import Limits
from assay.oracle.words.scope import Scope
from assay.postgres.address import Address
from assay.postgres.session import connect, fetch

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("way")]


def test_two_empty_databases_are_unknown(world):
    comparison = world.compare()
    assert (comparison.equality, comparison.why) == (Equality.UNKNOWN, "nothing was compared")


def test_two_databases_with_one_empty_table_are_equal(world):
    world.on_both("create table t (id int)")
    assert world.compare().equality is Equality.EQUAL


def test_a_server_that_does_not_answer(world):
    world.target = replace(world.target, host="127.0.0.1", port=1)
    comparison = world.compare()
    assert comparison.equality is Equality.UNKNOWN
    assert comparison.why.startswith("connecting: Cannot connect to postgresql://")


def end_our_sessions(address: Address) -> None:
    """As a server does that is shut down."""
    with connect(address) as connection:
        fetch(
            connection,
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where application_name = 'assay-oracle' and datname = current_database()",
        )


def test_a_server_that_vanishes_in_the_middle(world):
    world.on_both(
        """create table a (id int primary key); insert into a values (1);
        create table b (id int primary key); insert into b values (1)"""
    )

    def end_our_session(step: str) -> None:
        if step.startswith("rows of public.b"):
            end_our_sessions(world.target)

    comparison = world.compare(progress=end_our_session)
    assert comparison.equality is Equality.UNKNOWN
    assert comparison.why.startswith("target rows of public.b (2 of 2): ")
    assert (comparison.compared["relations"], comparison.compared["rows"]) == (1, 1)


def test_a_table_dropped_in_the_middle(world):
    world.on_both("create table a (id int primary key); create table b (id int primary key)")

    def drop(step: str) -> None:
        if step.startswith("rows of public.a"):
            world.on_target("drop table if exists b")

    comparison = world.compare(progress=drop)
    assert comparison.equality is Equality.UNKNOWN
    assert 'relation "public.b" does not exist' in comparison.why


def test_a_table_that_is_gone_has_no_size(world):
    world.on_source("create table a (id int primary key, v text)")
    with open_side(world.source, name="source") as here:
        world.on_source("drop table a")
        (gone,) = list_relations(here)
    assert (gone.name, gone.size, gone.toast) == ("public.a", 0, 0)


def test_a_table_truncated_in_the_middle_is_no_false_difference(world):
    world.on_both(
        """create table a (id int primary key); create table b (id int primary key);
        insert into b values (1)"""
    )

    def truncate(step: str) -> None:
        if step.startswith("rows of public.a"):
            world.on_both("truncate b")

    comparison = world.compare(progress=truncate)
    assert comparison.equality is Equality.UNKNOWN
    assert "public.b was truncated, rewritten or dropped meanwhile" in comparison.why


def test_a_lock_that_is_not_given(world):
    world.on_both("create table a (id int primary key)")
    with connect(world.target, autocommit=False) as holder:
        holder.execute("lock table a in access exclusive mode")
        comparison = world.compare(limits=Limits(lock="50ms"))
    assert comparison.equality is Equality.UNKNOWN
    assert comparison.why.startswith("target public.a was not compared (session ")
    assert comparison.seconds < 10


def test_rows_of_a_table_that_was_truncated_are_no_difference_where_it_ends_early(world):
    world.on_both(
        """create table a (id int primary key); create table b (id int primary key);
        insert into b values (1); create table c (id int primary key)"""
    )

    def disturb(step: str) -> None:
        if step.startswith("rows of public.a"):
            world.on_target("truncate b")
        if step.startswith("rows of public.c"):
            end_our_sessions(world.target)

    comparison = world.compare(progress=disturb)
    assert (comparison.equality, comparison.totals) == (Equality.UNKNOWN, {"row public.b": 1})


def test_a_row_that_differs_stays_a_difference_where_it_ends_early(world):
    world.on_both("create table a (id int primary key); create table c (id int primary key)")
    world.on_target("insert into a values (1)")

    def end(step: str) -> None:
        if step.startswith("rows of public.c"):
            end_our_sessions(world.target)

    comparison = world.compare(progress=end)
    assert (comparison.equality, comparison.totals) == (Equality.DIFFERENT, {"row public.a": 1})
    assert "rows of public.c (2 of 2)" in comparison.doubts[0].what


def test_a_row_that_differs_proves_nothing_where_nobody_answers_any_more(world):
    world.on_both("create table a (id int primary key); create table c (id int primary key)")
    world.on_target("insert into a values (1)")
    away = replace(world.target, port=1)

    def vanish(step: str) -> None:
        if step.startswith("rows of public.c"):
            raise ServerError("it went away")

    work = compare_module._Work(
        compare_module.Both(world.source, world.target),
        replace(world.asked, scope=Scope(roles=())),
        Notes(Collector(None), vanish),
    )
    with pytest.raises(ServerError) as caught:
        work.run()
    work.addresses = compare_module.Both(world.source, away)
    work.fail(caught.value)
    assert work.notes.doubts[-1].spoils == ("row public.a",)


def test_a_difference_of_the_schema_stays_one_where_it_ends_early(world):
    world.on_both("create table a (id int primary key); create table c (id int primary key)")
    world.on_target("alter table a add n int")

    def end(step: str) -> None:
        if step.startswith("rows of public.a"):
            end_our_sessions(world.target)

    comparison = world.compare(progress=end)
    assert comparison.equality is Equality.DIFFERENT
    assert "rows of public.a (1 of 2)" in comparison.doubts[0].what


def test_pg_dump_that_is_missing_is_said(world, tmp_path):
    world.on_both("create table a (id int primary key)")
    comparison = world.compare(tools=tmp_path)
    assert comparison.equality is Equality.UNKNOWN
    assert "pg_dump of the" in comparison.why
    world.on_target("alter table a add n int")
    assert world.compare(tools=tmp_path).equality is Equality.DIFFERENT


def test_a_query_that_somebody_cancels(world):
    world.on_both("create table a (id int primary key); insert into a values (1)")
    world.on_both("create table b (id int primary key)")
    cancelled = Thread(target=_cancel_the_waiting, args=(world.target,))
    with connect(world.target, autocommit=False) as holder:
        holder.execute("lock table b in access exclusive mode")
        cancelled.start()
        comparison = world.compare()
    cancelled.join()
    assert comparison.equality is Equality.UNKNOWN
    assert comparison.why.startswith("target public.b was not compared (session ")
    assert comparison.compared["rows"] == 1


def _cancel_the_waiting(address: Address) -> None:
    query = """select pg_cancel_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'assay-oracle'
        and wait_event_type = 'Lock'"""
    with connect(address) as connection:
        clock.wait_until(lambda: fetch(connection, query), what="a waiting query", timeout=20)


def test_a_temp_disk_that_is_full_is_told_and_what_was_proved_stays(world):
    world.on_both("create table a (id int primary key); insert into a values (1)")
    world.on_both("create table z (v text)")
    world.on_both("insert into z select md5(i::text) || repeat('x', 90) from"
                  " generate_series(1, 150000) i")  # fmt: skip
    world.on_target("create table y as select * from z order by v; truncate z;"
                    " insert into z select * from y; drop table y")  # fmt: skip
    small = "-c temp_file_limit=100kB -c work_mem=64kB"
    target = replace(world.target, options=(("options", small),))
    comparison = compare(world.source, target, Question(Scope(roles=()), exact=True))
    assert comparison.equality is Equality.UNKNOWN
    assert "temporary file size exceeds" in comparison.why
    assert comparison.proved == {"bytes": 1}


@pytest.fixture
def ctrl_c_is_heard():
    """Whoever runs us may ignore it, as a shell does for what it leaves in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_is_heard")
def test_an_interrupt_does_not_wait_for_a_lock(world):
    world.on_both("create table t (id int)")
    with connect(world.target, autocommit=False) as other:
        other.execute("lock table t")
        here = get_ident()
        timer = Timer(1, lambda: signal.pthread_kill(here, signal.SIGINT))
        timer.start()
        began = clock.monotonic()
        with pytest.raises(Interrupted):
            world.compare()
        timer.join()
        assert clock.monotonic() - began < 15  # of the 30 s that a lock is waited for
        other.rollback()


def test_a_server_without_information_schema_is_compared(world):
    world.on_both("create table t (id int); drop schema information_schema cascade")
    assert world.compare().equality is Equality.EQUAL


CASTS = """create function lost({0}) returns text language sql immutable as $$select '{{}}'$$;
  create cast ({0} as text) with function lost({0}) as assignment;
  create table t (id int primary key, v {0});"""


@pytest.mark.parametrize("type_", ["json", "jsonb"])
def test_somebodys_cast_to_text_is_not_trusted(world, type_):
    world.on_both(CASTS.format(type_))
    world.on_source("insert into t values (1, '1')")
    world.on_target("insert into t values (1, '2')")
    assert world.found() == ["row public.t [1] v: source 1, target 2"]


@pytest.mark.parametrize("type_", ["bigint", "double precision"])
def test_somebodys_cast_of_a_number_to_text_is_not_trusted(world, type_):
    world.on_both(CASTS.format(type_) + "alter table t drop constraint t_pkey")
    world.on_source("insert into t values (1, '-0'), (2, '5')")
    world.on_target("insert into t values (1, '-0'), (2, '6')")
    assert len(world.found()) == 2
