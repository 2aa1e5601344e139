"""Server and client programs in one folder, known by what `postgres --version` says."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay.postgres.programs.version import said_version

SERVER = ("postgres", "initdb")
CLIENT = ("psql", "pg_dump", "pg_dumpall", "pg_restore")
_VERSION = re.compile(r"\(PostgreSQL\) ((\d+)\S*)")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of PostgreSQL programs, its version and where it came from."""

    folder: Path
    version: str
    major: int
    origin: str

    def program(self, name: str) -> str:
        """The full path of one program."""
        return str(self.folder / name)


@functools.cache
def ask(folder: Path, *, origin: str, program: str = "postgres") -> Binaries | None:
    """Ask the program itself for its version, once; None where it is missing or does not run."""
    if not (folder / program).is_file():
        return None
    match = _VERSION.search(said_version(folder / program))
    if match is None:
        return None
    return Binaries(folder=folder, version=match[1], major=int(match[2]), origin=origin)


def missing(binaries: Binaries, needed: Sequence[str] = (*SERVER, *CLIENT)) -> list[str]:
    """The programs that are needed and not in the folder: by default all that a pair needs."""
    return [name for name in needed if not (binaries.folder / name).is_file()]
