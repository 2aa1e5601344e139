"""Servers given by URL: refused before the first write, used within their lease, left as found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assay.cli import main
from assay.errors import AssayError, Refused, ServerError
from assay.names import RunId
from assay.postgres import grants, made
from assay.postgres.address import Address, Viewer
from assay.postgres.baseline import read
from assay.postgres.pool import PairPool
from assay.postgres.providers.given import Given
from assay.postgres.session import connect, scalar
from assay.redact import Secret

pytestmark = pytest.mark.servers
NO_LIMIT = "alter system set max_slot_wal_keep_size = -1"
LIMIT = "alter system set max_slot_wal_keep_size = '1GB'"


@dataclass(frozen=True, slots=True)
class Servers:
    """Two servers that count as somebody else's."""

    source: Address
    target: Address

    def given(self, **changes: Any) -> Given:
        """Both by URL."""
        return Given.parse(self.source.url(), self.target.url(), **changes)

    def run(self, side: str, *statements: str, database: str = "postgres") -> None:
        """Do something there, as their owner would."""
        with connect(getattr(self, side).at(database)) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def grant(self, *, lifetime: timedelta = timedelta(hours=1), content: bool = False) -> None:
        """Lease both."""
        for address in (self.source, self.target):
            with connect(address) as connection:
                understood = grants.identity(connection)
            grants.grant(address, understood=understood, lifetime=lifetime, accept_content=content)

    def written(self) -> list[tuple[Any, int]]:
        """The state of both, and the next transaction id: no write goes without one."""
        found = []
        for address in (self.source, self.target):
            with connect(address) as connection:
                found.append((read(connection), scalar(connection, _NEXT_XID)))
        return found


_NEXT_XID = "select pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


@pytest.fixture(scope="module")
def owned() -> Iterator[Servers]:
    """The two servers as their owner started them."""
    with PairPool("17", provider="wheel") as pool:
        pair = pool.server_pair()
        servers = Servers(pair.source.address(), pair.target.address())
        for side in ("source", "target"):
            servers.run(side, LIMIT, "select pg_reload_conf()")
        yield servers


@pytest.fixture
def servers(owned: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Servers]:
    """Both servers without a lease; leases of this test only."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    yield owned
    for address in (owned.source, owned.target):
        grants.revoke(address)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to get at servers that must not be written to."""

    name: str
    reason: str
    setup: tuple[tuple[str, str], ...] = ()  # side, statement
    undo: tuple[tuple[str, str], ...] = ()
    database: str = "postgres"
    env: dict[str, str] = field(default_factory=dict)
    source: Callable[[Servers], str] = lambda servers: servers.source.url()
    target: Callable[[Servers], str] = lambda servers: servers.target.url()
    allowed: tuple[str, ...] = ()


def host(name: str) -> Callable[[Servers], str]:
    """The target's URL with another host."""
    return lambda servers: re.sub(r"@[^:/]+", f"@{name}", servers.target.url())


def query(text: str) -> Callable[[Servers], str]:
    """The target's URL with a query string."""
    return lambda servers: f"{servers.target.url()}?{text}"


def as_user(name: str) -> Callable[[Servers], str]:
    """The target as another role."""
    return lambda servers: servers.target.as_role(name, Secret("geheim")).url()


SUBSCRIPTION = (
    "create subscription theirs connection 'host=127.0.0.1' publication p"
    " with (connect = false, slot_name = none, enabled = false)"
)
ATTEMPTS = [
    Attempt("remote address", "S3", target=host("203.0.113.7")),
    Attempt("remote IPv6 address", "S3", target=query("host=2001:db8::1")),
    Attempt("remote host in the query", "S3", target=query("host=203.0.113.7")),
    Attempt("remote hostaddr in the query", "S3", target=query("hostaddr=203.0.113.7")),
    Attempt("service in the query", "S3", target=query("service=x")),
    Attempt("service alone", "S3", target=lambda _: "service=x"),
    Attempt("several hosts", "exactly one host", target=host("127.0.0.1,203.0.113.7")),
    Attempt("parameter not honoured", "not supported", target=query("sslmode=verify-full")),
    Attempt("host that does not resolve", "S3", target=host("no-such-host.invalid")),
    Attempt("other host than the allowed", "S3", target=host("203.0.113.7"), allowed=("h",)),
    Attempt("denied host, though allowed", "deny", target=host("prod"), allowed=("prod",)),
    Attempt("denied cloud host", "deny", target=host("x.eu.rds.amazonaws.com")),
    Attempt("PGHOSTADDR", "S3", env={"PGHOSTADDR": "203.0.113.7"}),
    Attempt("PGSERVICE", "S3", env={"PGSERVICE": "x"}),
    Attempt("PGHOST", "S3", env={"PGHOST": "203.0.113.7"}),
    Attempt("one server twice", "S4", target=lambda servers: servers.source.url()),
    Attempt(
        "one server under two names",
        "S4",
        target=lambda servers: servers.source.url().replace("127.0.0.1", "localhost"),
    ),
    Attempt(
        "role that is no superuser",
        "S6",
        setup=(("target", "create role assay_0a1b2c3d_x login password 'geheim'"),),
        undo=(("target", "drop role assay_0a1b2c3d_x"),),
        target=as_user("assay_0a1b2c3d_x"),
    ),
    Attempt("source without a lease", "S1", setup=(("source", "delete from assay.lease"),)),
    Attempt("target without a lease", "S1", setup=(("target", "drop table assay.lease"),)),
    Attempt(
        "lease with another nonce", "S1", setup=(("source", "update assay.lease set nonce = 'x'"),)
    ),
    Attempt(
        "expired lease",
        "S1",
        setup=(("target", "update assay.lease set expires_at = now() - interval '1 s'"),),
    ),
    Attempt(
        "target with a table",
        "S2",
        setup=(("target", "create table theirs ()"),),
        undo=(("target", "drop table theirs"),),
    ),
    Attempt(
        "target with a table in template1",
        "S2",
        setup=(("target", "create table theirs ()"),),
        undo=(("target", "drop table theirs"),),
        database="template1",
    ),
    Attempt(
        "target with a database",
        "S2",
        setup=(("target", "create database theirs"),),
        undo=(("target", "drop database theirs"),),
    ),
    Attempt(
        "target with a role",
        "S2",
        setup=(("target", "create role theirs"),),
        undo=(("target", "drop role theirs"),),
    ),
    Attempt(
        "target with a subscription",
        "S6",
        setup=(("target", SUBSCRIPTION),),
        undo=(("target", "drop subscription theirs"),),
    ),
    Attempt(
        "source with a logical slot",
        "S6",
        setup=(("source", "select pg_create_logical_replication_slot('theirs', 'pgoutput')"),),
        undo=(("source", "select pg_drop_replication_slot('theirs')"),),
    ),
    Attempt(
        "source with a physical slot",
        "S6",
        setup=(("source", "select pg_create_physical_replication_slot('theirs')"),),
        undo=(("source", "select pg_drop_replication_slot('theirs')"),),
    ),
    Attempt(
        "source that a slot could fill",
        "max_slot_wal_keep_size",
        setup=(("source", NO_LIMIT), ("source", "select pg_reload_conf()")),
        undo=(("source", LIMIT), ("source", "select pg_reload_conf()")),
    ),
]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.name)
def test_an_attempt_is_refused_before_the_first_write(
    servers: Servers, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers.grant()
    with ExitStack() as undoing:
        for side, statement in reversed(attempt.undo):
            undoing.callback(servers.run, side, statement, database=attempt.database)
        for side, statement in attempt.setup:
            servers.run(side, statement, database=attempt.database)
        before = servers.written()
        with monkeypatch.context() as environment:
            for name, value in attempt.env.items():
                environment.setenv(name, value)
            with pytest.raises(AssayError, match=attempt.reason):
                attempt_to_lease(attempt.source(servers), attempt.target(servers), attempt.allowed)
        assert servers.written() == before


def attempt_to_lease(source: str, target: str, allowed: tuple[str, ...]) -> None:
    """Everything between two URLs and a leased pair."""
    given = Given.parse(source, target, allowed=allowed)
    with PairPool(given=given) as pool, pool.lease("attempt"):
        pass


def test_a_lease_granted_elsewhere_is_refused(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    servers.grant()
    before = servers.written()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    with pytest.raises(Refused, match="not granted from here"):
        servers.given().open()
    assert servers.written() == before


def test_the_remedy_names_the_server_to_grant(servers: Servers) -> None:
    with pytest.raises(Refused, match=r"assay lease grant --i-understand \d+ URL"):
        servers.given().open()


def test_granting_another_server_than_the_one_named_is_refused(servers: Servers) -> None:
    before = servers.written()
    with pytest.raises(Refused, match="not the server you named"):
        grants.grant(servers.source, understood="1")
    assert servers.written() == before


def test_a_second_run_is_refused_while_one_has_the_servers(servers: Servers) -> None:
    servers.grant()
    first = servers.given()
    first.open()
    try:
        with pytest.raises(Refused, match="Another run"):
            servers.given().open()
    finally:
        first.close()


def test_a_leased_pair_is_used_and_left_as_it_was_found(servers: Servers) -> None:
    servers.grant()
    before = [state for state, _ in servers.written()]
    with PairPool(given=servers.given(), run=RunId("0a1b2c3d")) as pool:
        with pool.lease("x") as pair, connect(pair.source) as source:
            assert pair.database == "assay_0a1b2c3d_1"
            source.execute("create table t (id int primary key)")
            source.execute("create publication p for table t")
            pair.record("source", "role", "assay_0a1b2c3d_role")
            source.execute("create role assay_0a1b2c3d_role")
            pair.create_database("target", "assay_0a1b2c3d_more")
            with connect(pair.target) as target:
                target.execute("create table t (id int primary key)")
                url = pair.address("source", Viewer.PEER).url()
                target.execute(f"create subscription s connection '{url}' publication p".encode())
        assert not pair.leaked
        assert pool.server_pair().source.provider == "given"
    assert [state for state, _ in servers.written()] == before


def test_what_the_lease_did_not_record_is_reported_and_stays(servers: Servers) -> None:
    servers.grant()
    with PairPool(given=servers.given()) as pool, pool.lease("x") as pair:
        servers.run("source", "create role theirs")
    try:
        assert [f"{leak.side} {leak.item.kind} {leak.item.name}" for leak in pair.leaked] == [
            "source role theirs"
        ]
        with connect(servers.source) as source:
            assert scalar(source, "select count(*) from pg_roles where rolname = 'theirs'") == 1
    finally:
        servers.run("source", "drop role theirs")


def test_a_name_without_the_prefix_is_not_even_recorded(servers: Servers) -> None:
    servers.grant()
    with (
        PairPool(given=servers.given()) as pool,
        pool.lease("x") as pair,
        pytest.raises(Refused, match="S2"),
    ):
        pair.create_database("source", "shop")


@pytest.mark.parametrize("kind", ["database", "role"])
def test_nothing_is_dropped_that_is_not_in_the_lease(servers: Servers, kind: str) -> None:
    servers.grant()
    name = "assay_0a1b2c3d_theirs"
    servers.run("source", f"create {kind} {name}")
    try:
        with connect(servers.source) as source, pytest.raises(Refused, match="not in the lease"):
            made.drop(source, kind, name)
    finally:
        servers.run("source", f"drop {kind} {name}")


def test_nothing_is_dropped_once_the_lease_is_somebody_elses(servers: Servers) -> None:
    servers.grant()
    name = "assay_0a1b2c3d_mine"
    servers.run("source", f"create role {name}")
    with connect(servers.source) as source:
        made.record(source, "role", name)
        source.execute("update assay.lease set nonce = 'x'")
        with pytest.raises(Refused, match="not in the lease"):
            made.drop(source, "role", name)
        source.execute(f"drop role {name}".encode())


def test_the_next_run_removes_what_a_dead_one_recorded(servers: Servers) -> None:
    servers.grant()
    name = "assay_0a1b2c3d_1"
    with connect(servers.target) as target:
        made.record(target, "database", name)
        target.execute(f"create database {name}".encode())
    servers.run("target", SUBSCRIPTION, database=name)
    given = servers.given()
    given.open()
    given.close()
    with connect(servers.target) as target:
        assert scalar(target, "select count(*) from pg_database where datname ~ 'assay'") == 0
        assert not made.recorded(target)


def test_content_is_accepted_where_the_lease_says_so(servers: Servers) -> None:
    servers.grant(content=True)
    servers.run("target", "create table theirs ()")
    try:
        with PairPool(given=servers.given()) as pool, pool.lease("x") as pair:
            pass
        assert not pair.leaked
    finally:
        servers.run("target", "drop table theirs")


def test_given_servers_are_not_kept(servers: Servers) -> None:
    servers.grant()
    with (
        PairPool(given=servers.given()) as pool,
        pool.lease("x") as pair,
        pytest.raises(AssayError, match="cannot be kept"),
    ):
        pool.retire_alive(pair)


def leave_behind(servers: Servers, role: str, *statements: str) -> None:
    """A lease that makes a role, and with it what is not recorded."""
    given = servers.given()
    with PairPool(given=given, run=RunId("0a1b2c3d")) as pool, pool.lease("x") as pair:
        recorded_roles(pair, role)
        servers.run("target", *statements)


def recorded_roles(pair: Any, *names: str) -> None:
    """Roles of the run on the target, members of each other by grants of their own."""
    for name in names:
        pair.record("target", "role", name)


def test_roles_go_whoever_granted_what_to_whom(servers: Servers) -> None:
    servers.grant()
    before = [state for state, _ in servers.written()]
    a, b, c = (f"assay_0a1b2c3d_{name}" for name in "abc")
    with PairPool(given=servers.given(), run=RunId("0a1b2c3d")) as pool:
        with pool.lease("x") as pair:
            recorded_roles(pair, a, b, c)
            servers.run(
                "target",
                f"create role {a} createrole",
                f"create role {b}",
                f"create role {c}",
                f"grant {c} to {a} with admin option",
                f"set role {a}",
                f"grant {c} to {b} with admin option",  # the grantor is a, which comes first
                "reset role",
                f"create schema of_ours authorization {a}",
                f"create table of_ours.t (); alter table of_ours.t owner to {b}",
                f"grant usage on schema of_ours to {c}",
            )
        assert not pair.leaked
    assert [state for state, _ in servers.written()] == before


def test_what_cannot_be_removed_is_told_and_revoke_ends_it(
    servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    servers.grant()
    before = [state for state, _ in servers.written()]
    role = "assay_0a1b2c3d_kept"
    statements = (
        f"create role {role}",
        f"create table of_ours (); alter table of_ours owner to {role}",
        "create view theirs as select from of_ours",  # not ours to drop
    )
    with pytest.raises(ServerError, match="not all removed") as caught:
        leave_behind(servers, role, *statements)
    assert f"role {role}" in caught.value.evidence
    assert "assay lease revoke" in caught.value.remedy
    given = servers.given()
    with pytest.raises(ServerError, match=role):
        given.open()
    given.close()
    servers.run("target", "drop view theirs")
    assert main(["lease", "revoke", servers.target.url()]) == 0
    assert "removed 1 things" in capsys.readouterr().out
    servers.grant()
    with PairPool(given=servers.given()) as pool, pool.lease("y"):
        pass
    assert [state for state, _ in servers.written()] == before


def test_a_server_without_a_lease_has_none_to_revoke(servers: Servers) -> None:
    assert main(["lease", "revoke", servers.target.url()]) == 4


def test_all_that_stands_against_two_servers_is_told_at_once(servers: Servers) -> None:
    servers.run("source", NO_LIMIT, "select pg_reload_conf()")
    try:
        with pytest.raises(Refused, match="3 things stand against") as caught:
            servers.given().open()
    finally:
        servers.run("source", LIMIT, "select pg_reload_conf()")
    assert caught.value.evidence.count("carries no lease (S1)") == 2
    assert "max_slot_wal_keep_size is -1" in caught.value.evidence


def test_a_password_may_stand_in_the_users_passfile(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    servers.grant()
    passfile = tmp_path / "passfile"
    lines = (servers.source.passfile_line(), servers.target.passfile_line())
    passfile.write_text("\n".join(lines) + "\n")
    passfile.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    given = Given.parse(servers.source.url(password=False), servers.target.url(password=False))
    pair = given.open()
    try:
        address = pair.source.address(Viewer.REPLICATOR)
        assert address.password.reveal() == servers.source.password.reveal()
    finally:
        given.close()
