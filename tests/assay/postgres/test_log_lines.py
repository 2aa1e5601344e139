"""What our servers log says who failed, doing what, and by which SQLSTATE."""

from __future__ import annotations

from types import SimpleNamespace

import psycopg
import pytest

from assay.clock import wait_until
from assay.errors import SetupError
from assay.oracle.second_opinion.schema import connection_string, run_dump
from assay.postgres.address import Viewer
from assay.postgres.log_lines import Entry, entries
from assay.postgres.pair import Pair
from assay.postgres.pool import PairPool
from assay.postgres.server import Server
from assay.postgres.session import connect, scalar

START = "2026-11-30 13:29:23.461 UTC [22044] 1 {0} ({1}) app={2} db=shop "


def test_an_entry_is_a_message_with_what_belongs_to_it():
    text = (
        START.format("23505", "client backend", "my tool")
        + 'ERROR:  duplicate key value violates unique constraint "a_pkey" at character 12\n'
        + START.format("23505", "client backend", "my tool")
        + "DETAIL:  Key (id)=(1) already exists.\n"
        + START.format("23505", "client backend", "my tool")
        + "CONTEXT:  COPY a, line 1\n"
        + START.format("23505", "client backend", "my tool")
        + "STATEMENT:  COPY a\n\tFROM stdin;\n\t\n"
        + "WARNING:  written by a library, without a prefix\n"
    )
    assert entries(text) == (
        Entry(
            "2026-11-30 13:29:23.461 UTC", 22044, "23505", "client backend", "my tool", "shop",
            "ERROR", 'duplicate key value violates unique constraint "a_pkey"',
            "COPY a\nFROM stdin;", "COPY a, line 1",
        ),
    )  # fmt: skip


def test_a_statement_of_another_session_belongs_to_nobody():
    text = START.format("42601", "client backend", "x") + "ERROR:  no\n"
    text += (
        START.format("00000", "client backend", "x").replace("[22044]", "[7]") + "STATEMENT:  y\n"
    )
    assert [entry.statement for entry in entries(text)] == [None]


@pytest.mark.parametrize(
    ("application", "ours"),
    [("assay/1a2b3c4d/case", True), ("assay-oracle", True), ("assay", True),
     ("assay_ref", False), ("pg_dump", False), ("", False)],
)  # fmt: skip
def test_the_suites_sessions_are_told_from_a_tools(application, ours):
    entry = entries(START.format("42601", "client backend", application) + "ERROR:  no\n")[0]
    assert entry.ours is ours


def test_a_log_without_our_prefix_has_no_entries():
    assert entries("(server log not readable: given by URL)\nERROR:  no\n") == ()


def errors(server: Server, mark: int) -> list[Entry]:
    return [entry for entry in entries(server.log_since(mark)) if entry.error]


@pytest.mark.servers
def test_a_session_gives_its_pid_application_sqlstate_and_statement(pool: PairPool) -> None:
    with pool.lease("x") as pair, connect(pair.source, application="a tool") as session:
        server = pair.server_pair.source
        mark, pid = server.log_mark(), scalar(session, "select pg_backend_pid()")
        with pytest.raises(psycopg.errors.UndefinedColumn):
            session.execute("select srsubstate\nfrom pg_stat_subscription")
        (entry,) = errors(server, mark)
    assert (entry.pid, entry.application, entry.database) == (pid, "a tool", pair.database)
    assert (entry.sqlstate, entry.process) == ("42703", "client backend")
    assert entry.message == 'column "srsubstate" does not exist'
    assert entry.statement == "select srsubstate\nfrom pg_stat_subscription"


@pytest.mark.servers
def test_a_worker_gives_its_sqlstate_too(pool: PairPool) -> None:
    with pool.lease("x") as pair:
        entry = failing_copy(pair)
    assert (entry.sqlstate, entry.background) == ("23505", True)
    assert entry.process.startswith("logical replication")
    assert entry.context == "COPY t, line 1"


def failing_copy(pair: Pair) -> Entry:
    """What a subscription says whose target has the row already."""
    server = pair.server_pair.target
    mark = server.log_mark()
    with connect(pair.source) as source, connect(pair.target) as target:
        for session in (source, target):
            session.execute("create table t (id int primary key)")
            session.execute("insert into t values (1)")
        source.execute("create publication p for table t")
        url = pair.address("source", Viewer.PEER).url()
        target.execute(f"create subscription s connection '{url}' publication p".encode())
        found = wait_until(lambda: errors(server, mark), what="the worker's error", timeout=20)
        target.execute("drop subscription s")
    return found[0]


@pytest.mark.servers
def test_a_dump_of_the_oracle_is_ours(pool: PairPool) -> None:
    with pool.lease("x") as pair:
        server, side = pair.server_pair.source, SimpleNamespace(name="source", started={})
        argv = [str(pair.server_pair.tools / "pg_dump"), "--snapshot=none"]
        argv += [f"--dbname={connection_string(pair.source)}"]
        mark = server.log_mark()
        with pytest.raises(SetupError):
            run_dump(argv, pair.source, side)
        (entry,) = errors(server, mark)
    assert (entry.message, entry.ours) == ('invalid snapshot identifier: "none"', True)
