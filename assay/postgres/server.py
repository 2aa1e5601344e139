"""A server and a server pair: where they are, what they can do, how they end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from assay.postgres import logs
from assay.postgres.address import Address, Viewer


class Role(StrEnum):
    """Which side of a pair."""

    SOURCE = "source"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Server:
    """A running PostgreSQL server and what it was found able to do.

    `owned` says that we started it. `features` holds words such as ``icu``, ``tls``, ``libxml``,
    ``owned``, ``shared-address`` and ``extension.hstore``. `data` says where its data lies.
    """

    role: Role
    provider: str
    version: str
    major: int
    owned: bool
    features: frozenset[str]
    system_identifier: str
    data: str
    addresses: Mapping[Viewer, Address]
    log: logs.Log = field(repr=False)
    end: Callable[[], None] = field(repr=False)
    disown: Callable[[], None] = field(repr=False)  # let it outlive this process
    process: int | None = None  # the postmaster's id, where it runs on this machine
    container: str | None = None

    def address(self, viewer: Viewer = Viewer.TESTS) -> Address:
        """Where it is for a viewer; the database is `postgres`."""
        return self.addresses[viewer]

    def log_mark(self) -> int:
        """The present end of its log, for `log_since`."""
        return self.log.size()

    def log_since(self, mark: int, until: int | None = None) -> str:
        """What it has logged since a mark, until another one."""
        return logs.part(self.log, since=mark, until=until)

    def log_tail(self, lines: int = 50) -> str:
        """The last lines of its log."""
        return logs.tail(self.log, lines=lines)


@dataclass(frozen=True, slots=True)
class ServerPair:
    """A source and a target server; they belong to one test process at a time."""

    source: Server
    target: Server
    tools: Path  # client programs of the higher major of the two, not newer
    spec: str  # "16:17"
    passed_over: tuple[str, ...] = ()  # providers that could not serve, and why

    @property
    def servers(self) -> tuple[Server, Server]:
        """Source first."""
        return self.source, self.target

    @property
    def owned(self) -> bool:
        """Whether we started both."""
        return self.source.owned and self.target.owned

    @property
    def features(self) -> frozenset[str]:
        """What both servers can do."""
        return self.source.features & self.target.features

    def server(self, side: str) -> Server:
        """The server of a side, ``source`` or ``target``."""
        return self.source if Role(side) is Role.SOURCE else self.target

    def describe(self) -> str:
        """One line for the header: versions, providers, where the data lies, client tools."""
        sides = (
            f"{server.role} {server.version} ({server.provider}, {server.data})"
            for server in self.servers
        )
        reasons = f"; passed over {'; '.join(self.passed_over)}" if self.passed_over else ""
        return f"PostgreSQL {self.spec}: {', '.join(sides)}; tools {self.tools}{reasons}"
