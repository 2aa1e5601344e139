"""How a defect is made: what wraps the shipped handler and worker from outside.

A defect is a function that gets the real thing and gives a broken one back. `sees` is a check that
has to see it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from coordinator import app
from jobcore.records import Records
from tests.smoke import service

Event = dict[str, Any]
Handler = Callable[[Event], dict[str, Any]]
Body = dict[str, Any]


@dataclass(frozen=True)
class Defect:
    """One way to be wrong. `data` wants databases; `quick` belongs to every CI.

    `unending` leaves a job without an end: UNKNOWN is all that follows, elsewhere it is no sight.
    """

    name: str
    sees: str
    broken: Callable[[service.Service], Any]
    data: bool = False
    quick: bool = False
    unending: bool = False


DEFECTS: dict[str, Defect] = {}


def defect(sees: str, *, data: bool = False, quick: bool = False, unending: bool = False) -> Any:
    """Register a context manager that breaks the service."""

    def register(made: Callable[[service.Service], Iterator[None]]) -> Any:
        name = made.__name__.replace("_", "-")
        DEFECTS[name] = Defect(name, sees, contextmanager(made), data, quick, unending)
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


def put(body: Body, **fields: Any) -> None:
    """Set fields of a body, as an expression."""
    body.update(fields)
