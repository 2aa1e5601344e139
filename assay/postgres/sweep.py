"""What dead runs left behind: found by their leases, shown, removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assay.postgres.lease import RunState, read_all
from assay.postgres.removal import remove as remove_recorded


@dataclass(frozen=True, slots=True)
class Stale:
    """A lease whose owner is gone; `kept` says that somebody wanted its servers to live on."""

    path: Path
    state: RunState
    kept: bool
    expired: bool

    def __str__(self) -> str:
        what = ", ".join(_shown(entry.folder, entry.container) for entry in self.state.servers)
        why = "owner is gone"
        if self.kept:
            until = max(entry.kept_until or "" for entry in self.state.servers)
            why = f"kept until {until}" + (", which is over" if self.expired else "")
        return f"run {self.state.run}: {what or 'nothing but its lease'} ({why})"


def find(directory: Path | None = None) -> list[Stale]:
    """The leases of dead owners on this machine, kept ones included."""
    now = datetime.now(UTC)
    return [
        Stale(
            path=path,
            state=state,
            kept=any(entry.kept for entry in state.servers),
            expired=any(entry.expired(now) for entry in state.servers),
        )
        for path, state in read_all(directory)
        if not state.owner.alive()
    ]


def remove(stale: Stale) -> None:
    """Remove all that a dead run's lease records, kept servers included."""
    remove_recorded(stale.path, stale.state, spare_kept=False)


def start_of_run(directory: Path | None = None) -> list[Stale]:
    """Remove what nobody wants any more; what is kept stays until its time is over."""
    gone = [stale for stale in find(directory) if stale.expired or not stale.kept]
    for stale in gone:
        remove(stale)
    return gone


def _shown(folder: str | None, container: str | None) -> str:
    return folder if folder is not None else f"container {container}"
