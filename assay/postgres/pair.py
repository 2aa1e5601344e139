"""A pair: a source and a target database on a server pair, leased by one test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assay.postgres import creation, made
from assay.postgres.address import Address, Viewer
from assay.postgres.baseline import Item
from assay.postgres.server import Role, ServerPair
from assay.postgres.session import connect

Patterns = Mapping[str, Iterable[str]]


@dataclass(frozen=True, slots=True)
class Leak:
    """Something a test left behind without having declared it."""

    side: Role
    item: Item

    def __str__(self) -> str:
        return f"{self.side}: {self.item}"


@dataclass(slots=True)
class Pair:
    """Two fresh databases of one name, and the record of what else the lease may remove.

    `leaked` is filled when the lease ends.
    """

    name: str
    server_pair: ServerPair
    database: str
    leaked: tuple[Leak, ...] = ()
    kept: bool = False
    _recorded: set[tuple[Role, str, str]] = field(default_factory=set)
    _allowed: list[tuple[Role, str, re.Pattern[str]]] = field(default_factory=list)

    @property
    def source(self) -> Address:
        """The source database as the tests reach it."""
        return self.address("source")

    @property
    def target(self) -> Address:
        """The target database as the tests reach it."""
        return self.address("target")

    def address(self, side: str, viewer: Viewer = Viewer.TESTS) -> Address:
        """The database of a side, as a viewer reaches it."""
        return self.server_pair.server(side).address(viewer).at(self.database)

    def create_database(self, side: str, name: str) -> Address:
        """Make a further UTF8 database that goes with the lease; its address for the tests."""
        self.record(side, "database", name)
        server = self.server_pair.server(side)
        with connect(server.address(), application="assay/lease") as connection:
            creation.create_database(connection, name, owned=server.owned)
        return server.address().at(name)

    def record(self, side: str, kind: str, name: str) -> None:
        """Note that this lease made a ``role`` or ``database`` of that name: it will remove it.

        On servers that we did not start nothing else is ever removed.
        """
        server = self.server_pair.server(side)
        if not server.owned:
            with connect(server.address(), application="assay/lease") as connection:
                made.record(connection, kind, name)
        self._recorded.add((Role(side), kind, name))

    def recorded(self, side: Role, kind: str) -> list[str]:
        """The names of one kind that this lease made on a side."""
        return sorted(name for where, what, name in self._recorded if (where, what) == (side, kind))

    def allow(self, side: str, kind: str, *patterns: str) -> None:
        """Declare leftovers: names of one kind, as regular expressions that match as a whole."""
        self._allowed.extend((Role(side), kind, re.compile(pattern)) for pattern in patterns)

    def allow_all(self, *, source: Patterns, target: Patterns) -> None:
        """Declare what a tool leaves on both sides, by kind."""
        for side, kinds in ((Role.SOURCE, source), (Role.TARGET, target)):
            for kind, patterns in kinds.items():
                self.allow(side, kind, *patterns)

    def declared(self, side: Role, item: Item) -> bool:
        """Whether an item was made by the lease itself or declared beforehand."""
        if (side, item.kind, item.name) in self._recorded:
            return True
        return any(
            (where, kind) == (side, item.kind) and pattern.fullmatch(item.name)
            for where, kind, pattern in self._allowed
        )
