"""Removing what a lease records: processes, folders, containers; never anything else."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from assay.postgres.lease import POOL_LABEL, RunState, ServerEntry, write


def remove(path: Path, state: RunState, *, spare_kept: bool) -> RunState | None:
    """Remove all that a lease records but what is kept; the lease goes last, or is rewritten."""
    doomed = tuple(entry for entry in state.servers if not (spare_kept and entry.kept))
    staying = tuple(entry for entry in state.servers if entry not in doomed)
    _end_processes(doomed)
    for entry in doomed:
        if entry.folder is not None:
            shutil.rmtree(entry.folder, ignore_errors=True)
    if state.docker:
        _remove_containers(state.pool, pairs={entry.pair for entry in staying})
    kept_pairs = {entry.pair for entry in staying}
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
    processes = [entry.process for entry in entries if entry.process is not None]
    for process in processes:
        process.signal(signal.SIGQUIT)
    for process in processes:
        process.end(first=signal.SIGQUIT, grace=1.0)


def _remove_containers(pool: str, *, pairs: set[int]) -> None:
    """Containers of this pool, by label, but for those of the pairs that stay."""
    from assay.postgres import containers  # the Docker library is slow to load

    containers.remove(f"{POOL_LABEL}={pool}", sparing_pairs=pairs)
