"""A moving pair: what is in flight, what stays, what never settles, and one proven position."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assay.oracle import live
from assay.oracle.live import Again, Followed, compare_live
from assay.oracle.question import Question
from assay.oracle.session import position
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import Comparison, Equality, Finding, conclude
from assay.oracle.words.scope import Scope
from assay.postgres.address import Viewer
from assay.postgres.session import connect, literal

DATA = Scope(roles=(), parts="data")


def row(key: str, target: str | None, column: str | None = "v") -> Finding:
    return Finding("row", "public.t", key, column, "new", target)


class TestFollowed:
    """What is followed from look to look."""

    def test_what_is_gone_was_in_flight(self):
        after = Followed.of([row("1", "old"), row("2", "old")]).after([row("2", "old")])
        assert [key for _, _, key in after.things] == ["2"]
        assert after.settled(1) == list(after.things)
        assert Followed.of([row("1", "old")]).settled(1) == []
        assert Followed.of([row("1", "old")]).findings == (row("1", "old"),)

    def test_what_changes_is_not_steady(self):
        after = Followed.of([row("1", "old")]).after([row("1", "older")]).after([row("1", "older")])
        assert after.settled(1) == list(after.things)
        assert after.settled(2) == []

    def test_a_row_that_arrives_late_and_differs_still_is_followed(self):
        after = Followed.of([row("1", None, column=None)]).after([row("1", "old")])
        assert [str(finding) for finding in after.findings] == [str(row("1", "old"))]
        assert after.settled(1) == []

    def test_what_is_new_was_equal_once(self):
        after = Followed.of([row("1", "old")]).after([row("1", "old"), row("9", "x")])
        assert [finding.key for finding in after.findings] == ["1"]

    def test_a_schema_that_moves_is_remembered(self):
        table = Finding("table", "public.u", None, None, "present", None)
        after = Followed.of([table, row("1", "old")]).after([row("1", "old")])
        assert after.schema_moved
        assert not Followed.of([row("1", "old")]).after([]).schema_moved

    def test_only_relations_that_differ_are_read_again(self):
        rows = Finding("multiplicity", "public.m", "(1)", None, "1", "2")
        assert Followed.of([row("1", "old"), row("2", "old"), rows]).keys() == {
            "public.t": ["1", "2"]
        }
        narrowed = Followed.of([row("1", "old")]).narrowed(Scope())
        assert narrowed == Scope(include_tables=("public.t",), parts="data")
        index = Finding("index", "public.i", None, None, "present", None)
        assert Followed.of([row("1", "old"), index]).narrowed(Scope()) == Scope()


class TestDoubts:
    """What could not be told at first is not forgotten."""

    def test_what_was_in_flight_does_not_make_up_for_what_could_not_be_read(self):
        doubt = Doubt("public.u: no privilege to read every row", "target")
        first = conclude([row("1", "old")], compared={"rows": 1}, doubts=[doubt])
        arrived = Followed.of(first.findings).after([])
        judged = live._judged(first, arrived, proved=None, looks=3)
        assert (judged.equality, judged.doubts) == (Equality.UNKNOWN, (doubt,))

    def test_large_objects_are_looked_at_again_whatever_tables_differ(self):
        content = Finding("large-object", "77", None, "content", "1 bytes", "2 bytes")
        followed = Followed.of([row("1", "old"), content])
        assert followed.narrowed(Scope()) == Scope(parts="data")


@pytest.fixture
def moving(world):
    """Five rows on each side, one of which differs."""
    world.on_both("create table t (id int primary key, v text)")
    world.on_both("insert into t select i, 'new' from generate_series(1, 5) i")
    world.on_target("update t set v = 'old' where id = 3")
    return world


def looked(world, meanwhile: Callable[[int], None] = lambda _look: None, **again):
    def progress(text: str) -> None:
        if text.startswith("look "):
            meanwhile(int(text.split()[1]))

    asked = Again(**{"looks": 3, "pause": 0.0} | again)
    return compare_live(world.source, world.target, Question(DATA), again=asked, progress=progress)


@pytest.fixture
def looks(monkeypatch):
    """What each look said."""
    said: list[Comparison] = []

    def compare(*addresses, **words):
        said.append(live_compare(*addresses, **words))
        return said[-1]

    live_compare = live.compare
    monkeypatch.setattr(live, "compare", compare)
    return said


@pytest.mark.servers
class TestLooks:
    """Without a position: looks at what differs."""

    def test_a_row_in_flight_arrives(self, moving):
        def arrive(look: int) -> None:
            if look == 2:
                moving.on_target("update t set v = 'new'")

        seen = looked(moving, arrive)
        assert (seen.equality, seen.findings, seen.totals) == (Equality.EQUAL, (), {})
        assert "1 of 1 that differed at first were in flight" in seen.warnings

    def test_a_difference_that_stays_is_one(self, moving):
        seen = looked(moving)
        assert seen.equality is Equality.DIFFERENT
        assert [str(f) for f in seen.findings] == [
            "row public.t [3] v: source new, target old"
        ]  # fmt: skip

    def test_what_never_settles_is_unknown(self, moving):
        seen = looked(moving, lambda look: moving.on_source(f"update t set v = '{look}'"))
        assert seen.equality is Equality.UNKNOWN
        assert seen.why == "1 never settled in 3 looks: public.t"

    def test_what_stays_and_what_never_settles_are_told_apart(self, moving):
        moving.on_target("delete from t where id = 1")
        seen = looked(moving, lambda n: moving.on_source(f"update t set v = '{n}' where id = 3"))
        assert seen.equality is Equality.DIFFERENT
        assert [finding.key for finding in seen.findings] == ["1"]
        assert "1 more never settled in 3 looks" in seen.warnings

    def test_a_look_that_fails_is_unknown(self, moving):
        seen = looked(moving, lambda _: moving.on_both("drop table if exists t"))
        assert seen.equality is Equality.UNKNOWN
        assert seen.why == "look 1: nothing was compared"

    @pytest.mark.parametrize(
        "change",
        [
            "drop table if exists u",
            "alter table u drop constraint if exists u_pkey",
            "alter table u drop constraint if exists u_pkey, alter w set not null",
        ],
    )
    def test_rows_that_cannot_be_found_again_are_not_called_in_flight(self, moving, change):
        moving.on_both("create table u (id int primary key, v text, w int unique)")
        moving.on_both("insert into u values (1, 'new', 100)")
        moving.on_target("update u set v = 'old'")

        def arrive(_: int) -> None:
            moving.on_both(change)
            moving.on_target("update t set v = 'new'")

        seen = looked(moving, arrive)
        assert seen.equality is Equality.UNKNOWN
        assert seen.why == "the schema changed while it was compared"

    def test_too_many_differences_are_not_called_in_flight(self, moving):
        moving.on_target("delete from t")
        seen = looked(moving, kept=1)
        assert seen.equality is Equality.UNKNOWN
        assert seen.why == "too many differ to tell whether they are in flight"

    def test_what_a_later_look_does_not_list_is_not_called_in_flight(self, moving):
        moving.on_both("alter table t drop constraint t_pkey")  # then all of its rows are read
        seen = looked(moving, lambda _: moving.on_target("delete from t where id in (1, 2)"),
                      kept=2)  # fmt: skip
        assert seen.equality is Equality.UNKNOWN
        assert seen.why == "look 1: too many differ to tell whether they are in flight"

    @pytest.mark.parametrize(
        ("columns", "key"),
        [
            ("k int primary key", "7"),
            ("k smallint primary key", "7"),
            ("k text primary key", "'it''s, \"k\" {7}'"),
            ("k uuid primary key", "'00000000-0000-0000-0000-000000000007'"),
            ("k int, l text, primary key (k, l)", "7, 'a,b'"),
            ("k int, l bigint, primary key (l, k)", "7, 8"),
        ],
    )
    def test_only_rows_that_differ_are_read_again(self, moving, looks, columns, key):
        moving.on_both(f"create table u ({columns}, v text)")
        moving.on_both(f"insert into u values ({key}, 'new')")
        moving.on_both(f"insert into u values ({key.replace('7', '9')}, 'new')")
        moving.on_target("update u set v = 'old' where k::text like '%7%'")
        seen = looked(moving)
        assert seen.equality is Equality.DIFFERENT
        assert len(seen.findings) == 2  # of t, and of u
        assert seen.compared["rows"] == 7
        assert [one.compared["rows"] for one in looks] == [7, 2, 2, 2]

    @pytest.mark.parametrize(
        "key", ["e'back\\\\slash'", "'é'", "'NULL'", "repeat('long', 200)", "e'two\nlines'"]
    )
    def test_a_key_that_is_written_otherwise_has_all_rows_read(self, moving, looks, key):
        moving.on_both("create table u (k text primary key, v text)")
        moving.on_both(f"insert into u values ({key}, 'new'), ('other', 'new')")
        moving.on_target("update u set v = 'old' where k <> 'other'")
        seen = looked(moving)
        assert [finding.object for finding in seen.findings] == ["public.t", "public.u"]
        assert [one.compared["rows"] for one in looks] == [7, 3, 3, 3]

    def test_a_large_object_in_flight_is_no_change_of_the_schema(self, moving):
        moving.on_target("update t set v = 'new'")
        moving.on_source("select lo_from_bytea(77, 'x')")

        def arrive(look: int) -> None:
            if look == 2:
                moving.on_target("select lo_from_bytea(77, 'x')")

        seen = looked(moving, arrive)
        assert (seen.equality, seen.why) == (Equality.EQUAL, None)


def url(pair) -> str:
    peer = pair.address("source", Viewer.PEER)
    return literal(
        f"host={peer.host} port={peer.port} user={peer.user} dbname={peer.database}"
        f" password={peer.password.reveal()}"
    )


@pytest.fixture
def subscribed(moving, pair):
    """The target subscribes to the source, and the first copy is done."""
    moving.on_target("truncate t")
    moving.on_source("create publication p for table t")
    pair.allow("source", "slot", ".*")
    with connect(moving.target) as target:
        target.execute(f"create subscription s connection {url(pair)} publication p".encode())
    yield moving
    moving.on_target("drop subscription s")


@pytest.mark.servers
class TestPosition:
    """A pair that replicates."""

    def test_both_sides_are_judged_at_one_position(self, subscribed):
        position.clock.wait_until(
            lambda: position.reach_position(subscribed.source, subscribed.target),
            what="the first copy",
            timeout=60,
        )
        subscribed.on_source("insert into t select i, 'later' from generate_series(10, 5000) i")
        seen = looked(subscribed)
        assert (seen.equality, seen.findings) == (Equality.EQUAL, ())
        assert seen.position
        assert seen.compared["rows"] == 4996
        subscribed.on_target("update t set v = 'x' where id = 4000")
        seen = looked(subscribed)
        assert seen.equality is Equality.DIFFERENT
        assert [finding.key for finding in seen.findings] == ["4000"]
        assert seen.position

    def test_somebody_who_writes_meanwhile_ends_a_position(self, subscribed):
        reached = position.clock.wait_until(
            lambda: position.reach_position(subscribed.source, subscribed.target),
            what="the first copy",
            timeout=60,
        )
        assert position.position_holds(reached, subscribed.source)
        subscribed.on_source("insert into t values (9999, 'more')")
        assert not position.position_holds(reached, subscribed.source)

    def test_a_target_that_does_not_keep_up_has_none(self, subscribed):
        position.clock.wait_until(
            lambda: position.reach_position(subscribed.source, subscribed.target),
            what="the first copy",
            timeout=60,
        )
        with connect(subscribed.target, autocommit=False) as blocker:
            blocker.execute("lock table t in access exclusive mode")
            subscribed.on_source("insert into t values (9999, 'more')")
            sides = (subscribed.source, subscribed.target)
            assert position.reach_position(*sides, patience=0.3) is None

    @pytest.mark.parametrize(
        "unfinished",
        ["alter subscription other disable", "update pg_subscription_rel set srsubstate = 'd'"
         " where srsubid = (select oid from pg_subscription where subname = 'other')"],
    )  # fmt: skip
    def test_a_subscription_that_does_not_follow_leaves_none(self, subscribed, pair, unfinished):
        subscribed.on_both("create table u (id int primary key)")
        subscribed.on_source("create publication q for table u")
        with connect(subscribed.target) as target:
            target.execute(
                f"create subscription other connection {url(pair)} publication q".encode()
            )
        try:
            position.clock.wait_until(
                lambda: position.reach_position(subscribed.source, subscribed.target),
                what="the first copies",
                timeout=60,
            )
            with connect(subscribed.target, settings={"allow_system_table_mods": "on"}) as target:
                target.execute(unfinished.encode())
            assert position.reach_position(subscribed.source, subscribed.target) is None
        finally:
            subscribed.on_target("alter subscription other enable")
            subscribed.on_target("drop subscription other")

    def test_a_pair_that_does_not_replicate_has_none(self, world):
        assert position.reach_position(world.source, world.target) is None
