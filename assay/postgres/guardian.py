"""Sees to it that nothing outlives this process: the lease, the reaper, the count of pairs."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import assay
from assay import environment
from assay.names import RunId
from assay.postgres import sweep
from assay.postgres.lease import RunLease
from assay.process import Running, start


@dataclass(slots=True)
class Guardian:
    """The reaper's other end: when this process ends, however, the reaper reads the end of a pipe.

    Nothing is started before `watch` has been called.
    """

    lease: RunLease
    _write_end: int | None = field(default=None)
    _reaper: Running | None = field(default=None)
    _pairs: int = 0

    @classmethod
    def for_run(cls, run: RunId) -> Guardian:
        """A guardian that has not started yet."""
        return cls(lease=RunLease(run))

    def watch(self) -> None:
        """Sweep what dead runs left, write the lease, start the reaper; once."""
        if self._reaper is not None:
            return
        self.lease.open()
        read_end, self._write_end = os.pipe()
        # A child made by plain fork would hold the pipe open after our death.
        os.register_at_fork(after_in_child=self._let_go)
        try:
            self._reaper = start(
                [
                    *(sys.executable, "-m", "assay.postgres.reaper"),
                    *(str(read_end), str(self.lease.path)),
                ],
                env={**environment.inherited(), "PYTHONPATH": str(Path(assay.__path__[0]).parent)},
                cwd=Path("/"),
                inherit=(read_end,),
            )
        finally:
            os.close(read_end)
        sweep.start_of_run()

    def next_number(self) -> int:
        """The number of the next server pair of this process."""
        self._pairs += 1
        return self._pairs

    def close(self) -> None:
        """Let the reaper finish; afterwards nothing of this process is left."""
        self._let_go()
        if self._reaper is not None:
            self._reaper.process.wait(30)
            self._reaper.finish(timed_out=False)
            self._reaper = None

    def _let_go(self) -> None:
        if self._write_end is not None:
            os.close(self._write_end)
            self._write_end = None
