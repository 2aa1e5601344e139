"""What is said of a job: by the answer to its POST, by its states, its end and its cause."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any
from unittest import mock

import worker.work
from coordinator.requests import refusal
from jobcore.records import Records
from tests.smoke import service
from tests.smoke.breaking import (
    Event,
    Handler,
    answers,
    defect,
    finishing,
    handling,
    put,
    shown,
    specs,
)

UNKNOWN, INVALID = "an-unknown-job-is-not-found", "an-invalid-payload-is-refused-by-name"
VALID, ENDS = "a-valid-job-is-accepted", "a-job-without-its-source-ends-failed"
FINAL, INSIDE = "what-has-ended-stays-as-it-was", "a-job-shows-nothing-of-the-inside"


answers(
    UNKNOWN,
    "unknown-job-other-words",
    lambda e, s, b: put(b, error="not found") if s == 404 else None,
)
answers(UNKNOWN, "unknown-job-is-found", lambda e, s, b: 200 if s == 404 else None, quick=True)
answers(UNKNOWN, "unknown-job-is-an-error", lambda e, s, b: 500 if s == 404 else None)
answers(
    INVALID, "refusal-without-a-reason", lambda e, s, b: b.clear() if s == 400 else None, quick=True
)
answers(
    INVALID,
    "refusal-in-general-words",
    lambda e, s, b: put(b, error="Bad request") if s == 400 else None,
    quick=True,
)
answers(
    INVALID,
    "refusal-tells-a-traceback",
    lambda e, s, b: put(b, trace="Traceback") if s == 400 else None,
)
specs(INVALID, "missing-command-has-a-default", lambda spec: spec.setdefault("command", "init"))
specs(
    INVALID,
    "missing-target-is-the-source",
    lambda spec: spec.setdefault("target_url", spec.get("source_url")),
)
answers(
    VALID,
    "accepted-without-a-trace",
    lambda e, s, b: b.pop("trace_id") and None if s == 201 else None,
)
answers(
    VALID,
    "accepted-as-queued",
    lambda e, s, b: put(b, status="queued") if s == 201 else None,
    quick=True,
)
answers(VALID, "accepted-with-200", lambda e, s, b: 200 if s == 201 else None)
answers(
    VALID,
    "accepted-with-a-short-id",
    lambda e, s, b: put(b, trace_id=b["trace_id"][:8]) if s == 201 else None,
)
answers(
    ENDS,
    "trace-changes",
    lambda e, s, b: put(b, trace_id=str(uuid.uuid4())) if shown(e, s) else None,
)
answers(
    ENDS,
    "failed-without-a-cause",
    lambda e, s, b: put(b, error=None) if shown(e, s) else None,
    quick=True,
)
answers(
    ENDS,
    "ended-without-a-time",
    lambda e, s, b: put(b, completed_at=None) if shown(e, s) else None,
)
answers(
    ENDS,
    "times-without-a-zone",
    lambda e, s, b: put(b, created_at=b["created_at"].rstrip("Z")) if shown(e, s) else None,
)
answers(
    ENDS,
    "times-in-the-wrong-order",
    lambda e, s, b: (
        put(b, completed_at="2000-01-01T00:00:00Z") if shown(e, s) and b["completed_at"] else None
    ),
)
answers(
    ENDS,
    "a-state-of-its-own",
    lambda e, s, b: put(b, status="error") if shown(e, s) and b["status"] == "failed" else None,
)
finishing(
    ENDS, "failure-in-general-words", lambda status, error: (status, error and "failed"), quick=True
)
finishing(
    ENDS, "failure-is-called-completed", lambda status, error: ("completed", None), quick=True
)
finishing(
    ENDS, "failure-is-called-timeout", lambda status, error: ("timeout" if error else status, error)
)


@defect(ENDS, quick=True, unending=True)
def the_worker_dies_silently(_: service.Service) -> Iterator[None]:
    with mock.patch.object(worker.work.Work, "do"):
        yield


@defect(ENDS, unending=True)
def the_end_is_never_written(_: service.Service) -> Iterator[None]:
    with mock.patch.object(Records, "finish"):
        yield


@defect(ENDS)
def states_go_back(_: service.Service) -> Iterator[None]:
    asked: dict[str, int] = {}

    def wrap(event: Event, real: Handler) -> dict[str, Any]:
        answer = real(event)
        body = json.loads(answer["body"])
        if shown(event, answer["statusCode"]):
            asked[body["job_id"]] = asked.get(body["job_id"], 0) + 1
            if asked[body["job_id"]] == 1:
                put(body, status="running", started_at=body["created_at"], completed_at=None,
                     error=None)  # fmt: skip
            elif asked[body["job_id"]] == 2:
                put(body, status="provisioning", started_at=None, completed_at=None, error=None)
        return {**answer, "body": json.dumps(body)}

    with handling(wrap):
        yield


answers(
    FINAL,
    "an-end-that-moves",
    lambda e, s, b: (
        put(
            b,
            completed_at=re.sub(
                r"\.\d+Z|Z$", f".{uuid.uuid4().int % 1000:03d}Z", "2099" + b["completed_at"][4:]
            ),
        )
        if shown(e, s) and b["completed_at"]
        else None
    ),
    quick=True,
)
answers(
    FINAL,
    "progress-after-the-end",
    lambda e, s, b: put(b, progress={"n": uuid.uuid4().int}) if shown(e, s) else None,
)
answers(
    INSIDE,
    "shows-the-account",
    lambda e, s, b: (
        put(b, progress={"by": "arn:aws:iam::123456789012:role/x"}) if shown(e, s) else None
    ),
    quick=True,
)
answers(
    INSIDE,
    "log-link-with-a-token",
    lambda e, s, b: (
        put(b, log_url="https://console.aws.amazon.com/x?token=1") if shown(e, s) else None
    ),
)
answers(
    INSIDE,
    "log-link-elsewhere",
    lambda e, s, b: put(b, log_url="https://logs.example.com/x") if shown(e, s) else None,
)
answers(
    ENDS,
    "shows-the-ciphertext",
    lambda e, s, b: put(b, source_url_encrypted="AQIC") if shown(e, s) else None,
    quick=True,
)
finishing(
    "secrets-never-come-back",
    "cause-with-the-password",
    lambda status, error: (status, error and f"{error}: c4n4ry-s0urce"),
    quick=True,
)
finishing(
    "secrets-never-come-back",
    "cause-with-the-user",
    lambda status, error: (
        status,
        error and f"{error} postgresql://assay:***@assay-unreachable.invalid",
    ),
)


@defect("every-documented-error-is-given")
def refusals_echo_the_url(_: service.Service) -> Iterator[None]:
    def wrap(event: Event, real: Handler) -> dict[str, Any]:
        answer = real(event)
        if answer["statusCode"] == 400 and "source_url" in str(event["body"]):
            said = json.loads(answer["body"])["error"]
            return refusal(400, f"{said}: {event['body'][:400]}")
        return answer

    with handling(wrap):
        yield
