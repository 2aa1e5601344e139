"""Our own programs from an interpreter that has them loaded: a fork for each call.

Loading costs 0.12 s of a processor, more than most commands do. What a call gets is what `start`
gives: a session of its own, its argv, environment, folder and streams, no descriptor besides.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import select
import signal
import socket
import struct
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from assay import environment, process
from assay.postgres.owner import Owner
from assay.process import CALL, Execution, Overdue, Running

PROGRAMS = ("assay.replicators.reference", "assay.replicators.controls")
_INTERPRETER = (sys.executable, "-P", "-m")
_REQUEST = 1 << 17  # bytes of one at most
_LOCALE = {
    "LANG": "C.UTF-8"
}  # an interpreter reads it when it begins, and so it must be the call's
_FORKED, _ENDED = struct.Struct("=i"), struct.Struct("=i")  # its process id, then its wait status


def is_prepared(argv: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether a call is of a program that is loaded, under an environment like the loaded one's."""
    own = tuple(argv[:3]) == _INTERPRETER and len(argv) > 3 and argv[3] in PROGRAMS
    read_at_start = {k: v for k, v in env.items() if k.startswith(("LC_", "LANG", "PYTHON"))}
    return own and read_at_start == {**_LOCALE, "PYTHONPATH": _root()}


def execute(
    argv: Sequence[str], *, env: Mapping[str, str], timeout: float, cwd: Path
) -> Execution | None:
    """Run a prepared program to its end, as `process.execute` does; None where nobody forks it."""
    with ExitStack() as undo:
        out = undo.enter_context(tempfile.TemporaryFile())
        err = undo.enter_context(tempfile.TemporaryFile())
        request = json.dumps({"argv": list(argv[3:]), "env": dict(env), "cwd": str(cwd)}).encode()
        if len(request) > _REQUEST:
            return None
        reading, writing = os.pipe()
        undo.callback(os.close, reading)
        try:
            with suppress(OSError):  # the interpreter is gone: nobody holds the pipe's other end
                socket.send_fds(_interpreter(), [request], [out.fileno(), err.fileno(), writing])
        finally:
            os.close(writing)
        said = os.read(reading, _FORKED.size)
        if len(said) < _FORKED.size:
            _interpreter.cache_clear()
            return None
        child = _Forked(_FORKED.unpack(said)[0], reading)
        running = Running(argv=tuple(argv), process=child, streams=(out, err))
        return running.wait(until=running.started + timeout)


@dataclass(slots=True)
class _Forked:
    """A fork of the interpreter, which is not our child: what became of it comes by a pipe."""

    pid: int
    pipe: int
    returncode: int | None = field(default=None)

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self.returncode is None and select.select([self.pipe], [], [], 0)[0]:
            said = os.read(self.pipe, _ENDED.size)
            status = _ENDED.unpack(said)[0] if len(said) == _ENDED.size else signal.SIGKILL
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; Overdue when it has not ended by then."""
        if self.returncode is None:
            select.select([self.pipe], [], [], timeout)
        code = self.poll()
        if code is None:
            raise Overdue([str(self.pid)], timeout or 0)
        return code

    def terminate(self) -> None:
        """SIGTERM."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


@cache
def _interpreter() -> socket.socket:
    """The way to the interpreter of this process, started at the first call; it ends with us."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * _REQUEST)
    env = {**_LOCALE, "PYTHONPATH": _root(), "PATH": os.defpath, CALL: f"{Owner.me().mark}forks"}
    with theirs:
        running = process.start(
            [*_INTERPRETER, __name__, str(theirs.fileno())], env=env, inherit=[theirs.fileno()]
        )
    atexit.register(_end, running, ours)
    return ours


def _end(running: Running, ours: socket.socket) -> None:
    ours.close()  # it ends when nobody can ask any more
    with suppress(Overdue):
        running.process.wait(2)
    running.stop()


def _root() -> str:
    return str(Path(__file__).resolve().parents[2])


def serve(asked: socket.socket) -> None:
    """Load the programs, then fork for each request until nobody can ask; a fork returns too."""
    for program in PROGRAMS:
        __import__(f"{program}.cli")
    unshare = process.own_ipc()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers are nobody's zombies
    while True:
        message, descriptors, _, _ = socket.recv_fds(asked, _REQUEST, 3)
        if not message:
            return
        if os.fork():
            for descriptor in descriptors:
                os.close(descriptor)
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        asked.close()
        out, err, pipe = descriptors
        child = os.fork()
        if child:  # the keeper of one call
            os.close(out)
            os.close(err)
            _, status = os.waitpid(child, 0)
            with suppress(BrokenPipeError):
                os.write(pipe, _ENDED.pack(status))
            os._exit(0)
        os.setsid()
        os.write(pipe, _FORKED.pack(os.getpid()))
        os.dup2(out, 1)
        os.dup2(err, 2)
        for descriptor in descriptors:
            os.close(descriptor)
        if unshare is not None:
            unshare()
        _become(**json.loads(message))


def _become(argv: list[str], env: dict[str, str], cwd: str) -> None:
    """Be the program; leaves with its SystemExit, or its traceback."""
    environment.replace(env)
    os.chdir(cwd)
    sys.argv[1:] = argv[1:]
    runpy.run_module(argv[0], run_name="__main__", alter_sys=True)
    sys.exit(0)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
