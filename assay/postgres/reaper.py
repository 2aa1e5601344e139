"""The reaper: a small program that waits for the end of a pipe and then removes what is left.

Started as ``python -m assay.postgres.reaper FD LEASE``. Only the run holds the pipe's other end, so
its end means that the run has ended, by whatever death.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from assay.postgres.lease import RunState
from assay.postgres.removal import remove


def main(descriptor: int, lease: Path) -> None:
    """Wait, then remove all that the lease records and that nobody wanted kept."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(descriptor, 1):
        pass
    if lease.exists():
        remove(lease, RunState.from_json(lease.read_text(encoding="utf-8")), spare_kept=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
