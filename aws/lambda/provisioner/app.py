"""The queue's consumer: one worker for each accepted job, however often its message comes."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import dataclass
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from botocore.config import Config

from jobcore.instances import LaunchRefused, Workers
from jobcore.records import IllegalTransition, Item, Records

logger = Logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
LIMITS = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})


@dataclass(frozen=True, slots=True)
class Sizes:
    """Which instance type a job gets."""

    ordinary: str
    large: str
    threshold: int  # bytes

    def of(self, job: Item) -> str:
        """By the estimate that came with the job."""
        estimate = json.loads(job["options"]).get("estimated_size_bytes", 0)
        return self.large if estimate >= self.threshold else self.ordinary


@dataclass(frozen=True, slots=True)
class Provisioner:
    """Launches what a message asks for."""

    records: Records
    workers: Workers
    sizes: Sizes
    template: str
    version: str
    log_group: str

    def provision(self, job_id: str) -> str:
        """What was done: `launched`, or why not; the client's error where SQS is to come again."""
        job = self.records.get(job_id)
        if job is None:
            return "no such job"
        if job["status"] != "provisioning" or job.get("instance_id"):
            return "already provisioned"
        try:
            instance = self.workers.launch(
                job_id,
                template=self.template,
                version=self.version,
                instance_type=self.sizes.of(job),
            )
        except LaunchRefused as error:
            return self._refused(job_id, str(error))
        try:
            self.records.launched(job_id, instance_id=instance, log_group=self.log_group)
        except IllegalTransition:
            return self._too_late(job_id, instance)
        return "launched"

    def _refused(self, job_id: str, code: str) -> str:
        try:
            self.records.finish(job_id, "failed", error=f"the worker could not be launched: {code}")
        except IllegalTransition:
            return "ended meanwhile"
        metrics.add_metric("LaunchRefused", MetricUnit.Count, 1)
        return f"launch refused: {code}"

    def _too_late(self, job_id: str, instance: str) -> str:
        """The worker was quicker than we, or the job is over and must not get one."""
        job = self.records.get(job_id)
        if job is not None and job.get("instance_id") == instance:
            return "launched"
        self.workers.end(instance)
        return "ended meanwhile"


@functools.cache
def provisioner() -> Provisioner:
    """Made at the first call of a warm function."""
    env = os.environ
    return Provisioner(
        records=Records(boto3.client("dynamodb", config=LIMITS), env["JOBS_TABLE"]),
        workers=Workers(boto3.client("ec2", config=LIMITS), env["NAME_PREFIX"]),
        sizes=Sizes(
            ordinary=env["INSTANCE_TYPE"],
            large=env["INSTANCE_TYPE_LARGE"],
            threshold=int(env["LARGE_THRESHOLD_BYTES"]),
        ),
        template=env["LAUNCH_TEMPLATE_ID"],
        version=env["LAUNCH_TEMPLATE_VERSION"],
        log_group=env["WORKER_LOG_GROUP"],
    )


def take(record: Any) -> None:
    """One message; a failure leaves it in the queue, and in the end in the dead-letter queue."""
    message = json.loads(record.body)
    done = provisioner().provision(message["job_id"])
    logger.info(done, extra={"job_id": message["job_id"], "trace_id": message["trace_id"]})
    metrics.add_metric("Launched" if done == "launched" else "NotLaunched", MetricUnit.Count, 1)


@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> Any:
    """A batch of messages; the answer names those that failed."""
    metrics.add_metric("Messages", MetricUnit.Count, len(event["Records"]))
    return process_partial_response(
        event=event, record_handler=take, processor=processor, context=context
    )
