"""The inventory sees each kind of thing that a run could leave, and tells whose it is."""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from assay import environment
from assay.process import execute, start
from benchmarks import inventory

PROGRAM = Path(inventory.__file__)


def run(*words: str) -> tuple[int | None, str]:
    """The program as others call it: exit code and standard output."""
    done = execute([sys.executable, "-I", str(PROGRAM), *words], env={}, timeout=60)
    assert not done.stderr
    return done.exit, done.stdout


@pytest.fixture
def before(tmp_path):
    """An inventory in a file, and the words that ask what is new in one temp folder."""
    (tmp_path / "temp").mkdir()
    temp = f"--temp={tmp_path / 'temp'}"
    file = tmp_path / "before.json"
    file.write_text(run(temp)[1])
    return (temp, "--since", str(file), "--ours", str(os.getpid()))


def test_it_imports_the_standard_library_only():
    modules = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for node in ast.walk(ast.parse(PROGRAM.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert modules <= sys.stdlib_module_names


def test_nothing_done_is_nothing_new(before):
    said = run(*before)[1].splitlines()
    # Of the other kinds, what nobody holds may be another test's.
    assert not [line for line in said if line.startswith(("processes", "temp entries"))]


def test_a_process_in_a_session_of_its_own_is_new(before):
    running = start(["sh", "-c", "setsid sleep 60 & wait"], env=environment.inherited())
    try:
        code, said = run(*before)
    finally:
        for line in run(*before)[1].splitlines():
            if line.startswith("processes") and line.endswith("sleep 60"):
                os.kill(int(line.split()[1].partition("@")[0]), signal.SIGKILL)
        running.finish(timed_out=False)
    assert code == 1
    assert "setsid sleep 60 & wait" in said


def test_a_temp_entry_is_new_and_pytests_own_folder_is_not(before, tmp_path):
    (tmp_path / "temp" / "left").touch()
    (tmp_path / "temp" / "pytest-of-me").mkdir()
    code, said = run(*before)
    assert code == 1
    assert f"temp entries: {tmp_path / 'temp' / 'left'}" in said
    assert "pytest-of-me" not in said


def test_shared_memory_is_new(before):
    path = Path(f"/dev/shm/left-{os.getpid()}")  # noqa: S108 - this is what is looked for
    path.touch()
    try:
        assert f"shared memory: {path}" in run(*before)[1]
    finally:
        path.unlink()


def test_a_port_is_new(before):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert f"ports: tcp {listener.getsockname()[1]}:" in run(*before)[1]


def test_what_only_others_hold_does_not_count(tmp_path):
    (tmp_path / "held").touch()
    (tmp_path / "free").touch()
    running = start(["sleep", "60"], env=environment.inherited(), cwd=tmp_path)
    other = start(
        ["sh", "-c", 'exec sleep 60 < "$0"', str(tmp_path / "held")], env=environment.inherited()
    )
    try:
        words = (f"--temp={tmp_path}", "--ours", str(running.pid))
        entries = json.loads(run(*words)[1])["temp entries"]
    finally:
        running.stop()
        other.stop()
    assert [Path(path).name for path in entries] == ["free"]


def test_a_recycled_process_id_is_another_process():
    one = inventory.Process(7, 1, "100", "x")
    assert one.key != inventory.Process(7, 1, "200", "x").key


def test_new_is_what_before_had_not():
    thing = inventory.Thing("x")
    before = {"processes": {"1@2": thing}}
    after = {"processes": {"1@2": thing, "1@3": thing}, "slots": {"s": thing}}
    assert inventory.new(before, after) == {"processes": {"1@3": thing}, "slots": {"s": thing}}
