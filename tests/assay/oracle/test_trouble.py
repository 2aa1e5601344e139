"""What keeps the oracle from telling gives UNKNOWN with the cause, never a traceback."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread

import pytest

from assay import clock
from assay.names import RunId
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.rows.plan import list_relations
from assay.oracle.session.side import open_side
from assay.oracle.words.finding import Equality
from assay.oracle.words.limits import Limits
from assay.oracle.words.scope import Scope
from assay.postgres.address import Address
from assay.postgres.session import connect, fetch, identifier
from assay.redact import Secret

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


def test_a_server_that_vanishes_in_the_middle(world):
    world.on_both(
        """create table a (id int primary key); insert into a values (1);
        create table b (id int primary key); insert into b values (1)"""
    )

    def end_our_session(step: str) -> None:
        if step.startswith("rows of public.b"):
            with connect(world.target) as connection:
                fetch(
                    connection,
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                    " where application_name = 'assay-oracle' and datname = current_database()",
                )

    comparison = world.compare(progress=end_our_session)
    assert comparison.equality is Equality.UNKNOWN
    assert comparison.why.startswith("rows of public.b (2 of 2): ")
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
    assert "lock timeout" in comparison.why
    assert comparison.seconds < 10


@pytest.fixture
def reader(world, pair):
    """The pair as a role that may read little sees it."""
    name = RunId.new().name("reader")
    for place in ("source", "target"):
        pair.record(place, "role", name)
    world.on_both(f"create role {identifier(name)} login password 'reader-secret'")
    yield type(world)(
        *(a.as_role(name, Secret("reader-secret")) for a in (world.source, world.target))
    )
    world.on_both(f"drop owned by {identifier(name)}; drop role {identifier(name)}")


def test_a_missing_privilege_is_named_and_the_rest_compared(world, reader):
    world.on_both("create table a (id int primary key); create table b (id int primary key)")
    world.on_both(f"grant select on a to {identifier(reader.source.user)}")
    comparison = reader.compare()
    assert comparison.equality is Equality.UNKNOWN
    assert "source public.b: no privilege to read every row" in comparison.why
    assert comparison.compared["relations"] == 1


def test_rows_that_a_policy_hides_are_not_called_equal(world, reader):
    world.on_both("create table a (id int primary key); alter table a enable row level security")
    world.on_both(f"grant select on a to {identifier(reader.source.user)}")
    comparison = reader.compare()
    assert comparison.equality is Equality.UNKNOWN
    assert "source public.a: no privilege to read every row" in comparison.why


def test_roles_need_a_superuser_and_say_so(world, reader):
    world.on_both("create table a (id int primary key)")
    comparison = reader.compare(Scope())
    assert comparison.equality is Equality.UNKNOWN
    assert comparison.why.startswith("only a superuser may read: roles; ")


def test_pg_dump_that_is_missing_is_said(world, tmp_path):
    world.on_both("create table a (id int primary key)")
    comparison = world.compare(tools=tmp_path)
    assert comparison.equality is Equality.UNKNOWN
    assert "pg_dump of the" in comparison.why


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
    assert "canceling statement due to user request" in comparison.why


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
