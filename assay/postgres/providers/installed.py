"""Servers installed on this machine, found by folder and asked for their version."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay import environment
from assay.postgres import cluster
from assay.postgres.binaries import Binaries, ask, missing
from assay.postgres.providers.base import Order, Start, Unavailable
from assay.process import execute

_PLACES = (
    "/usr/lib/postgresql/{major}/bin",  # Debian, Ubuntu
    "/usr/pgsql-{major}/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql@{major}/bin",
    "/usr/local/opt/postgresql@{major}/bin",
    "/Applications/Postgres.app/Contents/Versions/{major}/bin",
)


@dataclass(frozen=True, slots=True)
class Installed:
    """Provider of servers that the machine has."""

    name: str = "installed"

    def why_not(self, major: int) -> str | None:
        """Whether that version is installed."""
        return None if find(major) is not None else f"PostgreSQL {major} is not installed"

    def prepare(self, order: Order) -> Start:
        """A data folder for the installed programs."""
        found = find(order.major)
        if found is None:
            raise Unavailable(
                f"No PostgreSQL {order.major} is installed.",
                evidence=f"looked in {', '.join(map(str, folders(order.major)))}",
                remedy=f"install postgresql-{order.major}",
            )
        if absent := missing(found):
            raise Unavailable(
                f"The PostgreSQL {order.major} in {found.folder} is incomplete.",
                evidence=f"missing: {', '.join(absent)}",
                remedy=f"install postgresql-{order.major} with its client programs",
            )
        return cluster.prepare(order, provider=self.name, binaries=found)


def find(major: int) -> Binaries | None:
    """The installed programs of a major version; what a folder's name says counts for nothing."""
    for folder in folders(major):
        found = ask(folder, origin="installed")
        if found is not None and found.major == major:
            return found
    return None


def folders(major: int) -> Iterator[Path]:
    """Where to look: the known places, the folders of PATH, what pg_config says (a slow script)."""
    yield from (Path(place.format(major=major)) for place in _PLACES)
    yield from _on_path()
    yield from _by_pg_config()


def _by_pg_config() -> tuple[Path, ...]:
    program = shutil.which("pg_config")
    return () if program is None else _bindir(program)


@functools.cache
def _bindir(program: str) -> tuple[Path, ...]:
    answer = execute([program, "--bindir"], env=environment.inherited(), timeout=5)
    return (Path(answer.stdout.strip()),) if answer.ok else ()


def _on_path() -> Iterator[Path]:
    program = shutil.which("postgres")
    if program is not None:
        yield Path(program).resolve().parent
