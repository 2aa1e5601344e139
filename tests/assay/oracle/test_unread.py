"""What one relation does not give away leaves that relation unknown; all others are compared."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from assay.oracle.words.finding import Equality
from assay.oracle.words.limits import Limits
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.scope import Scope
from assay.postgres.session import connect

pytestmark = pytest.mark.servers
SOON = Limits(lock="300ms")


@pytest.fixture
def three(world):
    """Three tables, the last of them with damage."""
    for name in "abc":
        world.on_both(f"create table {name} (id int primary key, v text)")
        world.on_both(f"insert into {name} select n, 'v' from generate_series(1, 300) n")
    world.on_target("update c set v = 'w' where id = 7")
    return world


@pytest.fixture
def at(three):
    """Compare, and do something as soon as the comparison comes to the rows of a table."""
    with ExitStack() as stack:

        def compared(happens, **options):
            todo = [happens]

            def progress(text: str) -> None:
                if todo and text.startswith("rows of "):
                    todo.pop()(stack)

            return three.compare(progress=progress, **options)

        yield compared


def doubted(comparison) -> set[tuple[str | None, str]]:
    assert comparison.equality is Equality.DIFFERENT
    assert comparison.totals == {"row public.c": 1}
    assert all(doubt.remedy for doubt in comparison.doubts)
    return {(doubt.side, doubt.what) for doubt in comparison.doubts}


def locked(world, side, table):
    def happens(stack):
        blocker = stack.enter_context(connect(getattr(world, side), autocommit=False))
        blocker.execute(f"lock table {table} in access exclusive mode".encode())

    return happens


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("side", ["source", "target"])
def test_a_lock_on_one_relation_leaves_it_unknown(three, at, side):
    seen = at(locked(three, side, "b"), limits=SOON)
    assert doubted(seen) == {(side, "the rows of public.b could not be read")}
    (doubt,) = seen.doubts
    assert doubt.evidence == "canceling statement due to lock timeout"
    assert "--lock-timeout" in doubt.remedy
    assert "--exclude public.b" in doubt.remedy
    assert seen.compared["relations"] == 2


def test_a_lock_on_one_of_many_small_relations_leaves_that_one_unknown(three, at):
    seen = at(locked(three, "target", "b"), limits=SOON)
    assert doubted(seen) == {("target", "the rows of public.b could not be read")}
    assert seen.compared["relations"] == 2


def test_what_could_not_be_read_is_never_equal(three, at):
    three.on_target("update c set v = 'v'")
    seen = at(locked(three, "source", "b"), limits=SOON)
    assert (seen.equality, seen.compared["relations"]) == (Equality.UNKNOWN, 2)
    assert seen.why == (
        "source the rows of public.b could not be read (canceling statement due to lock timeout)"
    )


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("change", ["drop table b", "alter table b rename to d"])
def test_a_relation_that_is_gone_when_it_is_read_is_unknown(three, at, change):
    seen = at(lambda _: three.on_target(change))
    told = doubted(seen)
    assert ("target", "the rows of public.b could not be read") in told
    assert 'relation "public.b" does not exist' in {doubt.evidence for doubt in seen.doubts}
    assert seen.compared["relations"] == 2


@pytest.mark.usefixtures("way")
def test_a_relation_that_takes_the_name_of_another_one_is_not_taken_for_it(three, at):
    three.on_target("update c set v = 'v'; update b set v = 'w'")
    three.on_target("create table other (like b including all); insert into other table a")
    swapped = "alter table b rename to gone; alter table other rename to b"
    seen = at(
        lambda _: three.on_target(swapped), scope=Scope(roles=(), exclude_tables=("public.other",))
    )
    assert seen.equality is Equality.UNKNOWN
    assert "target public.b was renamed meanwhile" in seen.why


@pytest.mark.usefixtures("way")
def test_a_value_that_its_type_cannot_write_leaves_its_relation_unknown(three):
    three.on_both("create type e as enum ('x', 'y'); create table bad (id int primary key, v e)")
    three.on_both("insert into bad values (1, 'x')")
    three.on_target("update bad set v = 'y'")
    three.on_both("delete from pg_enum where enumlabel = 'y'")
    seen = three.compare()
    assert doubted(seen) == {("target", "the rows of public.bad could not be read")}
    assert seen.doubts[0].evidence.startswith("invalid internal value for enum")
    assert seen.compared["relations"] == 3
    hidden = three.compare(redact=True)
    assert [doubt.evidence for doubt in hidden.doubts] == ["SQLSTATE 22P03"]


def test_a_relation_that_takes_too_long_is_unknown(three):
    asked = Narrowing(where={"public.b": "(select pg_sleep(20)) is not null"})
    seen = three.compare(narrowing=asked, limits=Limits(statement="2s"))
    told = doubted(seen)
    assert len(told) == 1
    assert {what for _, what in told} == {"the rows of public.b could not be read"}
    assert "--statement-timeout" in seen.doubts[0].remedy


@pytest.mark.usefixtures("way")
def test_a_session_that_is_ended_ends_the_comparison(three, at):
    def ended(_stack):
        with connect(three.target) as other:
            other.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where application_name = 'assay-oracle' and datname = current_database()"
            )

    seen = at(ended)
    assert seen.equality is Equality.UNKNOWN
    assert "terminating connection" in seen.why
    assert "rows of public.a" in seen.why


MADE_OF_B = """
create view seen as select id from b; create materialized view kept as select id from b;
create function counts() returns bigint begin atomic select count(*) from b; end;
create publication told for table b; create view apart as select id from a;
alter table a enable row level security;
create policy p on a using (exists (select from b)); create index on b ((id + 1)) where id > 5;
create table child (id int references b); create table whole (id int) partition by range (id);
create function plain() returns int language sql as 'select 1'
"""


@pytest.mark.parametrize("side", ["source", "target"])
def test_what_is_made_of_a_relation_that_is_held_is_unknown_and_all_else_compared(
    three, side, pair
):
    three.on_both(MADE_OF_B)
    three.on_target("comment on function plain() is 'changed'")
    with connect(getattr(three, side), autocommit=False) as blocker:
        blocker.execute("lock table b in access exclusive mode")
        seen = three.compare(limits=SOON, tools=pair.server_pair.tools)
        assert seen.equality is Equality.DIFFERENT
        assert seen.totals == {"row public.c": 1, "comment public.plain()": 1}
        assert {(doubt.side, doubt.what) for doubt in seen.doubts} == {
            (side, f"{name} was not compared")
            for name in ("public.b", "public.seen", "public.kept", "public.counts()", "told",
                         "public.a")
        }  # fmt: skip
        assert all("--exclude public.b" in doubt.remedy for doubt in seen.doubts)
        (itself,) = (one for one in seen.doubts if one.what.startswith("public.b "))
        assert itself.evidence == (
            f"session {blocker.info.backend_pid} holds or awaits an exclusive lock"
        )
        (view,) = (one for one in seen.doubts if one.what.startswith("public.seen "))
        assert view.evidence == f"it is made of public.b: {itself.evidence}"
    seen = three.compare(limits=SOON, tools=pair.server_pair.tools)
    assert (seen.doubts, seen.compared["relations"]) == ((), 5)


def test_a_relation_that_is_held_and_left_out_is_no_doubt(three):
    three.on_target("update c set v = 'v'")
    with connect(three.source, autocommit=False) as blocker:
        blocker.execute("lock table b in access exclusive mode")
        asked = Scope(roles=(), exclude_tables=("public.b",))
        assert three.compare(asked, limits=SOON).equality is Equality.EQUAL


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Scope(schemas=("My.Own",)), {'"My.Own".b', '"My.Own".counts()', '"My.Own".seen'}),
        (Scope(schemas=("public",)), set()),
        (Scope(include_tables=('"My.Own".b',)), {'"My.Own".b'}),
        (Scope(include_tables=("public.a",)), set()),
        (Scope(roles=(), parts="data"), {'"My.Own".b', '"My.Own".seen'}),
    ],
)
def test_only_of_what_was_asked_for_it_is_said_that_it_is_held(three, asked, told):
    three.on_target("update c set v = 'v'")
    three.on_both("""create schema "My.Own"; set search_path = "My.Own"; create table b (id int);
        create view seen as select id from b; create function counts() returns bigint
        begin atomic select count(*) from b; end; create publication told for table b""")
    with connect(three.source, autocommit=False) as blocker:
        blocker.execute('lock table "My.Own".b in access exclusive mode')
        seen = three.compare(asked, limits=SOON)
    assert {doubt.what for doubt in seen.doubts} >= {f"{name} was not compared" for name in told}
    assert (seen.equality is Equality.EQUAL) == (not told)
    assert (seen.doubts == ()) == (not told)


def test_a_difference_of_what_is_held_is_not_told(three):
    three.on_target("update c set v = 'v'; alter table b add w int; create index on b (v)")
    with connect(three.source, autocommit=False) as blocker:
        blocker.execute("drop table b")
        seen = three.compare(limits=SOON)
    assert (seen.equality, seen.findings) == (Equality.UNKNOWN, ())
    assert seen.why.startswith("source public.b was not compared (session ")
