"""Defects that wrap the shipped handler and worker from outside: each must turn the suite red.

A defect is a function that gets the real thing and gives a broken one back. `sees` is a check that
has to see it.
"""

from __future__ import annotations

import copy
import gzip
import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import worker.work
from coordinator import app
from coordinator.requests import refusal
from jobcore import contract
from jobcore.records import Records
from tests.smoke import service

Event = dict[str, Any]
Handler = Callable[[Event], dict[str, Any]]
Body = dict[str, Any]


@dataclass(frozen=True)
class Defect:
    """One way to be wrong. `data` wants databases; `quick` belongs to every CI."""

    name: str
    sees: str
    broken: Callable[[service.Service], Any]
    data: bool = False
    quick: bool = False


DEFECTS: dict[str, Defect] = {}


def defect(sees: str, *, data: bool = False, quick: bool = False) -> Any:
    """Register a context manager that breaks the service."""

    def register(made: Callable[[service.Service], Iterator[None]]) -> Any:
        name = made.__name__.replace("_", "-")
        DEFECTS[name] = Defect(name, sees, contextmanager(made), data, quick)
        return made

    return register


@contextmanager
def handling(wrap: Callable[[Event, Handler], dict[str, Any]]) -> Iterator[None]:
    """The handler, wrapped: `wrap` gets the event and the real handler."""
    real = app.handler
    with mock.patch.object(app, "handler", lambda event, _: wrap(event, lambda e: real(e, None))):
        yield


def answers(sees: str, name: str, change: Callable[[Event, int, Body], Any], **more: Any) -> None:
    """A defect of answers: `change` edits the body in place, or gives another status."""

    @contextmanager
    def broken(_: service.Service) -> Iterator[None]:
        def wrap(event: Event, real: Handler) -> dict[str, Any]:
            answer = real(event)
            body = json.loads(answer["body"])
            status = change(event, answer["statusCode"], body)
            return {**answer, "statusCode": status or answer["statusCode"],
                    "body": json.dumps(body)}  # fmt: skip

        with handling(wrap):
            yield

    DEFECTS[name] = Defect(name, sees, broken, **more)


def events(sees: str, name: str, change: Callable[[Event], None], **more: Any) -> None:
    """A defect of the reading: `change` edits a copy of the event before the handler has it."""

    @contextmanager
    def broken(_: service.Service) -> Iterator[None]:
        def wrap(event: Event, real: Handler) -> dict[str, Any]:
            event = copy.deepcopy(event)
            change(event)
            return real(event)

        with handling(wrap):
            yield

    DEFECTS[name] = Defect(name, sees, broken, **more)


def specs(sees: str, name: str, change: Callable[[Body], None], **more: Any) -> None:
    """A defect of the reading of specifications: `change` edits what was sent."""

    def edit(event: Event) -> None:
        try:
            spec = json.loads(event["body"])
        except ValueError:
            return
        if isinstance(spec, dict):
            change(spec)
            event["body"] = json.dumps(spec)

    events(sees, name, edit, **more)


def headers(sees: str, name: str, **changed: str | None) -> None:
    """A defect of headers: another value, or None for a missing one."""

    @contextmanager
    def broken(_: service.Service) -> Iterator[None]:
        def wrap(event: Event, real: Handler) -> dict[str, Any]:
            answer = real(event)
            both = {**answer["headers"], **{n.replace("_", "-"): v for n, v in changed.items()}}
            return {**answer, "headers": {n: v for n, v in both.items() if v is not None}}

        with handling(wrap):
            yield

    DEFECTS[name] = Defect(name, sees, broken)


def finishing(sees: str, name: str, ending: Callable[[str, str | None], tuple[str, str | None]],
              **more: Any) -> None:  # fmt: skip
    """A defect of the worker's ending: another state or cause is written."""

    @contextmanager
    def broken(_: service.Service) -> Iterator[None]:
        real = Records.finish

        def finish(self: Records, job: str, status: str, *, error: str | None = None,
                   **rest: Any) -> None:  # fmt: skip
            status, error = ending(status, error)
            real(self, job, status, error=error, **rest)

        with mock.patch.object(Records, "finish", finish):
            yield

    DEFECTS[name] = Defect(name, sees, broken, **more)


def shown(event: Event, status: int) -> bool:
    """Whether a job was shown."""
    return status == 200 and event["routeKey"].startswith("GET /jobs")


def given(event: Event) -> str:
    """The key that was sent."""
    return str(event["headers"].get("x-api-key", ""))


# --- the guide's four

UNKNOWN, INVALID = "an-unknown-job-is-not-found", "an-invalid-payload-is-refused-by-name"
VALID, ENDS = "a-valid-job-is-accepted", "a-job-without-its-source-ends-failed"
FINAL, INSIDE = "what-has-ended-stays-as-it-was", "a-job-shows-nothing-of-the-inside"


def _put(body: Body, **fields: Any) -> None:
    body.update(fields)


answers(
    UNKNOWN,
    "unknown-job-other-words",
    lambda e, s, b: _put(b, error="not found") if s == 404 else None,
)
answers(UNKNOWN, "unknown-job-is-found", lambda e, s, b: 200 if s == 404 else None, quick=True)
answers(UNKNOWN, "unknown-job-is-an-error", lambda e, s, b: 500 if s == 404 else None)
answers(
    INVALID, "refusal-without-a-reason", lambda e, s, b: b.clear() if s == 400 else None, quick=True
)
answers(
    INVALID,
    "refusal-in-general-words",
    lambda e, s, b: _put(b, error="Bad request") if s == 400 else None,
    quick=True,
)
answers(
    INVALID,
    "refusal-tells-a-traceback",
    lambda e, s, b: _put(b, trace="Traceback") if s == 400 else None,
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
    lambda e, s, b: _put(b, status="queued") if s == 201 else None,
    quick=True,
)
answers(VALID, "accepted-with-200", lambda e, s, b: 200 if s == 201 else None)
answers(
    VALID,
    "accepted-with-a-short-id",
    lambda e, s, b: _put(b, trace_id=b["trace_id"][:8]) if s == 201 else None,
)
answers(
    ENDS,
    "trace-changes",
    lambda e, s, b: _put(b, trace_id=str(uuid.uuid4())) if shown(e, s) else None,
)
answers(
    ENDS,
    "failed-without-a-cause",
    lambda e, s, b: _put(b, error=None) if shown(e, s) else None,
    quick=True,
)
answers(
    ENDS,
    "ended-without-a-time",
    lambda e, s, b: _put(b, completed_at=None) if shown(e, s) else None,
)
answers(
    ENDS,
    "times-without-a-zone",
    lambda e, s, b: _put(b, created_at=b["created_at"].rstrip("Z")) if shown(e, s) else None,
)
answers(
    ENDS,
    "times-in-the-wrong-order",
    lambda e, s, b: (
        _put(b, completed_at="2000-01-01T00:00:00Z") if shown(e, s) and b["completed_at"] else None
    ),
)
answers(
    ENDS,
    "a-state-of-its-own",
    lambda e, s, b: _put(b, status="error") if shown(e, s) and b["status"] == "failed" else None,
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


@defect(ENDS, quick=True)
def the_worker_dies_silently(_: service.Service) -> Iterator[None]:
    with mock.patch.object(worker.work.Work, "do"):
        yield


@defect(ENDS)
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
                _put(body, status="running", started_at=body["created_at"], completed_at=None,
                     error=None)  # fmt: skip
            elif asked[body["job_id"]] == 2:
                _put(body, status="provisioning", started_at=None, completed_at=None, error=None)
        return {**answer, "body": json.dumps(body)}

    with handling(wrap):
        yield


answers(
    FINAL,
    "an-end-that-moves",
    lambda e, s, b: (
        _put(
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
    lambda e, s, b: _put(b, progress={"n": uuid.uuid4().int}) if shown(e, s) else None,
)
answers(
    INSIDE,
    "shows-the-account",
    lambda e, s, b: (
        _put(b, progress={"by": "arn:aws:iam::123456789012:role/x"}) if shown(e, s) else None
    ),
    quick=True,
)
answers(
    INSIDE,
    "log-link-with-a-token",
    lambda e, s, b: (
        _put(b, log_url="https://console.aws.amazon.com/x?token=1") if shown(e, s) else None
    ),
)
answers(
    INSIDE,
    "log-link-elsewhere",
    lambda e, s, b: _put(b, log_url="https://logs.example.com/x") if shown(e, s) else None,
)
answers(
    ENDS,
    "shows-the-ciphertext",
    lambda e, s, b: _put(b, source_url_encrypted="AQIC") if shown(e, s) else None,
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


# --- keys


def _let_in(when: Callable[[str], bool]) -> Callable[[Event], None]:
    def change(event: Event) -> None:
        if when(given(event)):
            event["headers"]["x-api-key"] = service.KEY

    return change


events(
    "without-a-key-nothing-is-answered",
    "no-key-is-fine",
    _let_in(lambda key: "x" not in key and not key),
    quick=True,
)
events("an-empty-key-is-refused", "any-key-is-fine", _let_in(lambda key: True))
events(
    "a-wrong-key-is-refused",
    "keys-of-the-right-length-are-fine",
    _let_in(lambda key: len(key) == len(service.KEY)),
    quick=True,
)
events(
    "part-of-the-key-is-refused",
    "half-the-key-is-fine",
    _let_in(lambda key: bool(key) and service.KEY.startswith(key)),
)
events(
    "part-of-the-key-is-refused",
    "more-than-the-key-is-fine",
    _let_in(lambda key: key.startswith(service.KEY)),
)
events(
    "the-key-in-another-case-is-refused",
    "keys-in-any-case",
    _let_in(lambda key: key.lower() == service.KEY.lower()),
)
events(
    "two-keys-are-not-one",
    "one-of-two-keys-is-enough",
    _let_in(lambda key: service.KEY in key.split(",")),
)
events(
    "a-withdrawn-key-is-refused", "withdrawn-keys-stay", _let_in(lambda key: key == service.REVOKED)
)
events(
    "the-key-counts-in-its-header-only",
    "the-key-in-the-query",
    lambda e: (
        e["headers"].__setitem__("x-api-key", service.KEY) if service.KEY in e["rawPath"] else None
    ),
)
events(
    "the-key-counts-in-its-header-only",
    "the-key-as-a-bearer",
    lambda e: (
        e["headers"].__setitem__("x-api-key", service.KEY)
        if service.KEY in e["headers"].get("authorization", "")
        else None
    ),
)
answers(
    "an-empty-key-is-refused",
    "unauthorized-is-forbidden",
    lambda e, s, b: 403 if s == 401 else None,
)
answers(
    "a-wrong-key-is-refused",
    "unauthorized-tells-more",
    lambda e, s, b: _put(b, error="Unauthorized: wrong key") if s == 401 and given(e) else None,
)


@defect("the-key-comes-before-everything-else")
def bodies_are_read_before_keys(_: service.Service) -> Iterator[None]:
    def wrap(event: Event, real: Handler) -> dict[str, Any]:
        if event["routeKey"] == "POST /jobs":
            try:
                json.loads(event["body"])
            except ValueError:
                return refusal(400, "Body is not JSON")
        return real(event)

    with handling(wrap):
        yield


# --- specifications

DOCUMENTED = "every-documented-error-is-given"


def _options(keep: Callable[[str, Any], bool]) -> Callable[[Body], None]:
    def change(spec: Body) -> None:
        if isinstance(spec.get("options"), dict):
            spec["options"] = {n: v for n, v in spec["options"].items() if keep(n, v)}

    return change


specs(
    "a-command-is-accepted-in-any-case",
    "commands-in-lower-case-only",
    lambda spec: (
        spec.update(command="?" + spec["command"])
        if str(spec.get("command", "")).isupper()
        else None
    ),
)
specs(
    DOCUMENTED,
    "unknown-options-are-ignored",
    _options(lambda name, _: name in ("drop_existing", "enable_sync", "estimated_size_bytes")),
)
specs(
    DOCUMENTED,
    "any-version-is-served",
    lambda spec: (
        spec.update(schema_version="1.0")
        if "schema_version" in spec
        and isinstance(spec["schema_version"], str)
        and spec["schema_version"]
        else None
    ),
)
specs(
    DOCUMENTED,
    "shell-characters-are-taken",
    lambda spec: (
        spec.update(source_url=re.split(r"[;`]|\$\(|\|\||&&", spec["source_url"])[0])
        if isinstance(spec.get("source_url"), str)
        else None
    ),
    quick=True,
)
specs(DOCUMENTED, "negative-sizes-are-taken", _options(lambda _, value: value != -1))
specs(
    "null-is-no-value",
    "null-is-left-out",
    lambda spec: [spec.pop(name) for name in [n for n, v in spec.items() if v is None]],
)
specs(
    "parameters-do-not-lead-elsewhere",
    "parameters-are-dropped",
    lambda spec: (
        spec.update(source_url=spec["source_url"].partition("?")[0])
        if isinstance(spec.get("source_url"), str)
        else None
    ),
)


@defect("hosts-within-are-refused", quick=True)
def hosts_within_are_taken(_: service.Service) -> Iterator[None]:
    with mock.patch.object(contract, "check_hosts"):
        yield


@defect("a-specification-has-a-largest-size")
def any_size_is_taken(_: service.Service) -> Iterator[None]:
    def wrap(event: Event, real: Handler) -> dict[str, Any]:
        if len(event["body"]) > 15_360:
            event = {**event, "body": json.dumps({**json.loads(event["body"]), "filter": {}})}
        return real(event)

    with handling(wrap):
        yield


specs(
    "odd-but-legal-passwords-are-accepted",
    "encoded-passwords-are-refused",
    lambda spec: spec.update(source_url="x") if "%40" in str(spec.get("source_url")) else None,
)


# --- bodies

BODIES = "every-body-that-is-no-specification-is-refused"


def _reads(name: str, read: Callable[[str, Event], Any], *, fails: int = 0) -> None:
    """A body that is read by another reader than ours, or makes an error."""

    @contextmanager
    def broken(_: service.Service) -> Iterator[None]:
        def wrap(event: Event, real: Handler) -> dict[str, Any]:
            try:
                value = read(event["body"], event)
            except Exception:  # noqa: BLE001  (a defect)
                return real(event)
            if fails and not isinstance(value, dict):
                return refusal(fails, "Internal error")
            return real({**event, "body": json.dumps(value), "isBase64Encoded": False})

        with handling(wrap):
            yield

    DEFECTS[name] = Defect(name, BODIES, broken)


_reads("repeated-names-are-taken", lambda text, _: json.loads(text))
_reads("a-mark-of-byte-order-is-taken", lambda text, _: json.loads(text.removeprefix("\ufeff")))
_reads("arrays-make-an-error", lambda text, _: json.loads(text), fails=500)
_reads("the-first-of-two-values-counts", lambda text, _: json.JSONDecoder().raw_decode(text)[0])


@defect(BODIES, quick=True)
def malformed_json_makes_an_error(_: service.Service) -> Iterator[None]:
    def wrap(event: Event, real: Handler) -> dict[str, Any]:
        if event["routeKey"] == "POST /jobs" and given(event) == service.KEY:
            try:
                json.loads(event["body"])
            except ValueError:
                return refusal(500, "Internal error")
        return real(event)

    with handling(wrap):
        yield


events(
    "another-content-type-is-refused",
    "any-content-type-is-read",
    lambda e: e["headers"].__setitem__("content-type", "application/json"),
)


@defect("a-compressed-body-is-no-way-around")
def compressed_bodies_are_opened(_: service.Service) -> Iterator[None]:
    def wrap(event: Event, real: Handler) -> dict[str, Any]:
        if event["headers"].get("content-encoding") == "gzip":
            return refusal(500, str(len(gzip.decompress(b"") or b"")))
        return real(event)

    with handling(wrap):
        yield


# --- routes, headers


@defect("jobs-are-not-listed", quick=True)
def jobs_are_listed(_: service.Service) -> Iterator[None]:
    real = service.route_of

    def route(method: str, path: str) -> Any:
        if method == "GET" and path.startswith("/jobs") and path.strip("/").find("/") < 0:
            return "GET /healthz", {}
        return real(method, path)

    with mock.patch.object(service, "route_of", route):
        yield


@defect("other-methods-are-not-known")
def every_method_posts(_: service.Service) -> Iterator[None]:
    real = service.route_of
    with (
        mock.patch.object(
            service,
            "route_of",
            lambda method, path: real("GET" if method == "GET" else "POST", path),
        ),
        handling(
            lambda event, handler: handler(event) if event["body"] != "{}" else refusal(200, "done")
        ),
    ):
        yield


@defect("other-paths-are-not-known")
def every_path_is_served(_: service.Service) -> Iterator[None]:
    real = service.route_of
    with mock.patch.object(
        service, "route_of", lambda method, path: real(method, path) or ("GET /healthz", {})
    ):
        yield


@defect("ids-of-others-are-unknown")
def any_id_shows_a_job(_: service.Service) -> Iterator[None]:
    last: list[str] = []

    def wrap(event: Event, real: Handler) -> dict[str, Any]:
        answer = real(event)
        if answer["statusCode"] == 201:
            last[:] = [json.loads(answer["body"])["job_id"]]
        asked = event["pathParameters"].get("job_id", "")
        if answer["statusCode"] == 404 and last and asked[:20] == last[0][:20]:
            return real({**event, "pathParameters": {"job_id": last[0]}})
        return answer

    with handling(wrap):
        yield


answers(
    "health-tells-no-detail",
    "health-tells-versions",
    lambda e, s, b: (
        _put(b, table="jobs", version="1.2.3") if e["routeKey"] == "GET /healthz" else None
    ),
)
answers(
    "health-tells-no-detail",
    "health-fails",
    lambda e, s, b: 500 if e["routeKey"] == "GET /healthz" else None,
)
headers("answers-are-json-and-nobody-keeps-them", "answers-may-be-stored", cache_control=None)
headers(
    "answers-are-json-and-nobody-keeps-them", "answers-may-be-guessed", x_content_type_options=None
)
headers("answers-are-json-and-nobody-keeps-them", "answers-are-html", content_type="text/html")
headers("other-origins-are-not-let-in", "every-origin-is-let-in", access_control_allow_origin="*")


@defect("the-limit-of-active-jobs-holds")
def the_limit_is_not_kept(_: service.Service) -> Iterator[None]:
    real = Records.reserve
    with (
        mock.patch.object(
            Records,
            "reserve",
            lambda self, job, *, limit, **rest: real(self, job, limit=999, **rest),
        ),
        mock.patch.object(Records, "active", return_value=0),
    ):
        yield


# --- data

EQUAL, WRONG = "completed-means-equal", "a-wrong-password-ends-failed"


@defect(EQUAL, data=True, quick=True)
def nothing_is_copied(given_service: service.Service) -> Iterator[None]:
    given_service.install("noop")
    yield
    given_service.install("reference")


@defect(EQUAL, data=True)
def only_the_schema_is_copied(given_service: service.Service) -> Iterator[None]:
    given_service.install("schema-only")
    yield
    given_service.install("reference")


finishing(
    WRONG, "a-refused-password-is-completed", lambda status, error: ("completed", None), data=True
)
finishing(
    EQUAL,
    "success-is-called-failed",
    lambda status, error: (status, error) if error else ("failed", "no reason"),
    data=True,
)
