"""What the API does with jobs: accept one, show one."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from coordinator.settings import Settings
from jobcore import contract
from jobcore.records import DuplicateJob, IllegalTransition, Job, Once, Records
from jobcore.sealing import Sealer

SHOWN = ("job_id", "trace_id", "status", "created_at", "started_at", "completed_at", "error")
NOT_QUEUED = "the job could not be queued"


class NotQueued(Exception):
    """The queue did not take the job; it has ended as failed."""


class OtherRequest(Exception):
    """The idempotency key was used with another request."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """The service behind the API."""

    records: Records
    sealer: Sealer
    queue: Any  # a low-level SQS client
    settings: Settings

    def full(self) -> bool:
        """Whether the limit of unfinished jobs is reached; cheap, and no reservation."""
        return self.records.active() >= self.settings.max_active_jobs

    def repeated(self, once: Once) -> dict[str, str] | None:
        """The answer that an earlier request with this key got; None for the first one."""
        known = self.records.known(once)
        if known is None:
            return None
        if known["request"] != once.request:
            raise OtherRequest
        job = self.records.get(known["for_job"])
        if job is None:
            return None
        return _accepted(job["job_id"], job["trace_id"])

    def accept(self, spec: contract.Spec, once: Once | None) -> dict[str, str]:
        """Encrypt, store, enqueue; the answer of a 201.

        Raises TooManyActiveJobs, NotQueued, or the error of a client.
        """
        job_id, trace_id = str(uuid.uuid4()), str(uuid.uuid4())
        job = Job(
            job_id=job_id,
            trace_id=trace_id,
            schema_version=spec["schema_version"],
            command=spec["command"],
            source_url_encrypted=self.sealer.seal(spec["source_url"], job_id=job_id),
            target_url_encrypted=self.sealer.seal(spec["target_url"], job_id=job_id),
            filter=spec.get("filter", {}),
            options=spec.get("options", {}),
        )
        try:
            self.records.reserve(job, limit=self.settings.max_active_jobs, once=once)
        except DuplicateJob:
            repeated = self.repeated(once) if once is not None else None
            if repeated is None:
                raise
            return repeated
        self._enqueue(job)
        return _accepted(job_id, trace_id)

    def show(self, job_id: str) -> dict[str, Any] | None:
        """What the API tells of a job; None for one that it does not know."""
        try:
            if str(uuid.UUID(job_id)) != job_id:
                return None
        except ValueError:
            return None
        record = self.records.get(job_id)
        if record is None:
            return None
        shown: dict[str, Any] = {name: record.get(name) for name in SHOWN}
        if record.get("progress"):
            shown["progress"] = json.loads(record["progress"])
        if record.get("log_stream"):
            shown["log_url"] = self._log_url(record)
        return shown

    def _enqueue(self, job: Job) -> None:
        body = json.dumps({"job_id": job.job_id, "trace_id": job.trace_id})
        try:
            self.queue.send_message(QueueUrl=self.settings.queue_url, MessageBody=body)
        except Exception as error:
            # It may have arrived all the same: the provisioner leaves a finished job alone.
            try:
                self.records.finish(job.job_id, "failed", error=NOT_QUEUED)
            except IllegalTransition:  # it did arrive, and was quicker
                return
            raise NotQueued from error

    def _log_url(self, record: dict[str, Any]) -> str:
        region = self.settings.region
        group, stream = (
            quote(quote(record[name], safe=""), safe="").replace("%", "$")
            for name in ("log_group", "log_stream")
        )
        return (
            f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
            f"#logsV2:log-groups/log-group/{group}/log-events/{stream}"
        )


def once(key: str, body: bytes) -> Once:
    """What an idempotency key and a body are known by."""
    return Once(key=hashlib.sha256(key.encode()).hexdigest(),
                request=hashlib.sha256(body).hexdigest())  # fmt: skip


def _accepted(job_id: str, trace_id: str) -> dict[str, str]:
    return {"job_id": job_id, "trace_id": trace_id, "status": "provisioning"}
