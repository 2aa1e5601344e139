"""Servers named by URL: nothing is written to them before every guard has agreed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from assay import environment
from assay.errors import Refused
from assay.postgres import facts, foreign, grants, guards, tools
from assay.postgres.address import Address, Viewer
from assay.postgres.conninfo import Location, parse
from assay.postgres.guards import ServerFacts
from assay.postgres.logs import NoLog
from assay.postgres.probe import probe
from assay.postgres.programs.named import Folders
from assay.postgres.server import Role, Server, ServerPair
from assay.postgres.session import connect
from assay.redact import Secret


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

    def look(self) -> tuple[str, str]:
        """Put both through the guards, reading only; their system identifiers.

        What the target holds is looked at by `open`: it may be a dead run's.
        """
        for location in (self.source, self.target):
            facts.check_hosts(location.hosts, allowed=self.allowed, production=self.production)
        self.source, self.target = (_with_password(one) for one in (self.source, self.target))
        source, target = (facts.read(one.address) for one in (self.source, self.target))
        check(source, target)
        return source.system_identifier, target.system_identifier

    def open(self) -> ServerPair:
        """Ask the guards, take the locks, remove what a dead run recorded and left."""
        self._lock(*self.look())
        _sweep([one.address.at("postgres") for one in (self.source, self.target)])
        guards.check_target(facts.read(self.target.address))  # without what a dead run left
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
    """Put both through the guards; all that stands against them at once.

    What the target holds may be a dead run's: it alone is no reason before that was removed.
    """
    now = datetime.now(UTC)
    both = (source, target)
    decisions: list[Callable[[], None]] = [lambda: guards.check_identity(source, target)]
    decisions += [functools.partial(guards.check_preflight, server) for server in both]
    decisions += [lambda: guards.check_settings(source, target)]
    decisions += [
        functools.partial(
            guards.check_lease, server, grant=grants.read_grant(server.system_identifier), now=now
        )
        for server in both
    ]
    refused = list(_refusals(decisions))
    if refused:
        refused += _refusals([lambda: guards.check_target(target)])
    if len(refused) == 1:
        raise refused[0]
    if refused:
        raise Refused(
            f"{len(refused)} things stand against these servers.",
            evidence="\n\n".join(map(str, refused)),
            remedy="all of these, before the first write",
        )


def _refusals(decisions: Iterable[Callable[[], None]]) -> Iterator[Refused]:
    for decide in decisions:
        try:
            decide()
        except Refused as refused:
            yield refused


def _sweep(addresses: Sequence[Address]) -> None:
    """Nobody else holds the locks, so whatever is recorded is a dead run's."""
    foreign.check_gone(foreign.remove([foreign.all_recorded(one) for one in addresses]))


def _with_password(location: Location) -> Location:
    """The password that libpq finds in the user's passfile, for tools that have another home."""
    if location.address.password.reveal():
        return location
    address = location.address
    with connect(address.at("postgres"), application="assay/start", read_only=True) as connection:
        found = Secret(connection.info.password)
    return replace(location, address=replace(address, password=found))


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
