"""A lease gives two fresh databases and takes everything back."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from assay.clock import wait_until
from assay.errors import UsageError
from assay.postgres import cleaning
from assay.postgres.address import Viewer
from assay.postgres.pair import Pair
from assay.postgres.pool import PairPool
from assay.postgres.session import connect, fetch, replication, scalar

pytestmark = pytest.mark.servers


def leaked(pair: Pair) -> list[str]:
    """What the lease reported, as `side kind name`."""
    return [f"{leak.side} {leak.item.kind} {leak.item.name}" for leak in pair.leaked]


def follow(pair: Pair) -> None:
    """A subscription of the target to the source."""
    with connect(pair.source) as source, connect(pair.target) as target:
        source.execute("create table t (id int primary key)")
        source.execute("create publication p for table t")
        target.execute("create table t (id int primary key)")
        url = pair.address("source", Viewer.PEER).url()
        target.execute(f"create subscription s connection '{url}' publication p".encode())
        source.execute("insert into t values (1)")


def test_a_lease_gives_empty_utf8_databases_on_two_servers(pool: PairPool) -> None:
    with pool.lease("x") as pair, connect(pair.source) as source, connect(pair.target) as target:
        identities = set()
        for connection in (source, target):
            assert scalar(connection, "show server_encoding") == "UTF8"
            assert scalar(connection, "select count(*) from pg_class where oid >= 16384") == 0
            identities.add(scalar(connection, "select system_identifier from pg_control_system()"))
        assert len(identities) == 2
    assert not pair.leaked


def test_a_new_database_has_its_catalog_cache_before_the_first_session(pool: PairPool) -> None:
    cached = (
        "select count(*) from pg_database d,"
        " pg_ls_dir('base/' || d.oid) file where datname = %s and file = 'pg_internal.init'"
    )
    with pool.lease("x") as pair, connect(pair.source.at("postgres")) as session:
        assert scalar(session, cached, pair.database) == 1
        assert not scalar(
            session, "select datallowconn from pg_database where datname = 'template0'"
        )


def test_names_carry_the_run(pool: PairPool) -> None:
    with pool.lease("x") as one:
        assert one.database.startswith(f"assay_{pool.run}_")
    with pool.lease("y") as other:
        assert one.database != other.database


def test_one_test_at_a_time_has_the_server_pair(pool: PairPool) -> None:
    with pool.lease("x"), pytest.raises(UsageError, match="leased to x"), pool.lease("y"):
        pass


def test_databases_are_gone_afterwards_and_the_server_pair_stays(pool: PairPool) -> None:
    with pool.lease("x") as pair:
        pair.create_database("source", 'further "one"')
    with pool.lease("y") as later, connect(later.source) as source:
        assert later.server_pair is pair.server_pair
        names = {name for (name,) in fetch(source, "select datname from pg_database")}
    assert names == {"postgres", "template0", "template1", later.database}


@pytest.mark.parametrize(
    ("statement", "leak"),
    [
        ("create role assay_x", "source role assay_x"),
        ("create database other", "source database other"),
        ("alter role postgres set work_mem = '1MB'", "source setting postgres"),
        ("alter system set work_mem = '1MB'", "source system-setting work_mem"),
        ("select pg_create_physical_replication_slot('phys', true)", "source slot phys"),
        (
            "select pg_create_logical_replication_slot('logical', 'pgoutput')",
            "source slot logical",
        ),
        ("select pg_replication_origin_create('origin')", "source origin origin"),
    ],
)
def test_what_a_test_leaves_is_reported_and_removed(
    pool: PairPool, statement: str, leak: str
) -> None:
    with pool.lease("leaves") as pair, connect(pair.source) as source:
        source.execute(statement.encode())
    assert leaked(pair) == [leak]
    with pool.lease("later") as later:
        assert later.server_pair is pair.server_pair
    assert not later.leaked


def test_what_was_declared_is_no_leak(pool: PairPool) -> None:
    with pool.lease("x") as pair, connect(pair.source) as source:
        pair.allow("source", "role", "assay_.*")
        pair.allow("target", "role", ".*")
        source.execute("create role assay_declared")
        source.execute("create role other")
    assert leaked(pair) == ["source role other"]


def test_a_declaration_matches_whole_names(pool: PairPool) -> None:
    with pool.lease("x") as pair, connect(pair.source) as source:
        pair.allow("source", "role", "assay")
        source.execute("create role assay_longer")
    assert leaked(pair) == ["source role assay_longer"]


def test_a_running_stream_is_taken_down_on_both_sides(pool: PairPool) -> None:
    with pool.lease("x") as pair:
        follow(pair)
    found = leaked(pair)
    assert "target subscription s" in found
    assert "source slot s" in found
    with pool.lease("y") as later:
        assert later.server_pair is pair.server_pair
    assert not later.leaked


def test_nobody_waits_for_the_end_of_a_stream_that_is_served(
    pool: PairPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[str] = []
    senders = "select count(*) from pg_stat_replication"
    with pool.lease("x") as pair:
        follow(pair)
        with connect(pair.source) as source, connect(pair.target) as target:
            wait_until(lambda: scalar(target, "select count(*) from t"), what="a row", timeout=30)
            wait_until(lambda: scalar(source, senders) == 1, what="one sender", timeout=30)
        monkeypatch.setattr(cleaning, "wait_until", lambda *_, what, **__: waited.append(what))
    assert any(leak.item.kind == "walsender" for leak in pair.leaked)
    assert not waited


def test_the_end_of_a_stream_of_nobody_is_waited_for(pool: PairPool) -> None:
    with pool.lease("x") as pair, ExitStack() as session:
        source = session.enter_context(replication(pair.source, application="reader"))
        source.execute(b"IDENTIFY_SYSTEM")
        ending = threading.Timer(0.4, session.pop_all().close)
        ending.start()
    ending.join()
    assert not leaked(pair)


def test_prepared_transactions_and_open_sessions_do_not_hold_a_database(pool: PairPool) -> None:
    with pool.lease("x") as pair, connect(pair.target, autocommit=False) as target:
        target.execute("create table t ()")
        target.execute("prepare transaction 'left'")
        target.execute("select 1")
    assert leaked(pair) == ["target prepared left"]
    assert not pool.retired


def test_a_role_with_privileges_is_removed(pool: PairPool) -> None:
    with pool.lease("x") as pair, connect(pair.source) as source:
        source.execute("create role a; create role b; grant a to b")
        source.execute(f"grant connect on database {pair.database} to a".encode())
    assert {"source role a", "source role b", "source membership a to b"} == set(leaked(pair))
    assert not pool.retired


@pytest.mark.parametrize(
    ("database", "statement"),
    [
        ("postgres", "create table left_here ()"),
        ("postgres", "create schema left_here"),
        ("template1", "create table left_here ()"),
    ],
)
def test_a_server_pair_that_cannot_be_brought_back_is_replaced(
    database: str, statement: str
) -> None:
    with PairPool("17", provider="wheel") as pool:
        with pool.lease("spoils") as pair, connect(pair.target.at(database)) as target:
            target.execute(statement.encode())
        assert pair.leaked
        assert len(pool.retired) == 1
        with pool.lease("later") as later, connect(later.target.at(database)) as target:
            assert later.server_pair is not pair.server_pair
            assert scalar(target, "select count(*) from pg_class where relname ~ 'left'") == 0
        assert not later.leaked


def test_what_a_session_in_template1_wrote_is_seen_though_it_ends_late() -> None:
    with PairPool("17", provider="wheel") as pool, ExitStack() as session:
        with pool.lease("spoils") as pair:
            target = session.enter_context(connect(pair.target.at("template1")))
            target.execute(b"create table left_here ()")
            ending = threading.Timer(0.4, session.close)
            ending.start()
        ending.join()
        assert any(leak.item.kind == "template1" for leak in pair.leaked), pair.leaked
        assert len(pool.retired) == 1


def test_roles_carried_over_leave_the_superuser_at_its_baseline(pool: PairPool) -> None:
    query = "select rolpassword from pg_authid where rolname = 'postgres'"
    with pool.lease("x") as pair, connect(pair.source) as source, connect(pair.target) as target:
        verifier = scalar(source, query)
        target.execute(f"alter role postgres password '{verifier}'".encode())
    assert not pair.leaked


def test_no_leak_shows_a_password(pool: PairPool) -> None:
    with pool.lease("x") as pair, connect(pair.source) as source:
        source.execute("create role r password 'geheim'")
    assert "SCRAM" not in str(pair.leaked[0])


def test_a_test_has_its_own_part_of_the_log(pool: PairPool) -> None:
    with pool.lease("x") as pair, connect(pair.source) as source:
        server = pair.server_pair.source
        mark = server.log_mark()
        source.execute("do $$ begin raise warning 'in the log'; end $$")
        assert "in the log" in server.log_since(mark)
        assert "in the log" not in server.log_since(server.log_mark())
        assert "in the log" in server.log_tail(2)


def test_servers_are_set_up_for_many_streams(pool: PairPool) -> None:
    with pool.lease("x") as pair, connect(pair.source) as source:
        wanted = {"wal_level": "logical", "max_logical_replication_workers": "32"}
        assert {name: scalar(source, f"show {name}") for name in wanted} == wanted


def test_the_description_names_providers_data_and_tools(pool: PairPool) -> None:
    text = pool.server_pair().describe()
    assert "PostgreSQL 17:17" in text
    assert "(wheel, in " in text
    assert f"tools {pool.server_pair().tools}" in text


def test_a_pool_goes_on_when_its_own_session_was_ended(pool: PairPool) -> None:
    with pool.lease("x") as pair, connect(pair.source) as source:
        ended = (
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
        )
        fetch(source, f"{ended} and backend_type = 'client backend'")
    assert not pair.leaked
    assert not pool.retired


def test_what_waits_for_a_restart_spoils_the_server_pair() -> None:
    with PairPool("17", provider="wheel") as pool:
        with pool.lease("x") as pair, connect(pair.source) as source:
            source.execute("alter system set max_connections = 7")
            source.execute("select pg_reload_conf()")
        assert [leak.item.name for leak in pair.leaked] == ["max_connections"]
        with pool.lease("y") as later:
            pass
        assert not later.leaked


def test_a_lease_that_is_renewed_begins_again(pool: PairPool) -> None:
    with pool.lease("x") as pair:
        before = [server.address().port for server in pair.server_pair.servers]
        with connect(pair.source) as source, connect(pair.target) as target:
            source.execute("create table t (id int primary key)")
            target.execute("create table half (id int)")
            target.execute("create role assay_left")
        pair.record("target", "role", "assay_left")
        pair.create_database("source", "More")
        pool.renew(pair)
        assert [server.address().port for server in pair.server_pair.servers] == before
        for address in (pair.source, pair.target):
            with connect(address) as session:
                assert scalar(session, "select count(*) from pg_class where oid >= 16384") == 0
        with connect(pair.target) as target:
            assert scalar(target, "select count(*) from pg_roles where rolname ~ 'left'") == 0
        pair.create_database("source", "More")
    assert not pair.leaked
    with pool.lease("y") as again, connect(again.source) as session:
        assert scalar(session, "select count(*) from pg_database where datname = 'More'") == 0


def test_what_was_left_before_a_renewal_is_reported(pool: PairPool) -> None:
    with pool.lease("x") as pair:
        with connect(pair.target) as target:
            target.execute("create role assay_forgotten")
        pool.renew(pair)
    assert [text.split(" (")[0] for text in leaked(pair)] == ["target role assay_forgotten"]


@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_servers_that_cannot_be_set_up_anew_are_replaced(database: str) -> None:
    with PairPool("17", provider="wheel") as pool:
        with pool.lease("spoils") as pair:
            before = pair.server_pair
            with connect(pair.target.at(database)) as target:
                target.execute("create table left_here ()")
            pool.renew(pair)
            assert pair.server_pair is not before
            with connect(pair.target) as target:
                assert scalar(target, "select to_regclass('left_here')") is None
        assert len(pool.retired) == 1
        with pool.lease("later") as later:
            assert later.server_pair is pair.server_pair
