"""Programs in folders that the caller named: --pg-bin N=DIR."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from assay.errors import UsageError
from assay.postgres.binaries import SERVER, Binaries, ask, missing

Folders = Mapping[int, Path]  # of programs, by major version


def find(major: int, folders: Folders) -> Binaries:
    """The programs in the folder of a version; UsageError where they are not that version's."""
    folder = folders[major]
    found = ask(folder, origin="folder")
    if found is None or found.major != major or missing(found, SERVER):
        said = "no postgres that runs" if found is None else f"PostgreSQL {found.version}"
        raise UsageError(
            f"{folder} holds no server programs of PostgreSQL {major}.",
            evidence=f"found {said}",
            remedy=f"name the folder with {' and '.join(SERVER)}: --pg-bin {major}=DIR/bin",
        )
    return found


def parse(texts: Iterable[str]) -> Folders:
    """Read `19=DIR`, each major once; UsageError on anything else."""
    folders: dict[int, Path] = {}
    for text in texts:
        major, _, folder = text.partition("=")
        if not (major.isascii() and major.isdigit() and folder) or int(major) in folders:
            raise UsageError(
                f"{text!r} names no folder of a major version.",
                remedy="write --pg-bin 19=DIR, once for each version",
            )
        if not Path(folder).is_dir():
            raise UsageError(
                f"{folder} is no folder.", remedy=f"name the folder with the programs of {major}"
            )
        folders[int(major)] = Path(folder).absolute()
    return folders
