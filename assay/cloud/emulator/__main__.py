"""``python -m assay.cloud.emulator OWNER``: serve until stopped, or until the owner is gone.

OWNER is a file descriptor, the read end of a pipe whose write end only the owner holds: at its end
everything that was started here is killed. 0 serves until the time to live is over.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

from assay.cloud.emulator import version

version.check()

from ministack import app  # noqa: E402  (the version is checked first)

from assay import clock, environment  # noqa: E402
from assay.cloud.emulator import (  # noqa: E402
    alarms,
    conditions,
    faults,
    integrity,
    launches,
    retries,
    schedules,
    throttling,
    weights,
    workers,
)

SECONDS = "ASSAY_CLOUD_SECONDS"  # the time to live of a cloud without an owner
LOG = "emulator.log"
FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND
GRACE = 3.0  # seconds for ministack to end its own children


def main(owner: int) -> None:
    """Install the behaviours and serve; what is said goes to `emulator.log`."""
    log = os.open(Path(environment.inherited(workers.STATE)[workers.STATE]) / LOG, FLAGS, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    sys.argv = sys.argv[:1]  # ministack reads arguments of its own
    for behaviour in (
        weights,
        throttling,
        alarms,
        conditions,
        integrity,
        launches,
        workers,
        retries,
        schedules,
        faults,
    ):
        behaviour.install()
    threading.Thread(target=_watch, args=(owner,), daemon=True).start()
    app.main()


def _watch(owner: int) -> None:
    """Wait for the owner's death, or for the end of our time."""
    if owner:
        while os.read(owner, 1):
            pass
    else:
        clock.pause(float(environment.inherited(SECONDS)[SECONDS]))
    _end()


def _end() -> NoReturn:
    """Kill the workers, ask ministack to stop, and make sure."""
    workers.end_all()
    os.kill(os.getpid(), signal.SIGTERM)
    clock.pause(GRACE)
    os.killpg(os.getpgrp(), signal.SIGKILL)
    raise SystemExit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
