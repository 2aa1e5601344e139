"""What is served beside the contract, and with which headers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

from coordinator.requests import refusal
from jobcore.records import Records
from tests.smoke import service
from tests.smoke.breaking import (
    Event,
    Handler,
    answers,
    defect,
    handling,
    headers,
    put,
)


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
        put(b, table="jobs", version="1.2.3") if e["routeKey"] == "GET /healthz" else None
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
