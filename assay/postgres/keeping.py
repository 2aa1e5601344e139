"""Keeping a server pair alive for a person: spared by the reaper, ended by `assay sweep`."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assay.postgres.lease import LIFETIME, RunLease
from assay.postgres.pair import Pair
from assay.postgres.server import Role


@dataclass(frozen=True, slots=True)
class Kept:
    """How to look at a kept pair: a ready `psql` line for each side, and until when."""

    lines: tuple[str, str]
    until: str


def keep(pair: Pair, *, lease: RunLease) -> Kept:
    """Mark the server pair as kept and write its password file; the argv holds no password."""
    until = datetime.now(UTC) + LIFETIME
    number = next(
        entry.pair
        for entry in lease.state.servers
        if entry.system_identifier == pair.server_pair.source.system_identifier
    )
    passfile = lease.directory / f"{lease.pool}-{number}.pgpass"
    lease.add_file(passfile, pair=number)
    _write_private(passfile, pair)
    lease.keep(number, until=until)
    psql = shlex.quote(str(pair.server_pair.tools / "psql"))
    source, target = (
        f"PGPASSFILE={shlex.quote(str(passfile))} {psql}"
        f" {shlex.quote(pair.address(role).url(password=False))}"
        for role in Role
    )
    return Kept(lines=(source, target), until=until.isoformat(timespec="seconds"))


def _write_private(path: Path, pair: Pair) -> None:
    lines = [pair.address(role).passfile_line() for role in Role]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write("\n".join(dict.fromkeys(lines)) + "\n")
