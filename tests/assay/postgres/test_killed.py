"""Nothing outlives a killed process but what it wanted kept; judged from outside."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

import assay
from assay import environment
from assay.clock import pause, wait_until
from assay.errors import TimedOut
from assay.postgres import sweep
from assay.postgres.containers import why_absent
from assay.postgres.lease import LIFETIME
from assay.process import Running, execute, start

pytestmark = pytest.mark.servers

# A program that holds a pair until it is killed; it prints its run's id once it has one.
PROGRAM = """
import os, sys, time
from assay.names import RunId
from assay.postgres.pool import PairPool
from assay.postgres.session import connect
from assay.process import CALL, start
from assay.replicators.tool import call_mark
provider, run, moment = sys.argv[1:]
pool = PairPool("17", provider=provider, run=RunId(run), keep=moment == "kept")
if moment == "starting":
    print("ready", flush=True)
with pool.lease("x") as pair, connect(pair.source) as held:
    held.execute("begin; create table t ()")
    if moment == "at-work":  # a tool, with a descendant in a session of its own
        start(["sh", "-c", "setsid sh -c 'sleep 600; :' $0 & wait", run],
              env={"PATH": os.defpath, CALL: call_mark()})
    if moment == "kept":
        print("\\n".join(pool.retire_alive(pair).lines), flush=True)
    print("ready", flush=True)
    time.sleep(600)
"""
RUNS = itertools.count(os.getpid() << 12)
PLACES = ("/dev/shm", "/tmp")  # noqa: S108 - only looked at
PROVIDERS = ["wheel", pytest.param("docker", marks=pytest.mark.docker)]


@contextlib.contextmanager
def victim(provider: str, run: str, moment: str, *, state: Path) -> Iterator[Running]:
    """The program, ready; its leases lie below `state`."""
    root = str(Path(assay.__path__[0]).parent)
    running = start(
        [sys.executable, "-c", PROGRAM, provider, run, moment],
        env={**environment.inherited(), "PYTHONPATH": root, "XDG_STATE_HOME": str(state)},
    )
    try:
        wait_until(lambda: "ready" in said(running), what="the victim", timeout=60)
        yield running
    finally:
        running.finish(timed_out=False)


def said(running: Running) -> str:
    """What the program has printed; ours ends with it if it died early."""
    out, err = (os.pread(stream.fileno(), 1 << 16, 0).decode() for stream in running.streams)
    assert running.alive(), err
    return out


def inventory(run: str) -> list[str]:
    """Everything on this machine that carries the run's id; by other means than the engine's."""
    found = [str(path) for place in PLACES for path in Path(place).glob(f"*{run}*")]
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if run in command and entry.name != str(os.getpid()):
                found.append(f"process {entry.name}: {command}")
    if why_absent() is None:
        with contextlib.closing(docker.from_env()) as client:
            named = {"name": run}
            there = client.containers.list(all=True, filters=named, ignore_removed=True)
            found += [f"container {container.name}" for container in there]
    return found


def reapers(state: Path) -> list[str]:
    """The reapers of the leases below `state`, by process id."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes().decode()
            if "assay.postgres.reaper" in command and str(state) in command:
                found.append(entry.name)
    return found


def kill_and_await_reaper(running: Running, state: Path) -> None:
    """Kill it; come back when its reaper has done what it does, right or wrong."""
    assert reapers(state)
    kill(running)
    wait_until(lambda: not reapers(state), what="the end of the reaper", timeout=10)


def segments() -> set[str]:
    """System V shared memory whose maker is dead, by id: other workers' servers live."""
    rows = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    return {row[1] for row in rows if not (Path("/proc") / row[4]).exists()}


def assert_no_segments_but(before: set[str]) -> None:
    """Another worker's rehearsal may be dying at this moment: it has ten seconds as well."""
    with contextlib.suppress(TimedOut):
        wait_until(lambda: not segments() - before, what="no segment of the dead", timeout=10)
    assert not segments() - before


def assert_empty(run: str) -> None:
    """Ten seconds after a death nothing is left."""
    with contextlib.suppress(TimedOut):
        wait_until(lambda: not inventory(run), what="an empty machine", timeout=10)
    assert inventory(run) == []


def new_run() -> str:
    """An id that no other test has."""
    return f"{next(RUNS) & 0xFFFFFFFF:08x}"


def kill(running: Running) -> None:
    """SIGKILL to that one process, as the kernel does when memory is short."""
    os.kill(running.pid, signal.SIGKILL)
    running.process.wait(10)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("moment", ["leased", "starting", "at-work"])
def test_nothing_outlives_a_killed_process(provider: str, moment: str, tmp_path: Path) -> None:
    run = new_run()
    before = segments()
    with victim(provider, run, moment, state=tmp_path) as running:
        if moment == "starting":
            pause(0.3)
        else:
            assert inventory(run)
        kill(running)
        assert_empty(run)
    assert not list(tmp_path.rglob("*.json"))
    assert_no_segments_but(before)


def test_nothing_is_left_when_the_postmasters_are_killed_as_well(tmp_path: Path) -> None:
    run = new_run()
    before = segments()
    with victim("wheel", run, "leased", state=tmp_path) as running:
        for line in inventory(run):
            if line.startswith("process") and "/postgres" in line:
                os.kill(int(line.split()[1].rstrip(":")), signal.SIGKILL)
        kill(running)
        assert_empty(run)
    assert_no_segments_but(before)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_kept_pair_outlives_its_process_and_its_lines_work(
    provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with victim(provider, run, "kept", state=tmp_path) as running:
        lines = said(running).splitlines()[:2]
        kill_and_await_reaper(running, tmp_path)
        wait_until(lambda: len(sweep.find()) == 1, what="a dead owner", timeout=10)
        for line in lines:
            done = execute(
                ["/bin/sh", "-c", f"{line} -Atc 'select 41 + 1'"],
                env=environment.inherited(),
                timeout=20,
            )
            assert done.stdout == "42\n", done.output
        assert not sweep.start_of_run()  # its time is not over
        (stale,) = sweep.find()
        assert stale.kept
        assert "kept until" in str(stale)
        sweep.remove(stale)
        assert not inventory(run)
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_lines_of_a_kept_pair_hold_no_password(tmp_path: Path) -> None:
    run = new_run()
    with victim("wheel", run, "kept", state=tmp_path) as running:
        line = said(running).splitlines()[0]
        (passfile,) = tmp_path.rglob("*.pgpass")
        assert passfile.stat().st_mode & 0o777 == 0o600
        password = passfile.read_text().splitlines()[0].rpartition(":")[2]
        assert password not in line
        kill(running)
        wait_until(lambda: sweep.find(tmp_path / "replicator-assay/runs"), what="it", timeout=9)
        for stale in sweep.find(tmp_path / "replicator-assay/runs"):
            sweep.remove(stale)
        assert_empty(run)  # the reaper may still be looking


def test_a_kept_pair_goes_when_its_time_is_over(tmp_path: Path) -> None:
    run = new_run()
    runs = tmp_path / "replicator-assay" / "runs"
    with victim("wheel", run, "kept", state=tmp_path) as running:
        kill_and_await_reaper(running, tmp_path)
        (lease,) = wait_until(lambda: sweep.find(runs), what="a dead owner", timeout=10)
        until = next(entry.kept_until for entry in lease.state.servers)
        assert until is not None
        text = lease.path.read_text().replace(until[:4], str(int(until[:4]) - 1))
        lease.path.write_text(text)
        assert [stale.state.run for stale in sweep.start_of_run(runs)] == [run]
        assert not inventory(run)
    assert LIFETIME.days == 1


def test_the_next_run_sweeps_what_a_dead_reaper_left(tmp_path: Path) -> None:
    run = new_run()
    runs = tmp_path / "replicator-assay" / "runs"
    with victim("wheel", run, "leased", state=tmp_path) as running:
        (reaper,) = [line for line in inventory(run) if "assay.postgres.reaper" in line]
        os.kill(int(reaper.split()[1].rstrip(":")), signal.SIGKILL)
        kill(running)
        wait_until(lambda: sweep.find(runs), what="a dead owner", timeout=10)
        assert any(run in line for line in inventory(run))
        assert [stale.state.run for stale in sweep.start_of_run(runs)] == [run]
        assert not inventory(run)


def test_a_lease_of_a_living_process_is_not_swept(tmp_path: Path) -> None:
    run = new_run()
    runs = tmp_path / "replicator-assay" / "runs"
    with victim("wheel", run, "leased", state=tmp_path) as running:
        assert not sweep.find(runs)
        assert not sweep.start_of_run(runs)
        assert running.alive()
        kill(running)
        assert_empty(run)
