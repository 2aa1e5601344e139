"""Writes the terminal state that nobody else can write any more.

Called every minute by a schedule, and with what the dead-letter queue holds. A job that got no
worker, whose worker fell silent, or that outlived its time is ended, and so is every instance whose
job is over. So each job ends at most one minute (and the schedule's own delay) after its limit.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from jobcore import clock, contract
from jobcore.instances import Worker, Workers
from jobcore.records import IllegalTransition, Item, Records

logger = Logger()
metrics = Metrics()
LIMITS = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "max_attempts": 4})
DEAD_LETTER = "the job could not be provisioned: its message was given up"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: until a worker begins, between two signs of life, for the whole job."""

    provisioning: int
    heartbeat: int
    job: int


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Compares what should be with what is."""

    records: Records
    workers: Workers
    limits: Limits

    def reconcile(self) -> int:
        """End what has to be ended; how many jobs there were to look at."""
        jobs = list(self.records.unfinished())
        for job in jobs:
            verdict = self.overdue(job)
            if verdict is not None:
                self.finish(job["job_id"], *verdict, was=job["status"])
        for worker in self.workers.living():
            if self._idle(worker):
                logger.warning("ending an instance", extra={"instance": worker.instance_id})
                self.workers.end(worker.instance_id)
        return len(jobs)

    def overdue(self, job: Item) -> tuple[str, str] | None:
        """The terminal state and cause of a job that nobody else will end; else None."""
        if job["status"] == "provisioning":
            if _since(job["created_at"]) > self.limits.provisioning:
                return "failed", f"no worker began within {self.limits.provisioning} s"
            return None
        # The worker has its own limit and comes first; this is for one that hangs.
        if _since(job["started_at"]) > self.limits.job + self.limits.heartbeat:
            return "timeout", f"the job did not end within {self.limits.job} s"
        if _since(job["heartbeat_at"]) > self.limits.heartbeat:
            return "failed", f"the worker was not heard of for {self.limits.heartbeat} s"
        return None

    def finish(self, job_id: str, status: str, error: str, *, was: str) -> None:
        """Write the state unless the job has gone on since it was looked at."""
        try:
            self.records.finish(job_id, status, error=error, was=was)
        except IllegalTransition:
            return
        logger.warning("job ended", extra={"job_id": job_id, "status": status, "cause": error})
        metrics.add_metric("Reconciled", MetricUnit.Count, 1)

    def _idle(self, worker: Worker) -> bool:
        """Whether an instance has no job any more; one that has just finished gets a moment."""
        job = self.records.get(worker.job_id)
        if job is None:
            return _age(worker.launched) > self.limits.heartbeat
        over = job["status"] in contract.terminal()
        return over and _since(job["completed_at"]) > self.limits.heartbeat


def _since(text: str) -> float:
    return _age(clock.read(text))


def _age(moment: datetime) -> float:
    return (clock.utc_now() - moment).total_seconds()


@functools.cache
def reconciler() -> Reconciler:
    """Made at the first call of a warm function."""
    env = os.environ
    return Reconciler(
        records=Records(boto3.client("dynamodb", config=LIMITS), env["JOBS_TABLE"]),
        workers=Workers(boto3.client("ec2", config=LIMITS), env["NAME_PREFIX"]),
        limits=Limits(
            provisioning=int(env["PROVISIONING_LIMIT_SECONDS"]),
            heartbeat=int(env["HEARTBEAT_LIMIT_SECONDS"]),
            job=int(env["JOB_TIME_LIMIT_SECONDS"]),
        ),
    )


def dead_letters(event: dict[str, Any]) -> Iterator[str]:
    """The jobs of a batch from the dead-letter queue; what is no message of ours is logged."""
    for record in event["Records"]:
        try:
            yield str(json.loads(record["body"])["job_id"])
        except (ValueError, KeyError, TypeError):
            logger.error("a dead letter is none of ours", extra={"id": record.get("messageId")})
            metrics.add_metric("StrangeLetters", MetricUnit.Count, 1)


@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> None:
    """A batch of dead letters, or the schedule's tick."""
    if "Records" in event:
        metrics.add_metric("DeadLetters", MetricUnit.Count, len(event["Records"]))
        for job_id in dead_letters(event):
            # One whose worker runs all the same is left to its heartbeats.
            reconciler().finish(job_id, "failed", DEAD_LETTER, was="provisioning")
        return
    unfinished = reconciler().reconcile()
    metrics.add_metric("UnfinishedJobs", MetricUnit.Count, unfinished)
    # Both are one number unless something wrote past the transactions.
    counted = reconciler().records.active()
    metrics.add_metric("CountedJobs", MetricUnit.Count, counted)
