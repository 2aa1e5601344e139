"""What is wrong in a manifest: every fault, by key, held against the schema beside this file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from assay.replicators.drivers.templates import LISTS, SINGLE, unknown

SCHEMA = Path(__file__).with_name("manifest.schema.json")
_FORMATS = FormatChecker(formats=("regex",))


@_FORMATS.checks("template", raises=ValueError)
def _template(word: object) -> bool:
    return _known(word, (*SINGLE, *LISTS))


@_FORMATS.checks("template-of-one", raises=ValueError)
def _template_of_one(word: object) -> bool:
    return _known(word, SINGLE)


def _known(word: object, names: tuple[str, ...]) -> bool:
    if isinstance(word, str) and (wrong := unknown(word, names)):
        raise ValueError(f"unknown placeholder {{{wrong[0]}}}; known: {', '.join(names)}")
    return True


def faults(data: dict[str, Any]) -> list[str]:
    """A line for each fault, such as ``phases.sync.timeout: must be a number of seconds``."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema, format_checker=_FORMATS)
    errors = sorted(validator.iter_errors(data), key=lambda error: list(map(str, error.path)))
    return list(dict.fromkeys(line for error in errors for line in _lines(error)))


def _lines(error: Any) -> Iterator[str]:  # a ValidationError; its stubs allow what never is
    where = _where(error)
    known = error.validator_value
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        for key in sorted(set(error.instance) - set(known)):
            yield f"{_below(where, key)}: unknown key; known: {', '.join(sorted(known))}"
    elif error.validator == "required":
        missing = sorted(set(known) - set(error.instance))
        yield from (f"{_below(where, key)}: is missing" for key in missing)
    elif error.validator == "enum":
        named = _below(where, str(error.instance)) if _names_a_key(error) else where
        yield f"{named}: {error.instance!r} is unknown; known: {', '.join(sorted(known))}"
    elif error.validator == "format" and error.validator_value == "regex":
        yield f"{where}: {error.instance!r} is no regular expression: {error.cause}"
    elif error.validator == "format":
        yield f"{where}: {error.cause}"
    elif error.validator == "minProperties" and "says" in error.instance:
        yield f"{where}: needs exit or pattern beside says"
    else:
        yield f"{where}: must be {error.schema.get('description', error.message)}"


def _names_a_key(error: ValidationError) -> bool:
    return "propertyNames" in error.absolute_schema_path


def _where(error: ValidationError) -> str:
    """The key; the place in a list is left out, the message names what stands there."""
    return ".".join(part for part in error.absolute_path if isinstance(part, str))


def _below(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key
