"""A pair of databases to write to, and what the oracle says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest

from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.words.finding import Comparison, Equality
from assay.oracle.words.scope import Scope
from assay.postgres.address import Address
from assay.postgres.pair import Pair
from assay.postgres.session import connect

NO_ROLES = Scope(roles=())
# Who owns it, and that not everybody may create there, is otherwise before 15.
PUBLIC = (
    "alter schema public owner to pg_database_owner; revoke create on schema public from public"
)


@dataclass
class World:
    """Two databases that start equal; `differences` are findings as (kind, object, column)."""

    source: Address
    target: Address
    asked: ClassVar[Question] = Question()

    def on_source(self, sql: str) -> None:
        _apply(self.source, sql)

    def on_target(self, sql: str) -> None:
        _apply(self.target, sql)

    def on_both(self, sql: str) -> None:
        self.on_source(sql)
        self.on_target(sql)

    def compare(self, scope: Scope = NO_ROLES, *, progress=None, **options) -> Comparison:
        question = replace(self.asked, scope=scope, **options)
        return compare(self.source, self.target, question, progress=progress)

    def found(self, scope: Scope = NO_ROLES) -> list[str]:
        comparison = self.compare(scope)
        assert comparison.equality is not Equality.UNKNOWN, comparison.why
        return [str(finding) for finding in comparison.findings]


@dataclass
class Versions:
    """Two databases on servers of two versions, compared in both directions."""

    pair: Pair

    def on_both(self, sql: str) -> None:
        self.on_old(sql)
        self.on_new(sql)

    def on_old(self, sql: str) -> None:
        _apply(self.pair.source, sql)

    def on_new(self, sql: str) -> None:
        _apply(self.pair.target, sql)

    def compared(
        self, scope: Scope = NO_ROLES, *, tools: bool = False, progress=None, **options
    ) -> list[Comparison]:
        """What the oracle says with the older side as the source, and as the target."""
        there, here = self.pair.source, self.pair.target
        folder = self.pair.server_pair.tools if tools else None
        question = replace(World.asked, scope=scope, tools=folder, keep=None, **options)
        majors = {server.major for server in self.pair.server_pair.servers}
        return [
            compare(*sides, question, progress=progress)
            for sides in ((there, here), (here, there))[: len(majors)]
        ]


@pytest.fixture
def both_ways(mixed) -> Versions:
    """The leased pair of two versions, to be compared in both directions."""
    pair = Versions(mixed)
    pair.on_both(PUBLIC)
    return pair


@pytest.fixture
def world(pair) -> World:
    """The leased pair as the oracle's tests use it."""
    return World(pair.source, pair.target)


@pytest.fixture
def ask(monkeypatch):
    """Changes what every comparison of a `World` is asked, for one test."""

    def changed(**options) -> None:
        monkeypatch.setattr(World, "asked", replace(World.asked, **options))

    return changed


@pytest.fixture(params=["merged", "digested", "sent"])
def way(request, ask):
    """Rules hold whether rows are merged at once or only where their digests or bytes differ."""
    if request.param == "merged":
        ask(small=-1)
    else:
        ask(large=0, exact=request.param == "sent")
    return request.param


def _apply(address: Address, sql: str) -> None:
    with connect(address) as connection:
        connection.execute("set client_encoding = 'UTF8'")
        connection.execute(sql.encode())
