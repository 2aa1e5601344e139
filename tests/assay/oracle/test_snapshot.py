"""Snapshots of one database: what changed in between, and what was declared."""

from __future__ import annotations

import json

import pytest

from assay.names import MARKER_TABLE
from assay.oracle.snapshot import Snapshot, changes, snapshot
from assay.oracle.words.scope import Declared, Scope
from assay.postgres.session import connect

pytestmark = pytest.mark.servers

SCHEMA = """
create table t (id int primary key, v text); insert into t values (1, 'a'), (2, 'b');
create table keyless (v json); insert into keyless values ('1'), ('1');
create sequence s; select lo_from_bytea(4243, 'x');
"""


@pytest.fixture
def before(world) -> Snapshot:
    world.on_source(SCHEMA)
    return snapshot(world.source)


def test_nothing_changed(world, before):
    world.on_source("vacuum full t")
    assert changes(before, snapshot(world.source)) == ()


def test_a_snapshot_survives_json(before):
    assert changes(Snapshot.from_json(json.loads(json.dumps(before.to_json()))), before) == ()


@pytest.mark.parametrize(
    ("sql", "seen"),
    [
        ("update t set v = 'c' where id = 1", "row public.t rows"),
        ("delete from keyless where ctid = '(0,1)'", "row public.keyless rows"),
        ("alter table t add n int", "column public.t.n"),
        ("select nextval('s')", "sequence-state public.s is_called"),
        ("select lo_put(4243, 0, 'y')", "large-object 4243 content"),
        ("create publication left_behind", "publication left_behind"),
        ("alter table t replica identity full", "table public.t replica identity"),
    ],
)
def test_each_change_is_a_finding(world, before, sql, seen):
    world.on_source(sql)
    found = [str(finding) for finding in changes(before, snapshot(world.source))]
    assert any(line.startswith(f"{seen} on the source: before ") for line in found)


def test_a_slot_left_behind_is_a_finding_unless_declared(world, before):
    with connect(world.source) as connection:
        connection.execute("select pg_create_logical_replication_slot('assay_left', 'pgoutput')")
        after = snapshot(world.source)
        connection.execute("select pg_drop_replication_slot('assay_left')")
    assert [str(f) for f in changes(before, after)] == [
        "slot assay_left on the source: before (absent), now pgoutput"
    ]
    declared = Scope(declared=Declared(source={"slot": ("assay_.*",)}))
    assert changes(before, after, declared) == ()
    assert len(changes(before, after, declared, side="target")) == 1


def test_the_marker_is_no_change(world, before):
    world.on_source(f"create table {MARKER_TABLE} (id serial primary key)")
    world.on_source(f"insert into {MARKER_TABLE} default values")
    assert changes(before, snapshot(world.source)) == ()


def test_data_may_be_left_out(world, before):
    world.on_source("insert into t values (3, 'c'); select nextval('s')")
    after = snapshot(world.source)
    assert changes(before, after, data=False) == ()
    assert {f.kind for f in changes(before, after)} == {"row", "sequence-state"}
