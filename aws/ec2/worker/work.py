"""One job from its record to its terminal state."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from jobcore import clock, urls
from jobcore.failures import described
from jobcore.records import IllegalTransition, Item, Records
from jobcore.redaction import Redactor
from jobcore.sealing import Sealer
from worker.logs import JobLog
from worker.replicator import Replicator, Unusable
from worker.running import Process
from worker.settings import Settings

PATIENCE = 300.0  # seconds for which a call that begins or ends a job is tried again
STEP = 0.2  # seconds between two looks at the tool
LONGEST_CAUSE = 1000  # characters
T = TypeVar("T")


class Stopped(BaseException):
    """The machine is being shut down (SIGTERM)."""


class TakenAway(Exception):
    """The job has ended, or is another worker's: nothing may be done for it any more."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The terminal state of a job and its cause."""

    status: str
    error: str | None = None


STOPPED = Ending("failed", "the worker was stopped")


@dataclass(frozen=True, slots=True)
class Work:
    """The job of this instance."""

    job_id: str
    instance_id: str
    settings: Settings
    records: Records
    sealer: Sealer
    log: JobLog
    replicator: Replicator

    def do(self, private: Path) -> None:
        """Begin, run, end. Whatever happens after the beginning, a terminal state is written.

        `private` is a folder for secrets that only we can read.
        """
        began = time.monotonic()
        try:
            job = self._insist(self._begin)
        except Stopped:  # it may have begun all the same
            self._settle(STOPPED)
            return
        if job is None:
            self.log.say("nothing to do")
            return
        try:
            ending = self._run(job, private, began)
        except TakenAway:
            self.log.say("job taken away")
            return
        except Stopped:
            ending = STOPPED
        except Unusable as error:
            ending = Ending("failed", str(error))
        except Exception as error:  # noqa: BLE001  (a boundary: its kind only, a text may be secret)
            ending = Ending("failed", f"the worker failed: {described(error)}")
        self._settle(ending)

    def _settle(self, ending: Ending) -> None:
        """Write the terminal state; being asked to stop is no reason to leave that half done."""
        self.log.say(ending.status, ending.error or "")
        try:
            self._insist(lambda: self._end(ending))
        except Stopped:  # comes once
            self._insist(lambda: self._end(ending))
        self.log.flush()

    def _begin(self) -> Item | None:
        """The job, which is ours from now on; None when it is not for us."""
        job = self.records.get(self.job_id)
        if job is None:
            return None
        try:
            self.records.start(self.job_id, instance_id=self.instance_id)
        except IllegalTransition:
            # Ours all the same when the answer to an earlier try was lost.
            now = self.records.get(self.job_id) or {}
            if (now.get("status"), now.get("instance_id")) != ("running", self.instance_id):
                return None
        return job

    def _end(self, ending: Ending) -> None:
        try:
            self.records.finish(
                self.job_id, ending.status, error=ending.error, worker=self.instance_id,
                was="running",
            )  # fmt: skip
        except IllegalTransition:
            self.log.say("job had ended already")

    def _run(self, job: Item, private: Path, began: float) -> Ending:
        given = {
            name: self.sealer.open(job[f"{name}_encrypted"], job_id=self.job_id)
            for name in ("source_url", "target_url")
        }
        self.log.redactor = Redactor.for_urls(*given.values())
        parts = {name: json.loads(job[name]) for name in ("filter", "options")}
        spec = {**given, **parts, "command": job["command"]}
        for name, url in given.items():
            self.log.say("begin", f"{name} host {urls.parse(url).host}")
        call = self.replicator.prepare(
            spec, private=private, guarded=not self.settings.allow_private_addresses
        )
        try:
            process = Process(call, folder=private, heard=lambda text: self.log.say("tool", text))
        except OSError as error:
            raise Unusable(f"the replicator cannot be started: {error.strerror}") from None
        try:
            code = self._watch(process, began)
        except BaseException:
            process.stop()
            raise
        finally:
            process.finish()
        return self._judge(code, process)

    def _watch(self, process: Process, began: float) -> int | None:
        """Its exit code; None when the job's time is over. Says meanwhile that we live."""
        limit = began + self.settings.job_time_limit_seconds
        beat = time.monotonic() + self.settings.heartbeat_seconds
        while time.monotonic() < limit:
            code = process.wait(min(STEP, limit - time.monotonic()))
            if code is not None:
                return code
            if time.monotonic() >= beat:
                self._heartbeat(process, began)
                beat = time.monotonic() + self.settings.heartbeat_seconds
        process.stop()
        return None

    def _heartbeat(self, process: Process, began: float) -> None:
        last = process.last[-1] if process.last else ""
        progress: Mapping[str, Any] = {
            "seconds": round(time.monotonic() - began),
            "last_line": self.log.redactor.text(last)[:200],
        }
        try:
            self.records.heartbeat(self.job_id, instance_id=self.instance_id, progress=progress)
        except IllegalTransition as error:
            raise TakenAway from error
        except (ClientError, BotoCoreError) as error:
            self.log.say("heartbeat failed", described(error))
        self.log.flush()

    def _judge(self, code: int | None, process: Process) -> Ending:
        if code == 0:
            return Ending("completed")
        if code is None:
            limit = self.settings.job_time_limit_seconds
            return Ending("timeout", f"the job did not end within {limit:g} s")
        how = f"exit code {code}" if code > 0 else f"signal {-code}"
        said = self.log.redactor.text("\n".join(process.last))[-LONGEST_CAUSE:]
        return Ending("failed", f"the replicator ended with {how}: {said or 'it said nothing'}")

    def _insist(self, call: Callable[[], T]) -> T:
        """Do a call that a job depends on; the client's error when it fails for too long."""
        deadline = time.monotonic() + PATIENCE
        for attempt in itertools.count():
            try:
                return call()
            except (ClientError, BotoCoreError) as error:
                self.log.say("call failed", described(error))
                if time.monotonic() >= deadline:
                    raise
            clock.back_off(attempt)
        raise AssertionError("unreachable")
