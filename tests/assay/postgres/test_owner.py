"""An owner is a process by id and start time: a recycled id is nobody."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

from assay import environment
from assay.clock import wait_until
from assay.postgres.owner import Owner, started_at
from assay.process import start


def test_this_process_is_alive() -> None:
    assert Owner.me().alive()
    assert Owner.me().pid == os.getpid()


def test_a_recycled_id_is_nobody() -> None:
    assert not replace(Owner.me(), started="1").alive()
    assert not replace(Owner.me(), started="1").send(signal.SIGKILL)


def test_an_ended_process_is_gone_even_as_a_zombie() -> None:
    running = start(["sleep", "60"], env=environment.inherited())
    owner = Owner.of(running.pid)
    assert owner.alive()
    os.kill(running.pid, signal.SIGKILL)
    os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)
    assert started_at(running.pid) == ""
    assert not owner.alive()
    running.finish(timed_out=False)


def test_a_process_that_ignores_the_first_signal_is_killed() -> None:
    running = start(
        ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"],
        env=environment.inherited(),
    )
    out = running.streams[0].fileno()
    wait_until(lambda: os.pread(out, 9, 0), what="the trap to be set", timeout=10)
    assert Owner.of(running.pid).end(first=signal.SIGTERM, grace=0.3)
    assert running.finish(timed_out=False).exit == -signal.SIGKILL
