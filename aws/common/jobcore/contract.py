"""The job specification v1.0: checks with the contract's own words, and the replicator's argv.

Both follow from `job-1.0.schema.json`; nothing here knows a field by name but `schema_version`,
whose message the contract words differently.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jobcore import addresses, urls

Spec = dict[str, Any]
_FILE = "job-1.0.schema.json"
_TYPES: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "string": ("a string", str),
    "boolean": ("a boolean", bool),
    "number": ("a number", (int, float)),
    "object": ("an object", dict),
    "array": ("a list", list),
}


class Invalid(ValueError):
    """What is wrong with a specification, in the words of the answer."""


@functools.cache
def schema() -> dict[str, Any]:
    """The schema; it lies beside this package where it is deployed, one folder up in the source."""
    here = Path(__file__).resolve().parent
    for folder in (here.parent / "contract", here.parent.parent / "contract"):
        if (folder / _FILE).exists():
            read: dict[str, Any] = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            return read
    raise FileNotFoundError(_FILE)


def transitions() -> Mapping[str, Sequence[str]]:
    """The state machine: to which states each state may go."""
    machine: Mapping[str, Sequence[str]] = schema()["x-states"]
    return machine


def terminal() -> frozenset[str]:
    """The states that are final."""
    return frozenset(state for state, following in transitions().items() if not following)


def read(body: bytes) -> Spec:
    """Parse and check the body of a POST; the specification, its command in lower case.

    Raises Invalid. Stricter than Python's parser: UTF-8 without a mark, no key twice, no NaN.
    """
    limit = schema()["x-max-bytes"]
    if len(body) > limit:
        raise Invalid(f"Job spec too large: {len(body)} bytes (max: {limit})")
    try:
        spec = json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, Invalid) else "not valid UTF-8 JSON"
        raise Invalid(f"Invalid JSON: {said}") from None
    if not isinstance(spec, dict):
        raise Invalid("Job spec must be a JSON object")
    check(spec)
    return {**spec, "command": spec["command"].lower()}


def check(spec: Spec) -> None:
    """Check a parsed specification; Invalid names the field."""
    rules = schema()
    for name in rules["required"]:
        if name not in spec:
            raise Invalid(f"Missing required field: {name}")
    for name in spec:
        if name not in rules["properties"]:
            raise Invalid(f"Unknown field: {_shown(name)}")
    for name, rule in rules["properties"].items():
        if name in spec:
            _field(name, spec[name], rule)


def check_hosts(spec: Spec) -> None:
    """Refuse hosts that are private, loopback or metadata addresses by their spelling."""
    for name in _urls():
        try:
            addresses.check_spelling(urls.parse(spec[name]).host)
        except addresses.RefusedAddress as error:
            raise Invalid(f"Invalid {name}: {error}") from None


def argv(spec: Spec, *, source: str, target: str) -> tuple[str, ...]:
    """The replicator's arguments for a checked specification, with the URLs to use."""
    rules = schema()
    command = spec["command"]
    words = [command, "--source", source, "--target", target, *rules["x-argv"][command]]
    for part in ("filter", "options"):
        for name, rule in rules["properties"][part]["properties"].items():
            if command in rule.get("x-commands", ()):
                words += _flags(rule, spec.get(part, {}).get(name))
    return tuple(words)


def _flags(rule: Mapping[str, Any], value: Any) -> list[str]:
    flag = rule["x-flag"]
    if value is None:
        return []
    if rule["type"] == "boolean":
        return [flag] if value is not rule.get("x-negated", False) else []
    return [word for item in value for word in (flag, item)]


def _urls() -> list[str]:
    properties = schema()["properties"]
    return [name for name, rule in properties.items() if rule.get("format") == "postgresql-url"]


def _field(name: str, value: Any, rule: Mapping[str, Any]) -> None:
    _typed(name, value, rule["type"])
    if rule["type"] == "object":
        _members(name, value, rule)
    elif rule["type"] == "string":
        _string(name, value, rule)


def _members(name: str, value: Spec, rule: Mapping[str, Any]) -> None:
    singular = name.removesuffix("s")
    for key, member in value.items():
        if key not in rule["properties"]:
            raise Invalid(f"Unknown {singular}: {_shown(key)}")
        inner = rule["properties"][key]
        where = f"{name}.{key}"
        _typed(where, member, inner["type"])
        if inner["type"] == "number" and not _at_least(inner["minimum"], member):
            raise Invalid(f"Field '{where}' must be a number of at least {inner['minimum']}")
        for item in member if inner["type"] == "array" else ():
            _item(where, item, inner["items"])
    exclusive = rule.get("x-exclusive", ())
    if exclusive and all(value.get(key) for key in exclusive):
        raise Invalid(f"Field '{name}' must not have both {' and '.join(exclusive)}")


def _at_least(minimum: float, value: float) -> bool:
    """Whether a number is finite and not too small; a whole one may be beyond every float."""
    return value >= minimum and (isinstance(value, int) or math.isfinite(value))


def _item(where: str, item: Any, rule: Mapping[str, Any]) -> None:
    if not isinstance(item, str):
        raise Invalid(f"Field '{where}' must be a list of strings")
    fits = rule["minLength"] <= len(item) <= rule["maxLength"]
    if not fits or not re.search(rule["pattern"], item) or not _encodable(item):
        raise Invalid(f"Field '{where}' has an invalid item: {_shown(item)}")


def _string(name: str, value: str, rule: Mapping[str, Any]) -> None:
    if not value:
        raise Invalid(f"Field '{name}' must not be empty")
    if name == "schema_version" and value not in rule["enum"]:
        supported = ", ".join(rule["enum"])
        raise Invalid(f"Unsupported schema version: {_shown(value)} (supported: {supported})")
    if len(value) > rule.get("maxLength", len(value)):
        raise Invalid(f"Invalid {name}: longer than {rule['maxLength']} characters")
    lowered = value.lower() if rule.get("x-ignore-case") else value
    if lowered not in rule.get("enum", (lowered,)):
        raise Invalid(f"Invalid {name}: {_shown(value)} (allowed: {', '.join(rule['enum'])})")
    if rule.get("format") == "postgresql-url":
        try:
            urls.parse(value)
        except ValueError as error:
            said = str(error) if isinstance(error, urls.BadUrl) else "not a URL"
            raise Invalid(f"Invalid {name}: {said}") from None


def _typed(name: str, value: Any, kind: str) -> None:
    words, wanted = _TYPES[kind]
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != "boolean"):
        raise Invalid(f"Field '{name}' must be {words}")


def _shown(text: str) -> str:
    """A piece of the input that may stand in an answer: short, printable, never a URL's secret."""
    cut = text if len(text) <= 50 else f"{text[:50]}..."
    return "".join(
        c if c.isprintable() and _encodable(c) and "://" not in text else "?" for c in cut
    )


def _encodable(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)


def _once(pairs: list[tuple[str, Any]]) -> Spec:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Invalid("a key stands twice in an object")
    return made


def _no_constant(name: str) -> None:
    raise Invalid(f"{name} is no JSON")
