"""The events of an HTTP API (payload 2.0), taken apart; and the answers, put together."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

JSON_TYPE = "application/json"


class BadBody(ValueError):
    """The body cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the API; header names are in lower case."""

    route: str  # for example "POST /jobs"
    headers: dict[str, str]
    parameters: dict[str, str]
    event: dict[str, Any]

    @classmethod
    def of(cls, event: dict[str, Any]) -> Request:
        """The call that an event stands for."""
        headers = event.get("headers") or {}
        return cls(
            route=event.get("routeKey", ""),
            headers={name.lower(): value for name, value in headers.items()},
            parameters=event.get("pathParameters") or {},
            event=event,
        )

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def body(self) -> bytes:
        """The body as it was sent."""
        text = self.event.get("body") or ""
        if not self.event.get("isBase64Encoded"):
            return str(text).encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadBody("body is not base64") from error


def answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """An answer; nobody may store or sniff it, or ask again without TLS."""
    return {
        "statusCode": status,
        "headers": {
            "content-type": JSON_TYPE,
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "strict-transport-security": "max-age=31536000",
        },
        "body": json.dumps(body),
    }


def refusal(status: int, said: str) -> dict[str, Any]:
    """An answer that says what is wrong."""
    return answer(status, {"error": said})
