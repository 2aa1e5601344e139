"""Removing what a lease records: processes, folders, containers; never anything else."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from assay.clock import monotonic, pause
from assay.postgres import segments
from assay.postgres.lease import POOL_LABEL, RunState, ServerEntry, write
from assay.postgres.owner import Owner
from assay.process import end_marked

FOLDER_LIMIT = 5.0  # seconds
_LOOKS = 5  # at a program that has no arguments


def remove(path: Path, state: RunState, *, spare_kept: bool) -> RunState | None:
    """Remove all that a lease records but what is kept; the lease goes last, or is rewritten.

    Tools that its owner was running end in any case.
    """
    doomed = tuple(entry for entry in state.servers if not (spare_kept and entry.kept))
    staying = tuple(entry for entry in state.servers if entry not in doomed)
    _end_processes(doomed)
    for entry in doomed:
        if entry.folder is not None:
            segments.release(Path(entry.folder) / "data")
            _remove_folder(Path(entry.folder))
    # A server that was only about to start when we looked does not miss its folder for a minute.
    _end_processes(doomed)
    kept_pairs = {entry.pair for entry in staying}
    if state.docker:
        _remove_containers(state.pool, doomed, sparing=kept_pairs)
    end_marked(state.owner.mark)
    files = tuple(file for file in state.files if file.pair in kept_pairs)
    for file in state.files:
        if file not in files:
            Path(file.path).unlink(missing_ok=True)
    if not staying:
        path.unlink(missing_ok=True)
        return None
    left = replace(state, servers=staying, files=files)
    write(path, left)
    return left


def _end_processes(entries: Iterable[ServerEntry]) -> None:
    """SIGQUIT to all first, so that they end at the same time."""
    processes = list(_postmasters(entries))
    for process in processes:
        process.send(signal.SIGQUIT)
    for process in processes:
        process.end(first=signal.SIGQUIT, grace=1.0)


def _remove_folder(folder: Path) -> None:
    """Remove a folder; again while a program that has not died yet writes into it."""
    deadline = monotonic() + FOLDER_LIMIT
    while folder.exists() and monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        pause(0.01)


def _postmasters(entries: Iterable[ServerEntry]) -> Iterator[Owner]:
    """The recorded processes, and those that were started with a folder before it was recorded."""
    for entry in entries:
        if entry.process is not None:
            yield entry.process
        if entry.folder is not None:
            yield from _started_with(Path(entry.folder) / "data")


def _started_with(data: Path) -> Iterator[Owner]:
    """Programs called with ``-D`` and this folder: a server, or the shell that becomes it."""
    needle = b"\0-D\0" + os.fsencode(data) + b"\0"
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if needle in _called(place):
                yield Owner.of(int(place.name))


def _called(place: Path) -> bytes:
    """How a program was called, by its place in /proc; OSError where there is none any more.

    For a moment after it took its shell's place a program has no arguments yet.
    """
    for _ in range(_LOOKS):
        if said := (place / "cmdline").read_bytes():
            return said
        (place / "exe").readlink()  # neither a kernel's thread nor a dead one has this
        pause(0.01)
    return b""


def _remove_containers(pool: str, doomed: Iterable[ServerEntry], *, sparing: set[int]) -> None:
    """Containers of this pool, by label, but for those of the pairs that stay."""
    from assay.postgres import containers  # the Docker library is slow to load

    awaited = {entry.container for entry in doomed if entry.container is not None}
    containers.remove(f"{POOL_LABEL}={pool}", sparing_pairs=sparing, awaited=awaited)
