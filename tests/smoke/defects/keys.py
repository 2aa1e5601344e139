"""Who is let in, and what is said to those who are not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from coordinator.requests import refusal
from tests.smoke import service
from tests.smoke.breaking import (
    Event,
    Handler,
    answers,
    defect,
    events,
    given,
    handling,
    put,
)


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
    lambda e, s, b: put(b, error="Unauthorized: wrong key") if s == 401 and given(e) else None,
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
