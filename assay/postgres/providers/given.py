"""Servers named by URL: nothing is written to them before every guard has agreed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from assay import environment
from assay.errors import Refused
from assay.postgres import facts, grants, guards, made, tools
from assay.postgres.address import Viewer
from assay.postgres.conninfo import Location, parse
from assay.postgres.guards import ServerFacts
from assay.postgres.logs import NoLog
from assay.postgres.probe import probe
from assay.postgres.programs.named import Folders
from assay.postgres.restore import detach_database, free_database
from assay.postgres.server import Role, Server, ServerPair
from assay.postgres.session import Connection, connect


@dataclass(slots=True)
class Given:
    """A source and a target that somebody else started."""

    source: Location
    target: Location
    allowed: tuple[str, ...] = ()
    production: bool = True
    folders: Folders = field(default_factory=dict)
    _locks: list[FileLock] = field(default_factory=list)

    @classmethod
    def parse(
        cls,
        source: str,
        target: str,
        *,
        allowed: tuple[str, ...] = (),
        production: bool = True,
        folders: Folders | None = None,
    ) -> Given:
        """Read both URLs; nothing is connected to. Client programs may lie in `folders`."""
        named = folders if folders is not None else {}
        return cls(parse(source), parse(target), allowed, production, named)

    def open(self) -> ServerPair:
        """Ask the guards, take the locks, remove what a dead run recorded and left."""
        for location in (self.source, self.target):
            facts.check_hosts(location.hosts, allowed=self.allowed, production=self.production)
        source, target = (facts.read(one.address) for one in (self.source, self.target))
        check(source, target)
        self._lock(source.system_identifier, target.system_identifier)
        _sweep((self.source, self.target))
        servers = [
            _server(Role.SOURCE, self.source, self.close),
            _server(Role.TARGET, self.target, self.close),
        ]
        majors = [server.major for server in servers]
        return ServerPair(
            source=servers[0],
            target=servers[1],
            tools=tools.find(max(majors), self.folders),
            spec=":".join(map(str, majors)),
        )

    def close(self) -> None:
        """Let others use the servers."""
        while self._locks:
            self._locks.pop().release()

    def _lock(self, *identifiers: str) -> None:
        folder = environment.state_dir() / "grants"
        for one in identifiers:
            lock = FileLock(folder / f"{one}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout as error:
                self.close()
                raise Refused(
                    "Another run is using this server.",
                    evidence=f"system identifier {one}",
                    remedy="wait for it; servers given by URL serve one run at a time, without -n",
                ) from error
            self._locks.append(lock)


def check(source: ServerFacts, target: ServerFacts) -> None:
    """Every guard that decides on facts, in the order in which a person would want to know."""
    guards.check_identity(source, target)
    now = datetime.now(UTC)
    for server in (source, target):
        guards.check_preflight(server)
    guards.check_source(source)
    guards.check_target(target)
    for server in (source, target):
        grant = grants.read_grant(server.system_identifier)
        guards.check_lease(server, grant=grant, now=now)


def _sweep(locations: Sequence[Location]) -> None:
    """Nobody else holds the locks, so whatever is recorded is a dead run's."""
    addresses = [location.address.at("postgres") for location in locations]
    with ExitStack() as sessions:
        connections = [
            sessions.enter_context(connect(address, application="assay/sweep"))
            for address in addresses
        ]
        sides = list(zip(addresses, connections, strict=True))
        for address, connection in sides:
            for database in _databases(connection):
                detach_database(connection, address, database)
        for address, connection in sides:
            for database in _databases(connection):
                free_database(connection, address, database)
            for kind, name in made.recorded(connection):
                made.drop(connection, kind, name)


def _databases(connection: Connection) -> list[str]:
    """Those that were recorded; one may have been recorded and never made."""
    return [name for kind, name in made.recorded(connection) if kind == "database"]


def _server(role: Role, location: Location, close: Callable[[], None]) -> Server:
    address = location.address.at("postgres")
    with connect(address, application="assay/start", read_only=True) as connection:
        found = probe(connection)
    return Server(
        role=role,
        provider="given",
        version=found.version,
        major=found.major,
        owned=False,
        features=found.features | {"shared-address"},
        system_identifier=found.system_identifier,
        data=f"at {address.host}:{address.port}",
        addresses=dict.fromkeys(Viewer, address),
        log=NoLog("the server was given by URL"),
        end=close,
        disown=close,
    )
