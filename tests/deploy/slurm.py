"""A cluster of Slurm's own daemons on this machine: one schedules, one works for each name."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from assay.clock import wait_until
from assay.environment import inherited
from assay.process import Execution, Running, execute, free_port, start

PLACES = "/usr/sbin:/usr/bin:/sbin:/bin"
SOON = 60.0  # seconds

# No daemon for credentials, no accounting: what is needed to hand out array jobs, and no more.
CONF = """
ClusterName=assay
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={port}
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/linear
ReturnToService=2
SlurmdTimeout=6
KillWait=2
SchedulerParameters=sched_min_interval=100000
PartitionName=all Nodes=ALL Default=YES State=UP MaxTime=INFINITE
"""


@dataclass(slots=True)
class Cluster:
    """Its folder, its daemons by name, and what is asked of it by Slurm's own commands."""

    folder: Path
    daemons: dict[str, Running] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """What a command, and a job that it submits, sees."""
        env = inherited("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
        path = f"{env.get('PATH', '')}:{PLACES}"
        return {**env, "PATH": path, "SLURM_CONF": f"{self.folder}/slurm.conf"}

    def call(self, *argv: str, env: Mapping[str, str] | None = None) -> Execution:
        """One of Slurm's commands; it has to succeed."""
        done = execute(argv, env={**self.env, **(env or {})}, timeout=SOON, cwd=self.folder)
        assert done.ok, done.output
        return done

    def submit(
        self, script: Path, *words: str, options: Sequence[str], cwd: Path, env: Mapping[str, str]
    ) -> None:
        """Submit a script with its words."""
        log = f"--output={self.folder}/task-%a-%N.log"
        self.call("sbatch", *options, log, f"--chdir={cwd}", str(script), *words, env=env)

    def tasks(self) -> list[str]:
        """Every task that has not ended, and its state."""
        return self.call("squeue", "--noheader", "--array", "--format=%i %t").stdout.splitlines()

    def place(self, task: int) -> str:
        """The worker that has a task of the only array."""
        said = self.call("squeue", "--noheader", "--array", "--format=%K %N").stdout
        return dict(line.split(maxsplit=1) for line in said.splitlines())[str(task)]

    def kill(self, node: str) -> None:
        """A machine dies: SIGKILL for the worker's daemon and for whatever runs below it."""
        while found := self.left(node):
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.daemons.pop(node).stop(grace=0)

    def left(self, node: str = "") -> list[int]:
        """Processes of one worker and of its tasks; without a name of all, and of the rest."""
        conf = f"SLURM_CONF={self.folder}/slurm.conf".encode()
        marks = (self._mark(node).encode(), f"SLURMD_NODENAME={node}".encode())
        return [
            pid
            for pid, words in _environments()
            if conf in words and (not node or any(mark in words for mark in marks))
        ]

    def node(self, name: str) -> None:
        """Start a worker."""
        key, _, value = self._mark(name).partition("=")
        argv = [shutil.which("slurmd", path=PLACES) or "slurmd", "-D", "-N", name]
        self.daemons[name] = start(argv, env={**self.env, key: value}, cwd=self.folder)

    def idle(self) -> int:
        """How many workers wait for work."""
        argv = ["sinfo", "--noheader", "--Node", "--format=%t"]
        return execute(argv, env=self.env, timeout=SOON).stdout.split().count("idle")

    def _mark(self, node: str) -> str:
        return f"ASSAY_NODE={self.folder}/{node}"


@contextmanager
def cluster(folder: Path, nodes: Sequence[str]) -> Iterator[Cluster]:
    """Start one with these workers, and end it with whatever still runs in it."""
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    host = socket.gethostname().partition(".")[0]
    told = CONF.format(host=host, folder=folder, port=free_port(), user=_user())
    for node in nodes:
        told += (
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={free_port()} CPUs=1\n"
        )
    (folder / "slurm.conf").write_text(told)
    made = Cluster(folder)
    controller = shutil.which("slurmctld", path=PLACES) or "slurmctld"
    try:
        made.daemons[""] = start([controller, "-D"], env=made.env, cwd=folder)
        for node in nodes:
            made.node(node)
        wait_until(lambda: made.idle() == len(nodes), what="idle workers", timeout=SOON, every=0.2)
        yield made
    finally:
        for node in [name for name in made.daemons if name]:
            made.kill(node)
        made.daemons.pop("").stop()


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def _environments() -> Iterator[tuple[int, list[bytes]]]:
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            yield int(entry.name), (entry / "environ").read_bytes().split(b"\0")
