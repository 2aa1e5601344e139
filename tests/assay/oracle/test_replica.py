"""A read replica serves as well as its primary, as either side."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest

from assay import environment, process
from assay.clock import wait_until
from assay.errors import AssayError
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.words.finding import Equality
from assay.oracle.words.scope import Scope
from assay.postgres.account import Account
from assay.postgres.pool import PairPool
from assay.postgres.session import connect, fetch

pytestmark = pytest.mark.servers
FILL = """create table t (id int primary key, v text);
insert into t select n, 'value ' || n from generate_series(1, 5000) n;
create sequence s; select nextval('s'); select lo_from_bytea(7, 'x')"""


@pytest.fixture
def copies():
    """A pair of equal databases, and the source as a replica of its server has it."""
    account = Account.for_servers()
    folder = Path(tempfile.mkdtemp(prefix="assay-replica-"))
    account.give(folder)
    with PairPool("17", provider="wheel") as pool, pool.lease("replica") as pair:
        for address in (pair.source, pair.target):
            with connect(address) as connection:
                connection.execute(FILL.encode())
        running, replica = _follow(pair.source, pair.server_pair.tools, folder, account)
        try:
            _catch_up(pair.source, replica)
            yield pair.source, pair.target, replica
        finally:
            running.stop()
            shutil.rmtree(folder)


def _follow(primary, tools, folder, account):
    """Copy a server's data and follow it."""
    env = {**environment.inherited(), "LC_ALL": "C", "PGPASSWORD": primary.password.reveal()}
    data, own = folder / "data", {"user": account.user, "group": account.group}
    copied = process.execute(
        [str(tools / "pg_basebackup"), f"--host={primary.host}", f"--port={primary.port}",
         f"--username={primary.user}", f"--pgdata={data}", "--write-recovery-conf",
         "--wal-method=stream", "--checkpoint=fast"],
        env=env, timeout=60, cwd=folder, **own,
    )  # fmt: skip
    assert copied.ok, copied.output
    port = process.free_port()
    running = process.start(
        [str(tools / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)],
        env=env, cwd=folder, **own,
    )  # fmt: skip
    replica = type(primary)(primary.host, port, primary.user, primary.password, primary.database)
    try:
        wait_until(lambda: _answers(replica), what="the replica", timeout=30)
    except BaseException:
        running.stop()
        raise
    return running, replica


def _answers(address):
    try:
        with connect(address) as connection:
            return fetch(connection, "select pg_is_in_recovery()") == [(True,)]
    except (psycopg.Error, AssayError):
        return False


def _catch_up(primary, replica):
    with connect(primary) as connection:
        ((position,),) = fetch(connection, "select pg_current_wal_lsn()")
    with connect(replica) as connection:
        wait_until(
            lambda: fetch(connection, f"select pg_last_wal_replay_lsn() >= '{position}'")[0][0],
            what="the replica to catch up",
            timeout=30,
        )


@pytest.mark.parametrize("exact", [False, True])
def test_a_read_replica_is_compared_as_its_primary_is(copies, exact):
    source, target, replica = copies
    for sides in ((replica, target), (target, replica), (source, replica)):
        # As large tables are: in several sessions.
        seen = compare(*sides, Question(Scope(roles=()), exact=exact, large=0))
        assert (seen.equality, seen.why, seen.warnings) == (Equality.EQUAL, None, ())
        assert seen.compared["rows"] == 5000
    with connect(source) as connection:
        connection.execute(b"update t set v = 'other' where id = 4711")
    _catch_up(source, replica)
    seen = compare(replica, target, Question(Scope(roles=()), exact=exact, large=0))
    assert [str(one) for one in seen.findings] == [
        "row public.t [4711] v: source other, target value 4711"
    ]


def test_what_a_replica_does_not_get_is_named_and_the_rest_compared(copies):
    source, target, replica = copies
    with connect(source) as there, connect(target) as here:
        for connection in (there, here):
            connection.execute(
                b"create unlogged table u (id int); create unlogged sequence q;"
                b"create unlogged table skipped (id serial)"
            )
    _catch_up(source, replica)
    try:
        seen = compare(
            replica, target, Question(Scope(roles=(), exclude_tables=("public.skipped",)))
        )
        assert seen.why == (
            "source public.q: a read replica lacks the state of what is unlogged;"
            " source public.u: a read replica lacks the rows of what is unlogged"
        )
        assert (seen.equality, seen.compared["rows"]) == (Equality.UNKNOWN, 5000)
        assert seen.findings == ()
        rest = Scope(roles=(), exclude_tables=("public.skipped", "public.u", "public.q"))
        assert compare(replica, target, Question(rest)).equality is Equality.EQUAL
        assert compare(source, target, Question(Scope(roles=()))).equality is Equality.EQUAL
    finally:
        with connect(source) as there, connect(target) as here:
            for connection in (there, here):
                connection.execute(b"drop table u, skipped; drop sequence q")
