"""The only module that starts programs: own process group, time limit, output kept, secrets out."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NoReturn, Protocol

from assay.clock import monotonic, pause, wait_until

OUTPUT_LIMIT = 4 << 20  # bytes kept of each stream
LOOPBACK = "127.0.0.1"
CALL = "ASSAY_CALL"  # the variable that a tool's call and all that descends from it carry
Overdue = subprocess.TimeoutExpired
_PR_SET_PDEATHSIG = 1
_CLONE_NEWIPC = 0x08000000


@dataclass(frozen=True, slots=True)
class Execution:
    """One call of a program: what was asked, what it answered. A value, never an exception.

    `exit` is the exit code, negative for a signal, None when it could not be started or has not
    ended; `seconds` is wall time. `timed_out` means that our deadline ended it.
    """

    argv: tuple[str, ...]
    exit: int | None
    stdout: str
    stderr: str
    seconds: float
    timed_out: bool = False
    crashed: bool = False  # an exit code by which this program says neither yes nor no
    phase: str = ""
    left_in_tmp: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """It ended by itself with exit code 0."""
        return self.exit == 0 and not self.timed_out

    @property
    def output(self) -> str:
        """Both streams, standard error last."""
        return self.stdout + self.stderr


class Child(Protocol):
    """What is needed of a started program; a Popen is one."""

    returncode: int | None

    @property
    def pid(self) -> int:
        """Its process id."""

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; Overdue when it has not ended by then."""

    def terminate(self) -> None:
        """SIGTERM."""

    def kill(self) -> None:
        """SIGKILL."""


@dataclass(slots=True)
class Running:
    """A started program with its process group; `stop` ends it and all its descendants."""

    argv: tuple[str, ...]
    process: Child
    streams: tuple[IO[bytes], IO[bytes]]
    started: float = field(default_factory=monotonic)
    own_group: bool = True  # False: it shares our group and only it is signalled
    kept: int | None = OUTPUT_LIMIT  # bytes of the end of each stream, None: all of it

    @property
    def pid(self) -> int:
        """The process id, which is the id of its group as well."""
        return self.process.pid

    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def stop(self, *, grace: float = 5.0) -> Execution:
        """SIGTERM to the group, after `grace` seconds SIGKILL; what it said until then."""
        if self.alive():
            if self.own_group:
                _signal_group(self.pid, signal.SIGTERM)
            else:
                self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(grace)
        return self.finish(timed_out=False)

    def wait(self, *, until: float, watch: Callable[[int], None] | None = None) -> Execution:
        """Its end, or ours at a moment of the monotonic clock: SIGTERM, then SIGKILL."""
        while self.alive() and monotonic() < until:
            if watch is not None:
                watch(self.pid)
            _wait_briefly(self.process, seconds=min(0.005 if watch else 60, until - monotonic()))
        timed_out = self.alive()
        if timed_out:
            _signal_group(self.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(3)
        return self.finish(timed_out=timed_out)

    def disown(self) -> None:
        """Let it live on: whatever becomes of it is no longer our business."""
        self.process.returncode = 0  # else Python complains about a child that still runs
        for stream in self.streams:
            stream.close()

    def finish(self, *, timed_out: bool) -> Execution:
        """Kill what is left of the group and collect the output."""
        if self.own_group:
            end_group(self.pid)
        else:
            self.process.kill()
        self.process.wait(10)
        out, err = (_tail(stream, self.kept) for stream in self.streams)
        return Execution(
            argv=self.argv,
            exit=self.process.returncode,
            stdout=out,
            stderr=err,
            seconds=round(monotonic() - self.started, 3),
            timed_out=timed_out,
        )


def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    before_exec: Callable[[], None] | None = None,
    user: int | None = None,
    group: int | None = None,
    inherit: Sequence[int] = (),
    own_group: bool = True,
) -> Running:
    """Start a program in a session of its own, without a terminal, with an empty standard input.

    `env` is the whole environment; `inherit` are file descriptors that it gets besides the three.
    Raises OSError when it cannot be started.
    """
    with contextlib.ExitStack() as undo:  # closes the files where the program cannot be started
        out = undo.enter_context(tempfile.TemporaryFile())
        err = undo.enter_context(tempfile.TemporaryFile())
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=dict(env),
            cwd=cwd,
            start_new_session=own_group,
            preexec_fn=before_exec,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
            pass_fds=tuple(inherit),
        )
        undo.pop_all()
    return Running(argv=tuple(argv), process=process, streams=(out, err), own_group=own_group)


def execute(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    timeout: float,
    cwd: Path | None = None,
    user: int | None = None,
    group: int | None = None,
    watch: Callable[[int], None] | None = None,
    before_exec: Callable[[], None] | None = None,
    kept: int | None = OUTPUT_LIMIT,
) -> Execution:
    """Run a program to its end, at most `timeout` seconds; its descendants are gone afterwards.

    `watch` is called with the group's id every few milliseconds while it runs; `kept` bytes of
    each stream's end are kept, None: all of it. A program that cannot be started is an Execution
    with exit None and the reason on standard error.
    """
    try:
        running = start(argv, env=env, cwd=cwd, user=user, group=group, before_exec=before_exec)
    except OSError as error:
        return Execution(tuple(argv), None, "", f"cannot start {argv[0]}: {error}", 0.0)
    running.kept = kept
    return running.wait(until=running.started + timeout, watch=watch)


def execute_openly(argv: Sequence[str], *, env: Mapping[str, str], timeout: float) -> int:
    """Run a program whose output is ours, as it comes; its exit code, 124 at our time limit.

    Its group ends with it, and with us.
    """
    process = subprocess.Popen(
        list(argv), stdin=subprocess.DEVNULL, env=dict(env), start_new_session=True
    )
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        return 124
    finally:
        if process.poll() is None:
            _signal_group(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        end_group(process.pid)
        process.wait()


def become(argv: Sequence[str]) -> NoReturn:
    """Replace this process by another program; nothing after it is run."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(argv[0], list(argv))


def free_port() -> int:
    """A port of the loopback that nobody listens at, for a server that is about to be started."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def die_with_parent(signal_number: int = signal.SIGKILL) -> Callable[[], None] | None:
    """A `before_exec` that makes the kernel signal the child when the starting thread ends.

    None elsewhere than on Linux, where nothing does so: what is left there, `assay sweep` ends.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up here: the child may not load

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)

    return ask_kernel


def own_ipc() -> Callable[[], None] | None:
    """A `before_exec` that gives a program System V objects of its own: they vanish with it.

    Semaphores and queues do not name their maker: nobody could remove them afterwards. Takes
    effect only with the privilege to do so, and on Linux.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "unshare"):
        return None

    def unshare() -> None:
        libc.unshare(_CLONE_NEWIPC)

    return unshare


def end_group(group: int, *, grace: float = 2.0) -> None:
    """SIGKILL a process group and wait until it is gone."""
    deadline = monotonic() + grace
    while _signal_group(group, signal.SIGKILL) and monotonic() < deadline:
        pause(0.01)


def end_marked(mark: str) -> None:
    """Kill every process whose call's mark begins so, until none is left.

    Finds descendants that left the process group by starting a session of their own. Raises
    TimedOut when one survives SIGKILL for five seconds.
    """
    wait_until(lambda: not _kill_marked(mark), what="the end of a tool's descendants", timeout=5)


def _kill_marked(mark: str) -> list[int]:
    """Signal what carries the mark; the ids that were there (a zombie's environment is empty)."""
    needle = f"\0{CALL}={mark}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):  # there is none on macOS
        with contextlib.suppress(OSError):
            if needle in b"\0" + (entry / "environ").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)
                found.append(int(entry.name))
    return found


def _signal_group(group: int, number: int) -> bool:
    """Signal a group; False when nobody of it is left (but for zombies of others)."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return any(_alive_in(group))


def _alive_in(group: int) -> list[int]:
    """The ids of the group's processes that are not zombies; empty where /proc is missing."""
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            state, _, pgrp = entry.read_text().rpartition(")")[2].split()[:3]
            if int(pgrp) == group and state not in "ZX":
                found.append(int(entry.parent.name))
    return found


def _wait_briefly(process: Child, *, seconds: float) -> None:
    """Until it ends, or so long: Popen.wait with a limit only looks every 50 ms."""
    try:
        ended = os.pidfd_open(process.pid)
    except (AttributeError, OSError):  # not Linux, or an old one
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.001, min(0.1, seconds)))
        return
    try:
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        poll.poll(max(1, seconds * 1000))
    finally:
        os.close(ended)


def _tail(stream: IO[bytes], kept: int | None) -> str:
    with stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0 if kept is None else max(0, size - kept))
        return stream.read().decode("utf-8", "replace")
