"""The marker disturbs no snapshot and crosses whatever carries rows."""

from __future__ import annotations

import re

import pytest

from assay.names import MARKER_TABLE
from assay.postgres import barrier
from assay.postgres.address import Viewer
from assay.postgres.barrier import Marker
from assay.postgres.session import connect, fetch, literal
from tests.assay.versions import NEWEST, versions

pytestmark = pytest.mark.servers
TABLE = f"public.{MARKER_TABLE}"


@pytest.fixture
def marker(pair):
    made = Marker(pair.source, pair.target)
    made.create()
    return made


@pytest.fixture
def stream(pair, marker):
    """Subscribe the target, which holds the tables already, to a publication of the source."""
    for side, kind in (("source", "slot"), ("target", "origin"), ("target", "subscription")):
        pair.allow(side, kind, ".*")
    url = literal(pair.address("source", Viewer.REPLICATOR).url())

    def subscribe(what, copies="true"):
        with connect(pair.source) as session:
            session.execute(f"create publication p for {what}".encode())
        with connect(pair.target) as session:
            session.execute(
                f"create subscription s connection {url} publication p "
                f"with (copy_data = {copies}, slot_name = 's_{pair.target.database}')".encode()
            )

    with connect(pair.target) as session:
        session.execute(f"create table {TABLE} (id bigint primary key, n bigint)".encode())
    yield subscribe
    with connect(pair.target) as session:
        session.execute(b"drop subscription if exists s")
    with connect(pair.source) as session:
        session.execute(b"drop publication if exists p")


def markers(address):
    with connect(address, read_only=True) as session:
        return [row[0] for row in fetch(session, f"select id from {TABLE}")]


def cross(marker, *, claims=False, timeout=20.0):
    return marker.cross(
        timeout=timeout, patience=timeout / 2, claims_done=lambda: claims, ended=lambda: False
    )


def test_the_table_is_empty_for_the_snapshot_and_then_holds_the_newest_marker_alone(pair, marker):
    assert markers(pair.source) == []
    for _ in range(2):
        assert not cross(marker, timeout=0.1).crossed
    assert markers(pair.source) == [2]


@pytest.mark.parametrize("what", ["all tables", f"table {TABLE}", "tables in schema public"])
@pytest.mark.parametrize("copies", ["true", "false"])
def test_it_crosses_a_subscription_again_and_again(pair, marker, stream, what, copies):
    stream(what, copies)
    assert all(cross(marker).crossed for _ in range(3))
    assert markers(pair.target) == [3]


def test_a_stream_that_carries_inserts_alone_still_carries_it(marker, stream):
    stream("all tables with (publish = 'insert')")
    assert all(cross(marker).crossed for _ in range(2))


def test_a_table_whose_first_copy_does_not_end_is_named_and_the_marker_arrives(
    pair, marker, stream
):
    for address in (pair.source, pair.target):
        with connect(address) as session:
            session.execute(b'create table "T" (id int primary key); insert into "T" values (1)')
    stream("all tables")
    seen = cross(marker, timeout=6)
    assert not seen.crossed
    assert seen.unsynced[0].startswith('public."T" (state d of subscription s, errors: ')
    assert markers(pair.target) == [1]


@versions("14:17", NEWEST)
def test_what_is_stuck_is_told_by_servers_of_every_version(mixed):
    """The older server is the target."""
    for side, kind in (("target", "slot"), ("source", "origin"), ("source", "subscription")):
        mixed.allow(side, kind, ".*")
    marker = Marker(mixed.target, mixed.source)
    marker.create()
    url = literal(mixed.address("target", Viewer.REPLICATOR).url())
    with connect(mixed.target) as source, connect(mixed.source) as target:
        target.execute(f"create table {TABLE} (id bigint primary key, n bigint)".encode())
        for session in (source, target):
            session.execute(b"create table t (id int primary key); insert into t values (1)")
        source.execute(b"create publication p for all tables")
        target.execute(f"create subscription s connection {url} publication p".encode())
        try:
            seen = cross(marker, timeout=3)
        finally:
            target.execute(b"drop subscription s")
    assert (seen.crossed, seen.server_failed) == (False, "")
    assert seen.unsynced[0].startswith("public.t (state d of subscription s")
    assert "target tables not in sync: 1" in seen.stuck


def test_a_server_that_does_not_answer_is_said(pair, marker):
    away = Marker(marker.source, pair.target.at("no_such_database"))
    assert "no_such_database" in cross(away).server_failed


def test_it_crosses_what_decodes_the_log_and_applies_it_by_itself(pair, marker, stream):
    pair.allow("source", "slot", "decoded")
    insert = re.compile(r"INSERT: id\[bigint\]:(\d+) n\[bigint\]:(\d+)")
    delete = re.compile(r"DELETE: id\[bigint\]:(\d+)")

    def apply():
        with connect(pair.source) as source, connect(pair.target) as target:
            query = "select data from pg_logical_slot_get_changes('decoded', null, null)"
            for (change,) in fetch(source, query):
                if row := insert.search(change):
                    target.execute(f"insert into {TABLE} values (%s, %s)".encode(), row.groups())
                elif row := delete.search(change):
                    target.execute(f"delete from {TABLE} where id = %s".encode(), row.groups())
        return False

    with connect(pair.source) as session:
        session.execute(b"select pg_create_logical_replication_slot('decoded', 'test_decoding')")
    for _ in range(3):
        crossed = marker.cross(timeout=5, patience=0.1, claims_done=apply, ended=lambda: False)
        assert crossed.crossed
    assert markers(pair.target) == [3]


def test_it_crosses_what_notes_changes_by_triggers(pair, marker, stream):
    with connect(pair.source) as session:
        session.execute(
            b"create table changed (at serial, id bigint, op text);"
            b"create function note() returns trigger language plpgsql as 'begin insert into "
            b"public.changed (id, op) values (coalesce(new.id, old.id), tg_op); return null; end';"
            + f"create trigger note after insert or delete on {TABLE} for each row "
            "execute function note()".encode()
        )

    def apply():
        with connect(pair.source) as source, connect(pair.target) as target:
            taken = fetch(source, "delete from changed returning at, id, op")
            for _, id_, op in sorted(taken):
                target.execute(f"delete from {TABLE} where id = %s".encode(), (id_,))
                if op == "INSERT":
                    target.execute(f"insert into {TABLE} values (%s, 0)".encode(), (id_,))
        return False

    for _ in range(3):
        crossed = marker.cross(timeout=5, patience=0.1, claims_done=apply, ended=lambda: False)
        assert crossed.crossed
    assert markers(pair.target) == [3]


def test_a_tool_that_is_done_and_made_no_table_is_waited_for_once(marker, monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr(barrier, "_poll", lambda _probe, seconds: waits.append(seconds))
    assert cross(marker, claims=True).claimed
    assert waits == [10.0, 0]
    waits.clear()
    assert cross(marker, claims=True).claimed
    assert waits == [0, 0]
    waits.clear()
    assert not cross(marker, claims=False).claimed
    assert waits[1] > 0


def test_a_stream_that_stood_still_for_the_whole_time_is_not_given_it_again(marker, monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr(barrier, "_poll", lambda _probe, seconds: waits.append(seconds))
    assert not cross(marker).crossed
    assert not cross(marker).crossed
    assert waits == [10.0, 10.0, 10.0, 0]
