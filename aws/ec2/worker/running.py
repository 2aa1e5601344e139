"""The tool as a process: its own group, its output read as it comes, ended when it has to be."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO

from worker.replicator import Call

KEPT = 20  # last lines, for the cause of a failure
LONGEST_LINE = 64 << 10  # bytes; a longer one is cut
GRACE = 20.0  # seconds between SIGTERM and SIGKILL


class Process:
    """A call of the tool that runs; OSError from the constructor when it cannot be started."""

    def __init__(self, call: Call, *, folder: Path, heard: Callable[[str], None]) -> None:
        """`heard` gets every line that it writes, on either stream, from a thread of ours."""
        self._heard = heard
        self.last: deque[str] = deque(maxlen=KEPT)
        self._process = subprocess.Popen(
            call.argv,
            env=call.environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stdout,), daemon=True
        )
        self._reader.start()

    def wait(self, seconds: float) -> int | None:
        """Its exit code when it ends within so many seconds, else None."""
        try:
            return self._process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> None:
        """End it with all of its group; it gets time to take back what it has begun."""
        self._signal(signal.SIGTERM)
        self.wait(GRACE)
        self._signal(signal.SIGKILL)
        self._process.wait(GRACE)

    def finish(self) -> None:
        """End what it left in its group, and hear the rest of what it said."""
        self._signal(signal.SIGKILL)
        self._reader.join(GRACE)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            while line := stream.readline(LONGEST_LINE):
                text = line.decode("utf-8", "replace").rstrip()
                if text:
                    self.last.append(text)
                    self._heard(text)
