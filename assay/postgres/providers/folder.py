"""Servers from folders of programs that the caller named: --pg-bin N=DIR."""

from __future__ import annotations

from dataclasses import dataclass, field

from assay.postgres import cluster
from assay.postgres.programs import named
from assay.postgres.programs.named import Folders
from assay.postgres.providers.base import Order, Start, Unavailable


@dataclass(frozen=True, slots=True)
class Folder:
    """Provider of the versions that have a folder."""

    folders: Folders = field(default_factory=dict)
    name: str = "folder"

    def why_not(self, major: int) -> str | None:
        """Whether a folder was named for that version."""
        return None if major in self.folders else f"no --pg-bin {major}=DIR"

    def fetches(self, major: int) -> bool:
        """Never: the folder is all."""
        return False

    def prepare(self, order: Order) -> Start:
        """A data folder for the programs there; a folder named in error gives way to nothing."""
        if order.major not in self.folders:
            raise Unavailable(f"No --pg-bin {order.major}=DIR was given.")
        found = named.find(order.major, self.folders)
        return cluster.prepare(order, provider=self.name, binaries=found)
