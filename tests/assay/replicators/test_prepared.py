"""A prepared program's call cannot be told from a started one's, by its caller or by itself."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from assay import process
from assay.process import CALL, Execution
from assay.replicators import prepared
from assay.replicators.tool import OWN_ENVIRONMENT, call_mark, own_program

SEEN = """
import json, os, signal, sys
print(json.dumps({
    "env": dict(os.environ), "cwd": os.getcwd(), "leads": os.getsid(0) == os.getpid(),
    "group": os.getpgrp() == os.getpid(), "argv": sys.argv[1:], "path": sys.path,
    "files": sorted(os.listdir("/proc/self/fd"))[:-1], "flags": str(sys.flags),
    "stdin": os.readlink("/proc/self/fd/0"), "encoding": sys.stdout.encoding,
    "signals": [str(signal.getsignal(n)) for n in (2, 13, 15, 17)], "umask": os.umask(0),
    "tmp": __import__("tempfile").gettempdir(), "main": sys.modules["__main__"].__spec__.name,
}))
print("said late", file=sys.stderr)
"""


@pytest.fixture(autouse=True, scope="module")
def _fresh_interpreter() -> None:
    """Tests of other files end what this process has started, the interpreter too."""
    prepared._interpreter.cache_clear()


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    home = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "LANG": "C.UTF-8"}
    return {**home, "PATH": os.defpath, CALL: call_mark(), **OWN_ENVIRONMENT}


def doing(code: str) -> tuple[str, ...]:
    """A program of the standard library that runs what it is given."""
    return own_program("timeit", "-n", "1", "-r", "1", code)


def forked(argv: tuple[str, ...], env: dict[str, str], *, timeout: float = 30) -> Execution:
    done = prepared.execute(argv, env=env, timeout=timeout, cwd=Path(env["HOME"]))
    assert done is not None
    return done


@pytest.mark.parametrize(
    "argv",
    [
        doing(SEEN),
        doing("1 / 0"),
        doing("import sys; sys.exit('words')"),
        doing("import os; os.kill(os.getpid(), 9)"),
        own_program("assay.replicators.reference", "--help"),
        own_program("assay.replicators.reference", "init", "--unknown"),
        own_program("assay.replicators.controls", "noop", "init"),
        own_program("assay.replicators.controls", "lossy", "--list"),
    ],
    ids=["seen", "crash", "words", "killed", "help", "usage", "noop", "list"],
)
def test_a_fork_is_like_a_start(argv: tuple[str, ...], env: dict[str, str]) -> None:
    started = process.execute(argv, env=env, timeout=30, cwd=Path(env["HOME"]))
    done = forked(argv, env)
    assert untimed(done) == untimed(started)


def untimed(done: Execution) -> Execution:
    """Without what no two calls have in common: times, and the frames of an interpreter."""
    said = [line for line in done.stdout.splitlines() if "loop, best of" not in line]
    last = done.stderr.splitlines()[-1:]
    return replace(done, seconds=0, stdout="\n".join(said), stderr="\n".join(last))


def test_a_fork_ends_at_the_time_limit_with_all_that_it_began(env: dict[str, str]) -> None:
    late = "import os, time; print(os.getpid(), flush=True); os.system('sleep 60 & sleep 60')"
    done = forked(doing(late), env, timeout=0.5)
    assert done.timed_out
    assert done.exit == -signal.SIGTERM
    assert not living(pgrp=int(done.stdout))


def living(*, pid: int | None = None, pgrp: int | None = None) -> list[str]:
    """Processes of this id or group that are no zombies."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, group = entry.read_text().rpartition(")")[2].split()[:3]
            if (int(entry.parent.name) == pid or int(group) == pgrp) and state not in "ZX":
                found.append(entry.parent.name)
    return found


def test_what_a_fork_leaves_in_a_session_of_its_own_carries_its_mark(env: dict[str, str]) -> None:
    done = forked(doing("import os; os.system('setsid sleep 60 & echo $!')"), env)
    left = int(done.stdout.split()[0])
    process.end_marked(env[CALL])
    assert not living(pid=left)


def test_an_interpreter_that_died_is_replaced(env: dict[str, str]) -> None:
    parent = "import os; print(open(f'/proc/{os.getppid()}/stat').read().split()[3])"
    interpreter = int(forked(doing(parent), env).stdout.split()[0])
    os.kill(interpreter, signal.SIGKILL)
    home = Path(env["HOME"])
    assert prepared.execute(doing("pass"), env=env, timeout=30, cwd=home) is None
    assert int(forked(doing(parent), env).stdout.split()[0]) != interpreter


@pytest.mark.parametrize(
    ("argv", "more", "is_it"),
    [
        (own_program("assay.replicators.reference", "init"), {}, True),
        (own_program("assay.replicators.controls", "noop"), {}, True),
        (own_program("timeit"), {}, False),
        (own_program("assay.replicators.reference"), {"LANG": "C"}, False),
        (own_program("assay.replicators.reference"), {"PYTHONHASHSEED": "1"}, False),
        (("/usr/bin/pg_dump",), {}, False),
    ],
)
def test_only_our_own_programs_are_prepared(
    argv: tuple[str, ...], more: dict[str, str], is_it: bool, env: dict[str, str]
) -> None:
    assert prepared.is_prepared(argv, {**env, **more}) is is_it
