"""Programs run in a group of their own, within a time limit, and leave nothing running."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from assay.clock import wait_until
from assay.process import OUTPUT_LIMIT, die_with_parent, execute, execute_openly, start

ENV = {"PATH": os.defpath}


def sh(script, timeout=10.0, **more):
    return execute(["sh", "-c", script], env=ENV, timeout=timeout, **more)


def gone(pid):
    try:
        return (Path("/proc") / pid / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_exit_code_and_both_streams_are_kept():
    done = sh("echo out; echo err >&2; exit 3")
    assert (done.exit, done.stdout, done.stderr) == (3, "out\n", "err\n")
    assert not done.ok
    assert not done.timed_out


def test_a_signal_is_a_negative_exit():
    assert sh("kill -9 $$").exit == -9


def test_a_program_that_is_missing_is_a_value_and_no_exception():
    done = execute(["/nonexistent/tool"], env=ENV, timeout=5)
    assert done.exit is None
    assert "cannot start /nonexistent/tool" in done.stderr


def test_the_deadline_ends_the_whole_group():
    done = sh("sleep 60 & echo $!; sleep 60", timeout=0.5)
    assert done.timed_out
    assert not done.ok
    assert done.seconds < 5
    assert gone(done.stdout.strip())


def test_a_child_left_in_the_background_is_ended_too():
    done = sh("sleep 60 & echo $!")
    assert done.ok
    assert gone(done.stdout.strip())


def test_there_is_no_terminal_and_no_input():
    assert sh("cat; tty; exit 0").stdout == "not a tty\n"


def test_the_environment_is_exactly_what_is_given():
    code = "import os; print(sorted(k for k in os.environ if not k.startswith('LC_')))"
    done = execute([sys.executable, "-I", "-c", code], env={"ONLY": "this"}, timeout=10)
    assert done.stdout == "['ONLY']\n"


def test_endless_output_keeps_its_end():
    done = sh("head -c 9000000 /dev/zero | tr '\\0' x; echo END")
    assert len(done.stdout) == OUTPUT_LIMIT
    assert done.stdout.endswith("xEND\n")
    assert len(sh("head -c 9000000 /dev/zero", kept=None).stdout) == 9_000_000


def test_a_watcher_is_called_with_the_group_while_it_runs():
    seen = []
    sh("sleep 0.2", watch=seen.append)
    assert len(set(seen)) == 1
    assert len(seen) > 3


def test_a_running_program_is_stopped_with_its_children():
    running = start(["sh", "-c", "sleep 60 & echo $!; wait"], env=ENV)
    wait_until(lambda: running.streams[0].seek(0, os.SEEK_END), what="its output", timeout=5)
    done = running.stop()
    assert done.exit == -15
    assert gone(done.stdout.strip())


def test_what_runs_openly_writes_to_our_output_as_it_comes(capfd):
    code = execute_openly(["sh", "-c", "echo out; echo err >&2; exit 3"], env=ENV, timeout=10)
    assert (code, *capfd.readouterr()) == (3, "out\n", "err\n")


def test_the_deadline_ends_what_runs_openly_and_its_children(capfd):
    assert execute_openly(["sh", "-c", "sleep 60 & echo $!; wait"], env=ENV, timeout=0.5) == 124
    child = capfd.readouterr().out.strip()
    wait_until(lambda: gone(child), what="the child's end", timeout=5)


def test_elsewhere_than_on_linux_nothing_ends_a_child_with_us(monkeypatch):
    """And nothing breaks: macOS has no prctl, and no /proc."""
    assert die_with_parent() is not None
    monkeypatch.setattr(sys, "platform", "darwin")
    assert die_with_parent() is None
