"""The API's one client: used by the smoke suite, by tests and by `assay job`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import urllib3

from assay.clock import monotonic, pause
from assay.errors import AssayError, TimedOut, UsageError
from assay.jobs import contract
from assay.jobs.answers import Accepted, Answer, ContractBroken, View
from assay.jobs.contract import Spec, Status, reachable
from assay.redact import Scrubber, Secret

LIMIT = (5.0, 30.0)  # seconds: to connect, between two bytes
RETRIES = 3  # of a call whose answer did not come
LARGEST = 1 << 20  # bytes read of an answer


class Unreachable(AssayError):
    """No answer came: nothing is known about the deployment."""


class NotAccepted(AssayError):
    """The API answered, and not with what was asked for; `answer` is what it said."""

    def __init__(self, what: str, answer: Answer, *, remedy: str = "") -> None:
        self.answer = answer
        super().__init__(what, evidence=str(answer), remedy=remedy)


class IllegalTransition(ContractBroken):
    """A job went a way that its state machine does not have."""


@dataclass(slots=True)
class Watch:
    """What a poller saw of one job; `see` refuses what the state machine does not allow."""

    accepted: Accepted | None = None
    views: list[View] = field(default_factory=list)

    def see(self, view: View) -> None:
        """Add a view; IllegalTransition or ContractBroken when it cannot follow the last one."""
        if self.accepted is not None and (view.job_id, view.trace_id) != (
            self.accepted.job_id,
            self.accepted.trace_id,
        ):
            raise ContractBroken("job_id or trace_id are not those of the accepted POST")
        before = self.views[-1] if self.views else None
        if before is not None:
            if not reachable(before.status, view.status):
                raise IllegalTransition(f"{before.status} was followed by {view.status}")
            if before.status.terminal and (before.completed_at, before.error) != (
                view.completed_at,
                view.error,
            ):
                raise IllegalTransition(f"a job that was {before.status} has changed")
            kept = ("job_id", "trace_id", "created_at", "started_at")
            for name in kept:
                was, now = getattr(before, name), getattr(view, name)
                if was is not None and was != now:
                    raise ContractBroken(f"{name} changed from {was} to {now}")
        self.views.append(view)

    @property
    def states(self) -> list[Status]:
        """The states in the order in which they were seen, repetitions left out."""
        return [view.status for n, view in enumerate(self.views)
                if n == 0 or self.views[n - 1].status is not view.status]  # fmt: skip


@dataclass(slots=True)
class JobClient:
    """Speaks with one deployment. `endpoint` is its base URL, with the stage if it has one."""

    endpoint: str
    key: Secret | None
    scrubber: Scrubber = field(default_factory=Scrubber)
    calls: int = 0  # how many requests were sent
    patience: float = 0.2  # seconds before a call is tried again, doubled each time

    def __post_init__(self) -> None:
        parts = urlsplit(self.endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(
                f"{self.endpoint!r} is no endpoint.",
                remedy="give a URL such as https://ID.execute-api.REGION.amazonaws.com",
            )
        self.endpoint = self.endpoint.rstrip("/")
        if self.key is not None:
            self.scrubber.learn(self.key)

    def submit(self, spec: Spec, *, idempotency_key: str | None = None) -> Accepted:
        """POST a job. UsageError for what is no specification, NotAccepted for any other answer.

        Tried again without an answer only where that cannot make a second job: when no connection
        came about, or with an idempotency key.
        """
        contract.check(spec)
        headers = {} if idempotency_key is None else {"idempotency-key": idempotency_key}
        answer = self.post(spec, headers=headers)
        if answer.status != 201:
            raise NotAccepted("The job was not accepted.", answer, remedy=_remedy(answer.status))
        return Accepted.of(answer)

    def status(self, job_id: str) -> View:
        """One job; NotAccepted when it is unknown, ContractBroken for what is no view of it."""
        answer = self.call("GET", f"/jobs/{job_id}")
        if answer.status != 200:
            raise NotAccepted(f"Job {job_id} is not shown.", answer, remedy=_remedy(answer.status))
        view = View.of(answer)
        if view.job_id != job_id:
            raise ContractBroken(f"asked for job {job_id}, got {view.job_id}")
        return view

    def wait(
        self,
        job: str | Accepted,
        *,
        timeout: float,
        every: float = 1.0,
        seen: Callable[[View], None] = lambda _: None,
    ) -> Watch:
        """Poll until the job is terminal; all that was seen of it. Times in seconds.

        TimedOut when it is not by then: that says nothing about the job.
        """
        accepted = job if isinstance(job, Accepted) else None
        job_id = job.job_id if isinstance(job, Accepted) else job
        watch, deadline = Watch(accepted), monotonic() + timeout
        while True:
            watch.see(self.status(job_id))
            seen(watch.views[-1])
            if watch.views[-1].status.terminal:
                return watch
            if monotonic() + every > deadline:
                last = watch.views[-1]
                raise TimedOut(
                    f"Job {job_id} did not end within {timeout:g} s.",
                    evidence=f"last seen {last.status}; log: {last.log_url or 'none yet'}",
                    remedy="look at its log and at the worker's instance",
                )
            pause(every)

    def post(self, spec: Any, *, headers: Mapping[str, str] | None = None) -> Answer:
        """POST /jobs with any JSON; its secrets are known to the scrubber from now on."""
        for secret in secrets_of(spec):
            self.scrubber.learn(secret)
        return self.call("POST", "/jobs", body=json.dumps(spec).encode(), headers=headers)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        authenticated: bool = True,
    ) -> Answer:
        """One call with whatever it is given; `headers` come over ours, whatever their spelling.

        Raises Unreachable when no answer came after all retries.
        """
        sent = {"accept": "application/json"}
        if body is not None:
            sent["content-type"] = "application/json"
        if authenticated and self.key is not None:
            sent["x-api-key"] = self.key.reveal()
        given = {name.lower(): value for name, value in (headers or {}).items()}
        sent |= given
        again = method == "GET" or "idempotency-key" in given
        for last in self._tries():
            try:
                return self._once(method, path, body, sent)
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                never_sent = isinstance(error, requests.ConnectTimeout) or "refused" in str(error)
                if last or not (again or never_sent):
                    raise self._unreachable(method, path, error) from None
        raise AssertionError("unreachable")

    def _tries(self) -> Iterator[bool]:
        """Whether a try is the last one; waits between them."""
        for attempt in range(RETRIES + 1):
            yield attempt == RETRIES
            pause(self.patience * 2**attempt)

    def _once(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        self.calls += 1
        began = monotonic()
        with requests.request(
            method, self.endpoint + path, data=body, headers=dict(headers), timeout=LIMIT,
            allow_redirects=False, stream=True,
        ) as got:  # fmt: skip
            data = got.raw.read(LARGEST, decode_content=True)
        text = data.decode("utf-8", "replace")
        seen = "\n".join((text, *(f"{k}: {v}" for k, v in got.headers.items())))
        return Answer(
            status=got.status_code,
            headers={name.lower(): value for name, value in got.headers.items()},
            text=self.scrubber.scrub(text),
            seconds=round(monotonic() - began, 3),
            shows_secret=self.scrubber.shown_in(seen),
        )

    def _unreachable(self, method: str, path: str, error: Exception) -> Unreachable:
        return Unreachable(
            f"No answer to {method} {self.endpoint}{path}.",
            evidence=self.scrubber.scrub(f"{type(error).__name__}: {error}"),
            remedy="check the endpoint's spelling and region, and that the gateway is deployed "
            "(terraform state show aws_apigatewayv2_api.api)",
        )


def secrets_of(spec: Any) -> list[Secret]:
    """The passwords in a specification's URLs, as written there and decoded."""
    found = []
    values = spec.values() if isinstance(spec, Mapping) else ()
    for value in values:
        with suppress(ValueError):
            if isinstance(value, str) and (password := urlsplit(value).password):
                found += [Secret(password), Secret(unquote(password))]
    return found


def _remedy(status: int) -> str:
    return {
        401: "check ASSAY_API_KEY: terraform output -raw api_key",
        404: "check the job's id and the endpoint",
        429: "wait until other jobs have ended, or raise max_active_jobs",
    }.get(status, "")
