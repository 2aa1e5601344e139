"""The reference's commands on a pair of servers."""

import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assay.clock import wait_until
from assay.replicators.base import Filters, Phase

if TYPE_CHECKING:
    from tests.assay.replicators.conftest import Bench

pytestmark = pytest.mark.servers

SETUP = (
    "create table keyed (id int primary key, note text)",
    "create table bag (note text)",
    "insert into keyed select i, 'n' || i from generate_series(1, 20) i",
    "insert into bag values ('a'), ('a'), (null)",
    "create sequence numbers start 7",
)
ROWS = "select count(*), min(note), max(note) from {}"


def follow(bench: "Bench") -> None:
    assert bench.run(Phase.INIT, follow=True).ok
    assert bench.run(Phase.SYNC, follow=True).ok


def test_rows_written_between_snapshot_and_stream_arrive_once(bench: "Bench"):
    bench.source(*SETUP)
    assert bench.run(Phase.INIT, follow=True).ok
    bench.source("insert into bag values ('gap')", "update bag set note = 'b' where note = 'a'")
    assert bench.run(Phase.SYNC, follow=True).ok
    bench.arrives("select count(*) = 4 and count(*) filter (where note = 'b') = 2 from bag")
    assert bench.run(Phase.STATUS).ok


def test_after_cutover_both_sides_are_as_if_nobody_had_been_there(bench: "Bench"):
    bench.source(
        *SETUP,
        "create function f() returns trigger language plpgsql as 'begin return new; end'",
        "create trigger t before insert on bag for each row execute function f()",
        "alter table bag enable always trigger t",
    )
    follow(bench)
    kept = "select relreplident::text from pg_class where relname = 'bag'"
    fires = "select tgenabled::text from pg_trigger where tgname = 't'"
    assert (bench.source(kept), bench.target(fires)) == ([("f",)], [("D",)])
    bench.source("select nextval('numbers')", "insert into bag values ('last')")
    assert bench.run(Phase.CUTOVER).ok
    assert bench.debris() == []
    assert bench.source(kept) == bench.target(kept) == [("d",)]
    assert bench.target(fires) == [("A",)]
    assert bench.target("select nextval('numbers')") == [(8,)]
    assert bench.target("select count(*) from bag where note = 'last'") == [(1,)]


def test_a_snapshot_alone_leaves_nothing_on_the_source(bench: "Bench"):
    bench.source(*SETUP)
    done = bench.run(Phase.INIT)
    assert done.ok
    assert done.left_in_tmp == ()
    assert bench.debris() == []
    assert bench.target(ROWS.format("keyed")) == bench.source(ROWS.format("keyed"))


def test_without_a_kept_slot_sync_and_cutover_are_refused(bench: "Bench"):
    bench.source(*SETUP)
    assert bench.run(Phase.INIT).ok
    for phase in (Phase.SYNC, Phase.CUTOVER):
        refused = bench.run(phase)
        assert refused.exit == 1
        assert "--keep-slot" in refused.stderr
    assert bench.run(Phase.STATUS).exit == 1


def test_the_same_database_under_another_name_is_refused(bench: "Bench"):
    bench.source(*SETUP)
    other = "localhost" if bench.pair.source.host == "127.0.0.1" else bench.pair.source.host
    refused = bench.run(
        Phase.INIT, target=replace(bench.pair.source, host=other), drop_existing=True
    )
    assert refused.exit == 1
    assert "same database" in refused.stderr
    assert "system identifier" in refused.stderr
    assert bench.source("select count(*) from keyed") == [(20,)]


def test_a_second_init_is_refused_and_changes_nothing(bench: "Bench"):
    bench.source(*SETUP)
    assert bench.run(Phase.INIT).ok
    refused = bench.run(Phase.INIT)
    assert refused.exit == 1
    assert "already exists and contains data" in refused.stderr
    assert bench.target("select count(*) from bag") == [(3,)]


def test_a_target_with_rows_is_replaced_only_when_asked(bench: "Bench"):
    bench.source(*SETUP)
    bench.target("create table precious (id int)")
    assert bench.run(Phase.INIT).exit == 1
    assert bench.target("select count(*) from precious") == [(0,)]
    assert bench.run(Phase.INIT, drop_existing=True).ok
    assert bench.target("select to_regclass('precious') is null") == [(True,)]


@pytest.mark.parametrize("item", ["{db}.public.Keyed", "{db}.nowhere.keyed", "nodb.public.keyed"])
def test_a_filter_that_names_nothing_is_refused_by_name(bench: "Bench", item: str):
    bench.source(*SETUP)
    named = item.format(db=bench.pair.source.database)
    for phase in (Phase.VALIDATE, Phase.INIT):
        refused = bench.run(phase, filters=Filters(exclude_tables=(named,)))
        assert refused.exit == 1
        assert named.split(".")[0 if named.startswith("nodb") else 2] in refused.stderr
    assert bench.target("select to_regclass('bag') is null") == [(True,)]


def test_an_unlogged_table_is_copied_but_not_followed(bench: "Bench"):
    bench.source("create unlogged table fast (id int)", "insert into fast values (1)")
    refused = bench.run(Phase.INIT, follow=True)
    assert refused.exit == 1
    assert "public.fast" in refused.stderr
    assert bench.debris() == []
    assert bench.run(Phase.INIT).ok
    assert bench.target("select count(*) from fast") == [(1,)]


def test_a_table_without_key_or_equality_is_not_followed(bench: "Bench"):
    bench.source("create table blob (j json)")
    refused = bench.run(Phase.INIT, follow=True)
    assert refused.exit == 1
    assert "public.blob" in refused.stderr
    assert "json" in refused.stderr


def test_verify_names_table_and_key_of_a_changed_row(bench: "Bench"):
    bench.source(*SETUP, "create table empty (id int primary key)")
    assert bench.run(Phase.INIT).ok
    assert bench.run(Phase.VERIFY).ok
    bench.target("update keyed set note = '' where id = 13")
    different = bench.run(Phase.VERIFY)
    assert different.exit == 1
    assert "public.keyed: MISMATCH" in different.stdout
    assert "(13)" in different.stdout


def test_a_failed_init_takes_back_what_it_began(bench: "Bench"):
    # The check holds on the source, whose function knows a table that a restore has not yet made.
    bench.source(
        "create table known (n int)",
        "insert into known values (1)",
        "create function ok(int) returns boolean language sql as "
        "'select exists (select from known where n = $1)'",
        "create table a_checked (n int check (ok(n)))",
        "insert into a_checked values (1)",
    )
    failed = bench.run(Phase.INIT, follow=True)
    assert failed.exit == 1
    assert "pg_restore failed" in failed.stderr
    assert bench.debris() == []
    assert bench.target("select to_regclass('a_checked') is null") == [(True,)]
    assert failed.left_in_tmp == ()


def test_terminating_init_ends_its_children_and_takes_back_what_it_began(bench: "Bench"):
    bench.source(*SETUP, "create table locked (id int primary key)")
    with bench.pair_lock("locked"):
        running = bench.start(Phase.INIT, follow=True)
        wait_until(
            lambda: any(line.startswith("slot") for line in bench.debris()),
            what="the slot",
            timeout=30,
        )
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(20)
        ours = "select count(*) from pg_stat_activity where application_name = 'assay_ref'"
        wait_until(lambda: bench.source(ours) == [(0,)], what="its children's end", timeout=5)
    done = running.stop()
    assert done.exit == 1
    assert "Interrupted" in done.stderr
    assert bench.debris() == []
    assert list((bench.workdir / "started-tmp").iterdir()) == []
    assert bench.source("select relreplident::text from pg_class where relname = 'bag'") == [("d",)]
