"""Runs a replicator's commands: one path for every tool, in a private, scrubbed environment."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from assay.postgres.owner import Owner
from assay.process import CALL, Execution, Running, end_marked, execute, own_ipc, start
from assay.redact import Scrubber
from assay.replicators import prepared
from assay.replicators.base import Call, Command, Driver, Phase
from assay.replicators.programs import search_path

# Our own programs are found in a clone that was never installed as well.
OWN_ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}


@dataclass(slots=True)
class Tool:
    """A driver bound to the client tools and the work folder of one test.

    `client_tools` is the folder of pg_dump and its like, first in the tool's PATH. `workdir` is
    private to the test; TMPDIR and HOME of the tool lie in it, and what a call leaves in TMPDIR is
    listed in its `Execution`.
    """

    driver: Driver
    client_tools: Path
    workdir: Path
    scrubber: Scrubber
    watch: Callable[[int], None] | None = None
    called: Callable[[Phase, Command, Execution], None] | None = None  # told of every call
    shown: list[str] = field(default_factory=list)  # where a secret was seen, before redaction
    _streams: list[tuple[Running, str]] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The PATH of every phase."""
        return search_path(str(self.client_tools))

    def execute(self, phase: Phase, call: Call) -> Execution | None:
        """Do a phase; None when the tool has no command for it.

        A background command is started and left running: its Execution has exit None and no
        output yet, `ended` tells when it has ended and `stop` collects it.
        """
        command = self.driver.command(phase, replace(call, workdir=str(self.workdir)))
        if command is None:
            return None
        mark = call_mark()
        env = self._environment(command, mark)
        if command.background:
            running = start(command.argv, env=env, cwd=self.workdir, before_exec=own_ipc())
            self._streams.append((running, mark))
            return self._told(phase, command, Execution(command.argv, None, "", "", 0.0), env)
        done = self._execute(command, env)
        end_marked(mark)
        return self._told(phase, command, done, env)

    def _execute(self, command: Command, env: Mapping[str, str]) -> Execution:
        # Who watches wants to see the arguments of the process, which a fork does not show.
        if self.watch is None and prepared.is_prepared(command.argv, env):
            done = prepared.execute(
                command.argv, env=env, timeout=command.timeout, cwd=self.workdir
            )
            if done is not None:
                return done
        return execute(
            command.argv,
            env=env,
            timeout=command.timeout,
            cwd=self.workdir,
            watch=self.watch,
            before_exec=own_ipc(),
        )

    def ended(self) -> bool:
        """Whether a background command ended by itself."""
        return any(not running.alive() for running, _ in self._streams)

    def streaming(self) -> bool:
        """Whether a background command is the stream."""
        return bool(self._streams)

    def stop(self) -> tuple[Execution, ...]:
        """End all background commands and their descendants."""
        stopped = []
        for running, mark in self._streams:
            stopped.append(self._finished(running.stop(), Phase.SYNC, {}))
            end_marked(mark)
        self._streams.clear()
        return tuple(stopped)

    def _told(
        self, phase: Phase, command: Command, done: Execution, env: Mapping[str, str]
    ) -> Execution:
        finished = self._finished(done, phase, env)
        if self.called is not None:
            self.called(phase, command, finished)
        return finished

    def _finished(self, done: Execution, phase: Phase, env: Mapping[str, str]) -> Execution:
        folder = Path(env["TMPDIR"]) if "TMPDIR" in env else None
        left = sorted(str(p.relative_to(folder)) for p in folder.rglob("*")) if folder else []
        scrub, refused = self.scrubber.scrub, self.driver.refused
        for stream, text in (("stdout", done.stdout), ("stderr", done.stderr)):
            if self.scrubber.shown_in(text):
                self.shown.append(f"{stream} of {phase}")
        return replace(
            done,
            argv=tuple(scrub(word) for word in done.argv),
            stdout=scrub(done.stdout),
            stderr=scrub(done.stderr),
            phase=phase.value,
            crashed=bool(refused) and (done.exit or 0) > 0 and done.exit not in refused,
            left_in_tmp=tuple(left),
        )

    def _environment(self, command: Command, mark: str) -> dict[str, str]:
        home, tmp = self.workdir / "home", self.workdir / "tmp"
        for folder in (home, tmp):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        env = {
            "PATH": self.path,
            "HOME": str(home),
            "TMPDIR": str(tmp),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "TERM": "dumb",
            CALL: mark,
        }
        if command.passfile:
            env["PGPASSFILE"] = str(self._passfile(command.passfile))
        return {**env, **command.env}

    def _passfile(self, lines: tuple[str, ...]) -> Path:
        path = self.workdir / "passfile"
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write("\n".join(lines) + "\n")
        return path


def call_mark() -> str:
    """A mark for one call; it begins with its owner's, so that the reaper finds all of them."""
    return f"{Owner.me().mark}{secrets.token_hex(8)}"


def own_program(module: str, *words: str) -> tuple[str, ...]:
    """The argv of one of our own programs, run by this interpreter; see `OWN_ENVIRONMENT`."""
    return (sys.executable, "-P", "-m", module, *words)
