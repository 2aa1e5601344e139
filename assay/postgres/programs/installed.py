"""Programs that the machine has, found by folder and asked for their version."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from assay import environment
from assay.postgres.binaries import Binaries, ask
from assay.process import execute

_PLACES = (
    "/usr/lib/postgresql/{major}/bin",  # Debian, Ubuntu
    "/usr/pgsql-{major}/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql@{major}/bin",
    "/usr/local/opt/postgresql@{major}/bin",
    "/Applications/Postgres.app/Contents/Versions/{major}/bin",
)


def find(major: int) -> Binaries | None:
    """The installed programs of a major version; what a folder's name says counts for nothing."""
    return _first(major, folders(major))


def find_in_known_places(major: int) -> Binaries | None:
    """The same without pg_config: a script that takes as long as a short comparison may."""
    return _first(major, _known(major))


def folders(major: int) -> Iterator[Path]:
    """Where to look: the known places, the folders of PATH, what pg_config says."""
    yield from _known(major)
    yield from _by_pg_config()


def _first(major: int, places: Iterable[Path]) -> Binaries | None:
    for folder in places:
        found = ask(folder, origin="installed")
        if found is not None and found.major == major:
            return found
    return None


def _known(major: int) -> Iterator[Path]:
    yield from (Path(place.format(major=major)) for place in _PLACES)
    yield from _on_path()


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
