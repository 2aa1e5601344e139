"""Every tool runs alone: private folders, scrubbed environment, nothing left behind."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assay.clock import wait_until
from assay.postgres.address import Address
from assay.postgres.owner import Owner
from assay.redact import Scrubber, Secret
from assay.replicators.base import Call, Capability, Command, Leftovers, Phase
from assay.replicators.tool import Tool

SECRET = "correct-horse-battery"


@dataclass
class Scripted:
    """A driver whose every phase is one shell script."""

    script: str
    background: bool = False
    timeout: float = 10.0
    name: str = "scripted"
    capabilities: frozenset[Capability] = frozenset()
    leftovers: Leftovers = field(default_factory=Leftovers)
    refused: frozenset[int] = frozenset()

    def version(self):
        return "1"

    def command(self, phase, call):
        if phase is Phase.STOP:
            return None
        argv = ("sh", "-c", self.script, "scripted", call.source.url())
        return Command(argv, passfile=(call.source.passfile_line(),), background=self.background,
                       timeout=self.timeout)  # fmt: skip


def tool_of(tmp_path, script, **more):
    scrubber = Scrubber()
    scrubber.learn(Secret(SECRET))
    return Tool(Scripted(script, **more), Path("/usr/bin"), tmp_path / "work", scrubber)


CALL = Call(*(Address(h, 5432, "me", Secret(SECRET), "db") for h in ("one", "two")))


def ran(tmp_path, script, **more):
    return tool_of(tmp_path, script, **more).execute(Phase.INIT, CALL)


def gone(pid):
    """Ended, if perhaps not yet collected by its parent."""
    try:
        return (Path("/proc") / pid / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_output_and_argv_are_kept_without_the_password(tmp_path):
    done = ran(tmp_path, f"echo it is {SECRET}; echo {SECRET} >&2; exit 4")
    assert done.exit == 4
    assert done.phase == "init"
    assert done.stdout == "it is ***\n"
    assert SECRET not in repr(done)


def test_a_password_that_was_printed_is_noticed_before_it_is_masked(tmp_path):
    tool = tool_of(tmp_path, f"echo {SECRET} >&2")
    tool.execute(Phase.INIT, CALL)
    assert tool.shown == ["stderr of init"]


def test_the_environment_is_private_and_scrubbed(tmp_path, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "leak")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "leak")
    done = ran(tmp_path, "env | cut -d= -f1 | sort | tr '\\n' ' '")
    names = set(done.stdout.split()) - {"PWD", "_", "SHLVL", "OLDPWD"}
    assert names == {
        "ASSAY_CALL",
        "HOME",
        "LANG",
        "NO_COLOR",
        "PATH",
        "PGPASSFILE",
        "TERM",
        "TMPDIR",
    }


def test_a_call_carries_a_mark_of_this_process(tmp_path):
    mark = ran(tmp_path, 'printf %s "$ASSAY_CALL"').stdout
    assert mark.startswith(Owner.me().mark)
    assert mark != Owner.me().mark


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the privilege to unshare")
def test_semaphores_and_queues_of_a_tool_vanish_with_it(tmp_path):
    seen = ran(tmp_path, "readlink /proc/self/ns/ipc").stdout.strip()
    assert seen.startswith("ipc:")
    assert seen != str(Path("/proc/self/ns/ipc").readlink())


def test_what_is_left_in_the_temp_folder_is_listed(tmp_path):
    done = ran(tmp_path, 'mkdir "$TMPDIR/dump"; echo x > "$TMPDIR/dump/globals.sql"')
    assert done.left_in_tmp == ("dump", "dump/globals.sql")


def test_the_password_file_is_readable_by_its_owner_only(tmp_path):
    done = ran(tmp_path, 'stat -c %a "$PGPASSFILE"; cut -d: -f1-4 "$PGPASSFILE"')
    assert done.stdout == "600\none:5432:*:me\n"


def test_a_descendant_in_a_session_of_its_own_is_gone_afterwards(tmp_path):
    code = "import os; os.setsid(); print(os.getpid(), flush=True); os.execlp('sleep', 'x', '60')"
    wait = 'while [ ! -s "$TMPDIR/pid" ]; do sleep 0.05; done; cat "$TMPDIR/pid"'
    script = f'{sys.executable} -c "{code}" > "$TMPDIR/pid" & {wait}'
    done = ran(tmp_path, script)
    pid = done.stdout.strip()
    assert pid.isdigit()
    assert gone(pid)


def test_the_deadline_is_a_value(tmp_path):
    done = ran(tmp_path, "sleep 60", timeout=0.3)
    assert done.timed_out
    assert done.exit is not None


def test_an_exit_code_that_is_no_refusal_is_a_crash(tmp_path):
    codes = frozenset({1, 2})
    assert not ran(tmp_path, "exit 2", refused=codes).crashed
    assert not ran(tmp_path, "exit 0", refused=codes).crashed
    assert ran(tmp_path, "exit 101", refused=codes).crashed
    assert not ran(tmp_path, "exit 101").crashed


def test_a_stream_runs_until_it_is_stopped(tmp_path):
    tool = tool_of(tmp_path, "echo on; touch $TMPDIR/on; sleep 60", background=True)
    begun = tool.execute(Phase.INIT, CALL)
    assert begun.exit is None
    assert tool.streaming()
    assert not tool.ended()
    wait_until((tmp_path / "work" / "tmp" / "on").exists, what="its first act", timeout=10)
    (done,) = tool.stop()
    assert done.stdout == "on\n"
    assert not tool.streaming()


def test_a_stream_that_ends_by_itself_is_seen(tmp_path):
    tool = tool_of(tmp_path, "exit 3", background=True)
    tool.execute(Phase.INIT, CALL)
    wait_until(tool.ended, what="the end of the stream", timeout=5)
    assert tool.stop()[0].exit == 3


def test_a_phase_the_tool_has_not_is_none(tmp_path):
    assert tool_of(tmp_path, "true").execute(Phase.STOP, CALL) is None
