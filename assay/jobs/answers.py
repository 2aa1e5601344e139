"""What the API answered, as values; and a job as it was seen, with its contract checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from assay.errors import Divergence
from assay.jobs.contract import Status

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_OPTIONAL = frozenset({"progress", "log_url"})
_FIELDS = ("job_id", "trace_id", "status", "created_at", "started_at", "completed_at", "error")


class ContractBroken(Divergence):
    """An answer that the contract does not allow."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the API: a status and what came with it; `text` is scrubbed of secrets."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float
    shows_secret: bool = False  # before the text was scrubbed

    @property
    def body(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{self.status} {self.text[:300]}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to an accepted POST."""

    job_id: str
    trace_id: str

    @classmethod
    def of(cls, answer: Answer) -> Accepted:
        """From a 201; ContractBroken for anything else than the contract's body."""
        body = answer.body
        if not isinstance(body, dict) or set(body) != {"job_id", "trace_id", "status"}:
            raise ContractBroken(f"201 without job_id, trace_id and status: {answer}")
        if body["status"] != Status.PROVISIONING:
            raise ContractBroken(f"a new job is {body['status']!r}, not provisioning")
        for name in ("job_id", "trace_id"):
            if not _is_uuid4(body[name]):
                raise ContractBroken(f"{name} is no version 4 UUID: {body[name]!r}")
        return cls(body["job_id"], body["trace_id"])


@dataclass(frozen=True, slots=True)
class View:
    """A job as one GET showed it; the times are in UTC."""

    job_id: str
    trace_id: str
    status: Status
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    error: str | None
    progress: Mapping[str, Any] | None = None
    log_url: str | None = None

    @classmethod
    def of(cls, answer: Answer) -> View:
        """From a 200; ContractBroken names the field that is not as the contract says."""
        body = answer.body
        if not isinstance(body, dict):
            raise ContractBroken(f"no JSON object: {answer}")
        missing = [name for name in _FIELDS if name not in body]
        unknown = sorted(set(body) - set(_FIELDS) - _OPTIONAL)
        if missing or unknown:
            raise ContractBroken(f"a job with {missing or 'nothing'} missing, {unknown} unknown")
        if body["status"] not in set(Status):
            raise ContractBroken(f"status {body['status']!r} is none of the contract's")
        view = cls(
            job_id=body["job_id"],
            trace_id=body["trace_id"],
            status=Status(body["status"]),
            created_at=_required(_moment("created_at", body)),
            started_at=_moment("started_at", body),
            completed_at=_moment("completed_at", body),
            error=body["error"],
            progress=body.get("progress"),
            log_url=body.get("log_url"),
        )
        view._check()
        return view

    def _check(self) -> None:
        status = self.status
        if status is Status.PROVISIONING and self.started_at is not None:
            raise ContractBroken("started_at is set while provisioning")
        if status in (Status.RUNNING, Status.COMPLETED, Status.TIMEOUT) and self.started_at is None:
            raise ContractBroken(f"started_at is not set while {status}")
        if status.terminal != (self.completed_at is not None):
            raise ContractBroken(f"completed_at is {self.completed_at} while {status}")
        wants_cause = status in (Status.FAILED, Status.TIMEOUT)
        if wants_cause != (isinstance(self.error, str) and bool(self.error.strip())):
            raise ContractBroken(f"error is {self.error!r} while {status}")
        times = [at for at in (self.created_at, self.started_at, self.completed_at) if at]
        if times != sorted(times):
            raise ContractBroken("created_at, started_at, completed_at are not in this order")


def _moment(name: str, body: Mapping[str, Any]) -> datetime | None:
    text = body[name]
    if text is None:
        return None
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise ContractBroken(f"{name} is no RFC 3339 time in UTC: {text!r}")
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise ContractBroken(f"{name} is no time: {text!r}") from None


def _required(moment: datetime | None) -> datetime:
    if moment is None:
        raise ContractBroken("created_at is not set")
    return moment


def _is_uuid4(text: Any) -> bool:
    try:
        return isinstance(text, str) and str(UUID(text)) == text and UUID(text).version == 4
    except ValueError:
        return False
