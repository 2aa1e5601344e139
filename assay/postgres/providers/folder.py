"""Servers from folders of programs that the caller named: --pg-bin N=DIR."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assay.errors import UsageError
from assay.postgres import cluster
from assay.postgres.binaries import SERVER, Binaries, ask, missing
from assay.postgres.providers.base import Order, Start, Unavailable

Folders = Mapping[int, Path]  # of programs, by major version


@dataclass(frozen=True, slots=True)
class Folder:
    """Provider of the versions that have a folder."""

    folders: Folders = field(default_factory=dict)
    name: str = "folder"

    def why_not(self, major: int) -> str | None:
        """Whether a folder was named for that version."""
        return None if major in self.folders else f"no --pg-bin {major}=DIR"

    def prepare(self, order: Order) -> Start:
        """A data folder for the programs there; a folder named in error gives way to nothing."""
        if order.major not in self.folders:
            raise Unavailable(f"No --pg-bin {order.major}=DIR was given.")
        found = find(order.major, self.folders)
        return cluster.prepare(order, provider=self.name, binaries=found)


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
