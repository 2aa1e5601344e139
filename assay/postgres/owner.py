"""Who made a thing: a process by id and start time, so that a recycled id is nobody."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from assay import environment
from assay.clock import monotonic, pause
from assay.process import execute


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: its id and when it started, in the kernel's own words."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Owner:
        """The process that has this id now; `started` is empty when there is none."""
        return cls(pid=pid, started=started_at(pid))

    @classmethod
    def me(cls) -> Owner:
        """This very process."""
        return cls.of(os.getpid())

    @property
    def mark(self) -> str:
        """What the marks of all tools' calls begin with that it makes."""
        return f"{self.pid}-{self.started}-"

    def alive(self) -> bool:
        """Whether that very process still runs."""
        return bool(self.started) and started_at(self.pid) == self.started

    def send(self, number: signal.Signals) -> bool:
        """Send a signal to it and to nobody else; False when it is gone."""
        if not self.alive():
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def end(self, *, first: signal.Signals, grace: float) -> bool:
        """Send `first`, after `grace` seconds SIGKILL; whether it is gone."""
        self.send(first)
        if not self._gone_within(grace):
            self.send(signal.SIGKILL)
        return self._gone_within(1.0)

    def _gone_within(self, seconds: float) -> bool:
        deadline = monotonic() + seconds
        while self.alive():
            if monotonic() >= deadline:
                return False
            pause(0.01)
        return True


def started_at(pid: int) -> str:
    """When a living process started; empty for one that has ended, zombies included."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "" if Path("/proc/self").exists() else _started_by_ps(pid)
    return "" if fields[0] in "ZX" else fields[19]


def _started_by_ps(pid: int) -> str:
    answer = execute(
        ["ps", "-o", "lstart=", "-p", str(pid)], env=environment.inherited(), timeout=5
    )
    return answer.stdout.strip() if answer.ok else ""
