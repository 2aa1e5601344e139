"""A pair of databases to write to, and what the oracle says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from assay.oracle import gate
from assay.oracle.compare import compare
from assay.oracle.finding import Comparison, Equality
from assay.oracle.scope import Scope
from assay.postgres.address import Address
from assay.postgres.session import connect

NO_ROLES = Scope(roles=())


@dataclass
class World:
    """Two databases that start equal; `differences` are findings as (kind, object, column)."""

    source: Address
    target: Address
    exact: ClassVar[bool] = False

    def on_source(self, sql: str) -> None:
        _apply(self.source, sql)

    def on_target(self, sql: str) -> None:
        _apply(self.target, sql)

    def on_both(self, sql: str) -> None:
        self.on_source(sql)
        self.on_target(sql)

    def compare(self, scope: Scope = NO_ROLES, **options) -> Comparison:
        return compare(self.source, self.target, scope=scope, **{"exact": self.exact, **options})

    def found(self, scope: Scope = NO_ROLES) -> list[str]:
        comparison = self.compare(scope)
        assert comparison.equality is not Equality.UNKNOWN, comparison.why
        return [str(finding) for finding in comparison.findings]


@pytest.fixture
def world(pair) -> World:
    """The leased pair as the oracle's tests use it."""
    return World(pair.source, pair.target)


@pytest.fixture(params=["merged", "digested", "sent"])
def way(request, monkeypatch):
    """Rules hold whether rows are merged at once or only where their digests or bytes differ."""
    if request.param != "merged":
        monkeypatch.setattr(gate, "LARGE", 0)
        monkeypatch.setattr(World, "exact", request.param == "sent")
    return request.param


def _apply(address: Address, sql: str) -> None:
    with connect(address) as connection:
        connection.execute("set client_encoding = 'UTF8'")
        connection.execute(sql.encode())
