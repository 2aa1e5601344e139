"""Job records in DynamoDB: every change of state is one conditional write.

The number of unfinished jobs is an item of the same table, changed in the transaction that creates
or finishes a job: it cannot drift, and the limit cannot be passed by jobs that arrive together.
All attribute names are aliased: `status`, `ttl`, `filter`, `error` and others are reserved words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from jobcore import clock, contract

COUNTER = "#active"
KEPT = timedelta(days=30)
ATTEMPTS = 8  # of a transaction that met another one
Item = dict[str, Any]


class TooManyActiveJobs(Exception):
    """The limit of unfinished jobs is reached."""


class DuplicateJob(Exception):
    """The job, or its idempotency key, is known already."""


class IllegalTransition(Exception):
    """The job is not in a state from which this change is allowed, or is somebody else's."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is known of a job when it is accepted; the URLs are sealed."""

    job_id: str
    trace_id: str
    schema_version: str
    command: str
    source_url_encrypted: str
    target_url_encrypted: str
    filter: Mapping[str, Any]
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Once:
    """A client's promise that two requests are one: its key, hashed, and the request's hash."""

    key: str
    request: str

    @property
    def item_id(self) -> str:
        """The id of its item."""
        return f"idempotency#{self.key}"


class Records:
    """The table of jobs."""

    def __init__(self, client: Any, table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = table

    def reserve(self, job: Job, *, limit: int, once: Once | None = None) -> None:
        """Create a job if fewer than `limit` are unfinished: one transaction, all or nothing.

        Raises TooManyActiveJobs or DuplicateJob; any other failure is the client's error.
        """
        now = clock.utc_now()
        ttl = int((now + KEPT).timestamp())
        item = {
            "job_id": job.job_id,
            "trace_id": job.trace_id,
            "schema_version": job.schema_version,
            "status": "provisioning",
            "command": job.command,
            "source_url_encrypted": job.source_url_encrypted,
            "target_url_encrypted": job.target_url_encrypted,
            "filter": json.dumps(job.filter),
            "options": json.dumps(job.options),
            "created_at": clock.written(now),
            "ttl": ttl,
        }
        writes = [self._count(1, limit=limit), self._new(item)]
        if once is not None:
            known = {"job_id": once.item_id, "request": once.request, "for_job": job.job_id,
                     "ttl": ttl}  # fmt: skip
            writes.append(self._new(known))
        self._transact(writes, (TooManyActiveJobs, DuplicateJob, DuplicateJob))

    def known(self, once: Once) -> Item | None:
        """What an earlier request with the same key made: `request` and `for_job`."""
        return self._read(once.item_id)

    def active(self) -> int:
        """How many jobs are unfinished."""
        counter = self._read(COUNTER)
        return 0 if counter is None else int(counter["active"])

    def get(self, job_id: str) -> Item | None:
        """One job's record; None for an unknown id and for what is no job."""
        item = self._read(job_id)
        return item if item is not None and "status" in item else None

    def launched(self, job_id: str, *, instance_id: str, log_group: str) -> None:
        """Note the instance that will do the job."""
        values = {"instance_id": instance_id, "log_group": log_group, "log_stream": job_id}
        self._change(job_id, values, only=("provisioning",), worker=instance_id)

    def start(self, job_id: str, *, instance_id: str) -> None:
        """Let an instance begin the job: the first one only, and only the one that was launched."""
        now = clock.written(clock.utc_now())
        values = {"status": "running", "started_at": now, "heartbeat_at": now,
                  "instance_id": instance_id}  # fmt: skip
        self._change(job_id, values, only=("provisioning",), worker=instance_id)

    def heartbeat(
        self, job_id: str, *, instance_id: str, progress: Mapping[str, Any] | None = None
    ) -> None:
        """Say that the worker lives; IllegalTransition means that the job is over."""
        values: Item = {"heartbeat_at": clock.written(clock.utc_now())}
        if progress:
            values["progress"] = json.dumps(progress)
        self._change(job_id, values, only=("running",), worker=instance_id)

    def finish(
        self,
        job_id: str,
        status: str,
        *,
        error: str | None = None,
        worker: str | None = None,
        was: str | None = None,
    ) -> None:
        """Write a terminal state and give the place back, once.

        `worker` must hold the job, and `was` be its state, where they are given.
        """
        if (error is None) != (status == "completed"):
            raise ValueError(f"{status} with error {error!r}")
        values: Item = {"status": status, "completed_at": clock.written(clock.utc_now())}
        if error is not None:
            values["error"] = error[:2000]
        sources = [state for state, following in contract.transitions().items()
                   if status in following and was in (None, state)]  # fmt: skip
        update = self._update(job_id, values, only=sources, worker=worker)
        self._transact([{"Update": update}, self._count(-1)], (IllegalTransition,) * 2)

    def unfinished(self) -> Iterator[Item]:
        """All jobs that are not in a terminal state, oldest first in each state."""
        for state in (state for state, following in contract.transitions().items() if following):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName="by-status",
                KeyConditionExpression="#status = :status",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":status": {"S": state}},
            )
            for page in pages:
                yield from (_plain(item) for item in page["Items"])

    def _read(self, key: str) -> Item | None:
        answer = self._client.get_item(
            TableName=self._table, Key={"job_id": {"S": key}}, ConsistentRead=True
        )
        return _plain(answer["Item"]) if "Item" in answer else None

    def _new(self, item: Item) -> Item:
        return {
            "Put": {
                "TableName": self._table,
                "Item": _typed(item),
                "ConditionExpression": "attribute_not_exists(#job_id)",
                "ExpressionAttributeNames": {"#job_id": "job_id"},
            }
        }

    def _count(self, step: int, *, limit: int | None = None) -> Item:
        condition = "#active > :least"
        values = {":step": {"N": str(step)}, ":least": {"N": "0"}}
        if limit is not None:
            condition = "attribute_not_exists(#active) OR #active < :limit"
            values = {":step": {"N": str(step)}, ":limit": {"N": str(limit)}}
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"job_id": {"S": COUNTER}},
                "UpdateExpression": "ADD #active :step",
                "ConditionExpression": condition,
                "ExpressionAttributeNames": {"#active": "active"},
                "ExpressionAttributeValues": values,
            }
        }

    def _update(
        self, job_id: str, values: Item, *, only: Sequence[str], worker: str | None
    ) -> Item:
        """Set attributes of a job in one of the states `only`, held by `worker` or by nobody."""
        names = {f"#{name}": name for name in (*values, "status")}
        typed = {f":{name}": value for name, value in _typed(values).items()}
        states = {f":was{n}": {"S": state} for n, state in enumerate(only)}
        condition = f"#status IN ({', '.join(states)})"
        if worker is not None:
            names["#instance_id"] = "instance_id"
            states[":worker"] = {"S": worker}
            condition += " AND (attribute_not_exists(#instance_id) OR #instance_id = :worker)"
        return {
            "TableName": self._table,
            "Key": {"job_id": {"S": job_id}},
            "UpdateExpression": f"SET {', '.join(f'#{name} = :{name}' for name in values)}",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {**typed, **states},
        }

    def _change(self, job_id: str, values: Item, *, only: Sequence[str], worker: str) -> None:
        try:
            self._client.update_item(**self._update(job_id, values, only=only, worker=worker))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise IllegalTransition(f"job {job_id} does not allow this now") from error

    def _transact(self, writes: list[Item], meanings: Sequence[type[Exception]]) -> None:
        """All or nothing; the first condition that failed gives the exception.

        Two transactions that meet on the counter cancel each other: the loser tries again.
        """
        for attempt in range(ATTEMPTS):
            try:
                self._client.transact_write_items(TransactItems=writes)
            except ClientError as error:
                codes = [
                    reason.get("Code") for reason in error.response.get("CancellationReasons", [])
                ]
                for code, meaning in zip(codes, meanings, strict=False):
                    if code == "ConditionalCheckFailed":
                        raise meaning(f"condition failed in {self._table}") from error
                if "TransactionConflict" not in codes or attempt == ATTEMPTS - 1:
                    raise
                clock.back_off(attempt)
            else:
                return


def _typed(item: Item) -> Item:
    return {
        name: {"N": str(value)} if isinstance(value, int) else {"S": value}
        for name, value in item.items()
    }


def _plain(item: Item) -> Item:
    return {
        name: int(value["N"]) if "N" in value else value.get("S") for name, value in item.items()
    }
