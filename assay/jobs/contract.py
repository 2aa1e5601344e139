"""The job contract as clients need it, read from the one schema that the service has too."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import jsonschema

from assay.errors import UsageError
from assay.suites import CONTRACT

SCHEMA = CONTRACT / "job-1.0.schema.json"
Spec = Mapping[str, Any]


class Status(StrEnum):
    """The states of a job (contracts: status machine)."""

    PROVISIONING = "provisioning"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    TIMEOUT = "timeout"

    @property
    def terminal(self) -> bool:
        """Whether it is final."""
        return not machine()[self]


@functools.cache
def schema() -> dict[str, Any]:
    """The schema of a specification, with the contract's own keywords (x-...)."""
    read: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return read


@functools.cache
def machine() -> dict[Status, frozenset[Status]]:
    """To which states each state may go at once."""
    return {
        Status(state): frozenset(map(Status, following))
        for state, following in schema()["x-states"].items()
    }


def reachable(before: Status, after: Status) -> bool:
    """Whether a poller may see `after` next: the same, or later, states in between missed."""
    if before is after:
        return True
    return any(reachable(following, after) for following in machine()[before])


def check(spec: Spec) -> None:
    """Refuse a specification that the service would refuse for its form; UsageError says why.

    What takes more than a schema (the rules for URLs) is left to the service.
    """
    validator = jsonschema.Draft202012Validator(schema())
    given = dict(spec)
    if isinstance(given.get("command"), str):
        given["command"] = given["command"].lower()
    wrong = sorted(validator.iter_errors(given), key=lambda error: list(map(str, error.path)))
    if wrong:
        # Never the error's own message: it shows the value, which may be a URL with its password.
        raise UsageError(
            "This is no job specification.",
            evidence="; ".join(f"{'.'.join(map(str, one.path)) or 'it'}: {_why(one)}"
                               for one in wrong),
            remedy=f"see assay docs job-api, and {SCHEMA}",
        )  # fmt: skip


def _why(error: jsonschema.ValidationError) -> str:
    if error.validator in ("required", "additionalProperties"):
        return error.message.partition("(")[0].strip()
    return f"does not fit {error.validator} {json.dumps(error.validator_value)[:80]}"
