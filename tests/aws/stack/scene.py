"""A stage for injections: jobs on judged databases, and hands on what runs them."""

from __future__ import annotations

import json
import os
import re
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from assay.clock import monotonic, utc_now, wait_until
from assay.cloud import images
from assay.cloud.faults import Fault
from assay.deployment.stack import Stack
from assay.errors import AssayError
from assay.jobs.answers import Accepted
from assay.jobs.client import JobClient, NotAccepted, Unreachable
from assay.jobs.contract import Status
from assay.jobs.judged import Databases
from assay.oracle.words.finding import Equality
from assay.postgres.session import connect, scalar
from tests.aws.stack.injection import SILENT, Injection

SOON = 20.0  # seconds for what has to happen now
Ids = list[int]


@dataclass(slots=True)
class Scene:
    """What one injection works with, and what it has seen."""

    stack: Stack
    client: JobClient
    databases: Databases
    install: Callable[[images.Program], None]
    accepted: list[Accepted] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    witnesses: list[str] = field(default_factory=list)
    patience: float = 0.0  # seconds beyond the bound
    hurried: bool = False  # whether the schedule's minute is not waited for
    held: Any = None  # the session that holds a table of the source
    began: float = field(default_factory=monotonic)
    started: str = field(default_factory=utc_now)

    # Jobs

    def post(self, command: str = "init", *, key: str | None = None, **options: Any) -> Accepted:
        """A job on the databases of this scene."""
        return self.submit(self.databases.spec(command, **options), key=key)

    def submit(self, spec: dict[str, Any], *, key: str | None = None) -> Accepted:
        """A job of this scene."""
        accepted = self.client.submit(spec, idempotency_key=key)
        if accepted not in self.accepted:
            self.accepted.append(accepted)
        return accepted

    def refused(self, spec: dict[str, Any] | None = None, *, status: int) -> None:
        """A POST that must be answered so."""
        with pytest.raises(NotAccepted) as refusal:
            self.submit(spec or self.databases.spec())
        assert refusal.value.answer.status == status, refusal.value.answer

    def unanswered(self) -> None:
        """A POST whose answer does not come."""
        with pytest.raises(Unreachable):
            self.client.submit(self.databases.spec())
        self.accepted += self.unknown()

    def unknown(self) -> list[Accepted]:
        """Jobs in the table that this scene's client does not know."""
        known = {one.job_id for one in self.accepted}
        return [Accepted(item["job_id"]["S"], item["trace_id"]["S"])
                for item in self.stack.records()
                if "status" in item and item["job_id"]["S"] not in known
                and item["created_at"]["S"] >= self.started]  # fmt: skip

    def status(self, job: Accepted) -> Status:
        """Of a job, now."""
        return self.client.status(job.job_id).status

    def running(self, job: Accepted) -> str:
        """Wait until a worker has begun the job; its instance."""
        wait_until(lambda: self.status(job) is Status.RUNNING, what="a worker", timeout=SOON)
        return self.instance(job)

    def running_or_done(self, job: Accepted) -> str:
        """Wait until a worker has begun the job, or ended it; its instance."""
        wait_until(lambda: self.status(job) is not Status.PROVISIONING, what="a worker",
                   timeout=SOON)  # fmt: skip
        return self.instance(job)

    def finished(self, job: Accepted) -> Status:
        """Wait until the job has ended."""
        return self.client.wait(job, timeout=120, every=0.2).states[-1]

    def held_job(self) -> str:
        """A job whose pg_dump waits for a table that is held; its instance."""
        self.hold()
        instance = self.running(self.post())
        self.waits()
        return instance

    def key(self) -> str:
        """An idempotency key that nobody has used."""
        return str(uuid.uuid4())

    # What runs it

    def instance(self, job: Accepted) -> str:
        """The instance of a job."""
        found: str = wait_until(
            lambda: next((one["InstanceId"] for one in self.stack.cloud.instances(job.job_id)), ""),
            what="an instance", timeout=SOON,
        )  # fmt: skip
        return found

    def launches(self, job: Accepted) -> int:
        """How many instances were ever launched for it."""
        folder = self.stack.cloud.state / "instances"
        return sum(job.job_id in path.read_text() for path in folder.glob("*/user-data"))

    def processes(self, instance: str, *words: str) -> Ids:
        """Processes of an instance in whose command line the words stand."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                environ = (entry / "environ").read_bytes().split(b"\0")
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                mine = f"INSTANCE_ID={instance}".encode() in environ
                tool = f"/instances/{instance}/job-".encode()
                if (mine or any(tool in one for one in environ)) and all(w in line for w in words):
                    found.append(int(entry.name))
        return found

    def signal(self, instance: str, *words: str, number: int = signal.SIGKILL) -> None:
        """Signal a process of an instance, and see that there was one."""
        found = wait_until(
            lambda: self.processes(instance, *words), what=f"a process {words}", timeout=SOON
        )
        for process in found:
            os.kill(process, number)
        self.saw(f"{signal.Signals(number).name} to {len(found)} of {' '.join(words)}")

    def terminate(self, instance: str) -> None:
        """Terminate an instance, and see that nothing of it is left."""
        self.stack.cloud.client("ec2").terminate_instances(InstanceIds=[instance])
        wait_until(lambda: not self.processes(instance), what="its end", timeout=SOON)
        states = {one["InstanceId"]: one["State"]["Name"] for one in self.stack.cloud.instances()}
        assert states[instance] == "terminated"
        self.saw("terminated, with all that it ran")

    @contextmanager
    def worker_limit(self, seconds: float) -> Iterator[None]:
        """The workers' time limit for a while."""
        client = self.stack.cloud.client("ssm")
        name = f"/{self.stack.environment.prefix}/worker"
        before = client.get_parameter(Name=name)["Parameter"]["Value"]
        changed = {**json.loads(before), "job_time_limit_seconds": seconds}
        client.put_parameter(Name=name, Value=json.dumps(changed), Type="String", Overwrite=True)
        try:
            yield
        finally:
            client.put_parameter(Name=name, Value=before, Type="String", Overwrite=True)

    # Faults

    def end(self, fault: Fault) -> None:
        """End a fault that has happened, and all others."""
        assert fault.happened() > 0, "the fault did not happen"
        self.saw(f"fault happened {fault.happened()} times")
        self.faults.remove(fault)
        self.stack.cloud.faults.clear()

    def program(self, *argv: str) -> None:
        """Let the workers run another program in the replicator's place."""
        self.install(images.Program(argv, passwords="passfile", pin="hostaddr"))

    def hold(self) -> None:
        """Hold a table of the source, so that pg_dump waits and the job runs on."""
        self.held = connect(self.databases.source, autocommit=False)
        self.held.__enter__().execute(b"lock table item in access exclusive mode")

    def waits(self) -> None:
        """See that somebody waits for the held table."""
        with connect(self.databases.source) as session:
            query = "select exists (select from pg_locks where not granted)"
            wait_until(lambda: scalar(session, query), what="a wait for the lock", timeout=SOON)
        self.saw("pg_dump waited for the lock")

    def release(self) -> None:
        """Let the held table go."""
        if self.held is not None:
            held, self.held = self.held, None
            with suppress(AssayError):
                held.__exit__(None, None, None)

    def refuse(
        self, call: str, code: str, *, times: int, by: str = "*", status: int = 400
    ) -> Fault:
        """Let AWS refuse calls of a function or a worker."""
        fault = self.stack.cloud.faults.refuse(call, code, times=times, caller=by, status=status)
        self.faults.append(fault)
        return fault

    def throttle(self, operation: str, *, times: int, by: str) -> Fault:
        """Let DynamoDB refuse calls as it does when there are too many."""
        return self.refuse(
            f"dynamodb:{operation}", "ThrottlingException", times=times, by=f"*-{by}*"
        )

    def crash(self, function: str, *, times: int) -> Fault:
        """Let a function die before it runs."""
        name = f"{self.stack.environment.prefix}-{function}"
        fault = self.stack.cloud.faults.crash(name, times=times)
        self.faults.append(fault)
        return fault

    def lose(self, call: str, *, times: int = 1) -> Fault:
        """Lose answers of the API."""
        fault = self.stack.cloud.faults.lose_answer(call, times=times)
        self.faults.append(fault)
        return fault

    def send(self, queue: str, body: str) -> None:
        """Put a message into the queue `jobs` or `dead`, and see that it is taken."""
        url = self.stack.outputs[{"jobs": "queue_url", "dead": "dead_letter_queue_url"}[queue]]
        client, count = self.stack.cloud.client("sqs"), "ApproximateNumberOfMessages"
        client.send_message(QueueUrl=url, MessageBody=body)

        def taken() -> bool:
            told = client.get_queue_attributes(QueueUrl=url, AttributeNames=[count])
            return bool(told["Attributes"][count] == "0")

        wait_until(taken, what=f"a consumer of the queue {queue}", timeout=SOON)
        self.saw(f"a message was taken from {queue}")

    def redeliver(self, job: Accepted, *, queue: str = "jobs") -> None:
        """The job's message once more."""
        self.send(queue, json.dumps({"job_id": job.job_id, "trace_id": job.trace_id}))

    def saw(self, what: str) -> None:
        """A witness."""
        self.witnesses.append(what)

    # The judgement

    def judge(self, injection: Injection) -> dict[str, Any]:
        """Wait until all jobs have ended; what was seen. AssertionError for a broken promise."""
        self.release()
        bound = self.stack.environment.slowest_end
        ended = {}
        for job in self.accepted:
            left = max(1.0, bound + self.patience - (monotonic() - self.began) + SOON)
            if self.hurried and injection.cause == SILENT:
                wait_until(lambda job=job: self._ended_when_due(job), what="the schedule",
                           timeout=left, every=1.0)  # fmt: skip
            watch = self.client.wait(job, timeout=left, every=0.2)
            ended[job.job_id] = watch.views[-1]
        seconds = round(monotonic() - self.began, 1)
        for fault in self.faults:
            assert fault.happened() > 0, f"fault {fault.number} did not happen"
        assert self.faults or self.witnesses, "nothing shows that it happened"
        for job in self.accepted:
            view = ended[job.job_id]
            assert view.status in injection.ends, f"{view.status}: {view.error}"
            assert view.error is None or re.search(injection.cause, view.error), view.error
            assert self.launches(job) <= 1, "a second worker"
            assert not self.secrets_in(view.error or ""), "a secret in the cause"
        assert not self.unknown(), "a job that nobody asked for"
        self._equal(list(ended.values()))
        happened = [f"fault happened {one.happened()} times" for one in self.faults]
        return {
            "statuses": sorted({view.status for view in ended.values()}),
            "seconds": seconds,
            "cause": next((view.error for view in ended.values() if view.error), None),
            "witnesses": [*self.witnesses, *happened],
        }

    def _ended_when_due(self, job: Accepted) -> bool:
        """Whether it has ended, once the schedule's next minute has come."""
        self.stack.cloud.be_due()
        return self.status(job).terminal

    def secrets_in(self, text: str) -> bool:
        """Whether a password of the databases stands in a text."""
        sides = (self.databases.source_of_worker, self.databases.target_of_worker)
        return any(side.password.reveal() in text for side in sides)

    def _equal(self, views: list[Any]) -> None:
        if any(view.status is Status.COMPLETED for view in views):
            comparison = self.databases.still()
            assert comparison.equality is Equality.EQUAL, f"completed, and {comparison.findings}"
