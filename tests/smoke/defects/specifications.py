"""What is taken as a specification, and what as a body."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from coordinator.requests import refusal
from jobcore import contract
from tests.smoke import service
from tests.smoke.breaking import (
    DEFECTS,
    Body,
    Defect,
    Event,
    Handler,
    defect,
    events,
    given,
    handling,
    specs,
)

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
