"""Servers installed on this machine, found by folder and asked for their version."""

from __future__ import annotations

from dataclasses import dataclass

from assay.postgres import cluster
from assay.postgres.binaries import missing
from assay.postgres.programs import installed
from assay.postgres.providers.base import Order, Start, Unavailable


@dataclass(frozen=True, slots=True)
class Installed:
    """Provider of servers that the machine has."""

    name: str = "installed"

    def why_not(self, major: int) -> str | None:
        """Whether that version is installed."""
        return None if installed.find(major) is not None else f"PostgreSQL {major} is not installed"

    def fetches(self, major: int) -> bool:
        """Never: what is installed is all."""
        return False

    def prepare(self, order: Order) -> Start:
        """A data folder for the installed programs."""
        found = installed.find(order.major)
        if found is None:
            raise Unavailable(
                f"No PostgreSQL {order.major} is installed.",
                evidence=f"looked in {', '.join(map(str, installed.folders(order.major)))}",
                remedy=f"install postgresql-{order.major}",
            )
        if absent := missing(found):
            raise Unavailable(
                f"The PostgreSQL {order.major} in {found.folder} is incomplete.",
                evidence=f"missing: {', '.join(absent)}",
                remedy=f"install postgresql-{order.major} with its client programs",
            )
        return cluster.prepare(order, provider=self.name, binaries=found)
