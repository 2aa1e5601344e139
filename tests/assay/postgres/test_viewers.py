"""Each viewer connects with the address it was given, for every provider and version pair."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay import environment
from assay.clock import wait_until
from assay.postgres.address import Viewer
from assay.postgres.pool import PairPool
from assay.postgres.session import connect, scalar
from assay.process import execute

pytestmark = pytest.mark.servers


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("17", "wheel"), id="wheel-17"),
        pytest.param(("16:17", "wheel"), id="wheel-16:17"),
        pytest.param(("17:18", "wheel"), id="wheel-17:18"),
        pytest.param(("17", "docker"), id="docker-17", marks=pytest.mark.docker),
    ],
)
def served(request: pytest.FixtureRequest) -> Iterator[PairPool]:
    """A pool of one provider."""
    spec, provider = request.param
    with PairPool(spec, provider=provider) as pool:
        yield pool


@pytest.mark.parametrize("side", ["source", "target"])
def test_the_tests_reach_both_sides(served: PairPool, side: str) -> None:
    with served.lease("x") as pair, connect(pair.address(side)) as connection:
        expected = getattr(served.spec, side)
        assert int(scalar(connection, "show server_version_num")) // 10000 == expected


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_tool_reaches_both_sides_with_the_client_programs(served: PairPool, side: str) -> None:
    with served.lease("x") as pair:
        address = pair.address(side, Viewer.REPLICATOR)
        done = execute(
            [str(pair.server_pair.tools / "psql"), "-Atc", "select 1", address.url(password=False)],
            env={**environment.inherited(), "PGPASSWORD": address.password.reveal()},
            timeout=20,
        )
        assert done.stdout.strip() == "1", done.stderr


def test_the_client_programs_are_of_the_higher_major(served: PairPool) -> None:
    with served.lease("x") as pair:
        done = execute(
            [str(pair.server_pair.tools / "pg_dump"), "--version"],
            env=environment.inherited(),
            timeout=20,
        )
        assert f"(PostgreSQL) {served.spec.higher}." in done.stdout


@pytest.mark.parametrize(("publisher", "subscriber"), [("source", "target"), ("target", "source")])
def test_each_server_reaches_the_other_as_its_peer(
    served: PairPool, publisher: str, subscriber: str
) -> None:
    with served.lease("x") as pair:
        pair.allow(publisher, "slot", ".*")
        pair.allow(publisher, "walsender", ".*")
        pair.allow(subscriber, "subscription", "s")
        pair.allow(subscriber, "origin", ".*")
        with connect(pair.address(publisher)) as out, connect(pair.address(subscriber)) as into:
            for connection in (out, into):
                connection.execute("create table t (id int primary key)")
            out.execute("create publication p for all tables")
            out.execute("insert into t values (1)")
            url = pair.address(publisher, Viewer.PEER).url()
            into.execute(f"create subscription s connection '{url}' publication p".encode())
            wait_until(lambda: scalar(into, "select count(*) from t"), what="a row", timeout=20)
    assert not pair.leaked


def test_an_address_for_the_tool_serves_the_peer_where_it_is_shared(served: PairPool) -> None:
    server = served.server_pair().source
    same = server.address(Viewer.REPLICATOR) == server.address(Viewer.PEER)
    assert same == ("shared-address" in server.features)
