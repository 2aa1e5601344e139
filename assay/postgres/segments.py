"""System V shared memory of a server that died without cleaning up."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from pathlib import Path

_IPC_RMID = 0


def release(data: Path) -> None:
    """Remove the segment that a data folder's `postmaster.pid` still names."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        line = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[6]
        identifier = int(line.split()[1])
        if sys.platform == "linux":
            ctypes.CDLL(None, use_errno=True).shmctl(identifier, _IPC_RMID, None)
