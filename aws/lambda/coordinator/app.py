"""The API's handler: authentication first, then the limit, then the request itself.

The answers and their order are the contract's; a framework's own would differ in both.
"""

from __future__ import annotations

import functools
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from coordinator.jobs import Jobs, NotQueued, OtherRequest, once
from coordinator.keys import ApiKeys
from coordinator.requests import JSON_TYPE, BadBody, Request, answer, refusal
from coordinator.settings import settings
from jobcore import contract
from jobcore.failures import described
from jobcore.records import Once, Records, TooManyActiveJobs
from jobcore.sealing import Sealer

logger = Logger()
metrics = Metrics()
LIMITS = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "max_attempts": 4})
LONGEST_KEY = 128  # characters of an Idempotency-Key


@functools.cache
def jobs() -> Jobs:
    """The service, made at the first call of a warm function."""
    given = settings()
    return Jobs(
        records=Records(boto3.client("dynamodb", config=LIMITS), given.table),
        sealer=Sealer(boto3.client("kms", config=LIMITS), given.key_arn),
        queue=boto3.client("sqs", config=LIMITS),
        settings=given,
    )


@functools.cache
def keys() -> ApiKeys:
    """The accepted keys."""
    return ApiKeys(boto3.client("ssm", config=LIMITS), settings().api_keys_parameter)


@metrics.log_metrics
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """One call of the API; trouble of ours is a 500 without a word about its inside."""
    request = Request.of(event)
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    if request.route == "GET /healthz":
        return answer(200, {"status": "ok"})
    try:
        given = request.headers.get("x-api-key", "")
        if not given or not keys().accepts(given):
            return refusal(401, "Unauthorized")
        if request.route == "POST /jobs":
            return submit(request)
        if request.route == "GET /jobs/{job_id}":
            return show(request)
    except Exception as error:  # noqa: BLE001  (the boundary: whatever it was is a 500)
        # The type only: a message of a client may carry what was sent.
        logger.error("request failed", extra={"error": described(error)})
        metrics.add_metric("Errors", MetricUnit.Count, 1)
        return refusal(500, "Internal error")
    return refusal(404, "Not Found")


def submit(request: Request) -> dict[str, Any]:
    """POST /jobs."""
    service = jobs()
    try:
        body = request.body()
        promise = promised(request, body)
        if promise is not None and (before := service.repeated(promise)) is not None:
            return answer(201, before)
        if service.full():
            return full()
        if request.media_type != JSON_TYPE:
            return refusal(415, f"Content-Type must be {JSON_TYPE}")
        spec = contract.read(body)
        if not service.settings.allow_private_addresses:
            contract.check_hosts(spec)
        accepted = service.accept(spec, promise)
    except (contract.Invalid, BadBody) as error:
        metrics.add_metric("Rejected", MetricUnit.Count, 1)
        return refusal(400, str(error))
    except OtherRequest:
        return refusal(400, "Idempotency-Key was used with another request")
    except TooManyActiveJobs:
        return full()
    except NotQueued:
        logger.error("the queue did not take a job")
        metrics.add_metric("Errors", MetricUnit.Count, 1)
        return refusal(500, "Job could not be queued")
    logger.info("job accepted", extra={name: accepted[name] for name in ("job_id", "trace_id")})
    metrics.add_metric("Accepted", MetricUnit.Count, 1)
    return answer(201, accepted)


def promised(request: Request, body: bytes) -> Once | None:
    """The client's Idempotency-Key, if it sent one."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise contract.Invalid(f"Idempotency-Key must be 1 to {LONGEST_KEY} printable characters")
    return once(key, body)


def full() -> dict[str, Any]:
    """The answer when the limit of unfinished jobs is reached."""
    metrics.add_metric("Throttled", MetricUnit.Count, 1)
    limit = settings().max_active_jobs
    return refusal(429, f"Too many active jobs (limit: {limit})")


def show(request: Request) -> dict[str, Any]:
    """GET /jobs/{job_id}."""
    shown = jobs().show(request.parameters.get("job_id", ""))
    return refusal(404, "Job not found") if shown is None else answer(200, shown)
