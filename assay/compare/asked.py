"""What the options of `assay compare` ask, as the oracle's question."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from assay.errors import UsageError
from assay.oracle.catalog.item import qualified
from assay.oracle.question import Question
from assay.oracle.words.limits import Limits
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.scope import Parts, Scope


def scope(arguments: argparse.Namespace) -> Scope:
    """What is compared."""
    parts: Parts = "all"
    if arguments.schema_only:
        parts = "schema"
    elif arguments.data_only:
        parts = "data"
    return Scope(
        include_tables=tuple(arguments.table) if arguments.table is not None else None,
        exclude_tables=tuple(arguments.exclude),
        schema_only_tables=tuple(arguments.exclude_table_data),
        schemas=tuple(arguments.schema) if arguments.schema is not None else None,
        parts=parts,
        roles=() if arguments.no_roles else None,
        sequences=arguments.sequences,
    )


def question(arguments: argparse.Namespace, scope: Scope, tools: Path | None) -> Question:
    """What the options ask of two databases, within a scope."""
    return Question(
        scope=scope,
        keep=None if arguments.all or arguments.sql else 100,
        tools=tools,
        exact=arguments.exact,
        redact=arguments.redact,
        limits=limits(arguments),
        sample=arguments.sample,
        narrowing=narrowing(arguments),
        jobs=arguments.jobs,
        passwords=arguments.passwords == "verifier",
    )


def limits(arguments: argparse.Namespace) -> Limits:
    """What it may cost."""
    return Limits(arguments.statement_timeout, arguments.lock_timeout, arguments.max_snapshot)


def narrowing(arguments: argparse.Namespace) -> Narrowing:
    """What of single tables is compared; UsageError where a name is not written in full."""
    where: dict[str, str] = {}
    for text in arguments.where:
        table, sql = _assigned("--where", text, "SCHEMA.TABLE=SQL")
        name = _named("--where", table, 2)
        where[name] = f"({where[name]}) and ({sql})" if name in where else sql
    columns: dict[str, dict[str, str]] = {}
    for text in arguments.map_column:
        old, new = _assigned("--map-column", text, "SCHEMA.TABLE.OLD=NEW")
        parts = _parts(_named("--map-column", old, 3))
        table = qualified(parts[:2])
        columns.setdefault(table, {})[qualified(parts[2:])] = _named("--map-column", new, 1)
    return Narrowing(
        where=where,
        ignored=tuple(_named("--ignore-column", one, 3) for one in arguments.ignore_column),
        keys={
            _named("--key", table, 2): tuple(_listed(columns))
            for table, columns in (
                _assigned("--key", text, "SCHEMA.TABLE=COLUMN[,COLUMN]") for text in arguments.key
            )
        },
        tables={
            _named("--map", ours, 2): _named("--map", theirs, 2)
            for ours, theirs in (
                _assigned("--map", text, "OLD.NAME=NEW.NAME") for text in arguments.map
            )
        },
        columns=columns,
        secret=arguments.redact,
    )


def command_line(arguments: argparse.Namespace) -> str:
    """The options as they were given, for a page: without connection strings and conditions."""
    words = []
    for name, value in sorted(vars(arguments).items()):
        option = "--" + {"pairs": "from"}.get(name, name).replace("_", "-")
        if name in ("run", "source", "target", "where") or value in (None, False, []):
            continue
        for one in value if isinstance(value, list) else [value]:
            words.append(option if one is True else f"{option}={shlex.quote(str(one))}")
    return " ".join(words)


def _assigned(option: str, text: str, form: str) -> tuple[str, str]:
    """Both sides of the first equals sign that stands in no quotes."""
    inside = False
    for at, letter in enumerate(text):
        inside ^= letter == '"'
        if letter == "=" and not inside and text[:at].strip() and text[at + 1 :].strip():
            return text[:at].strip(), text[at + 1 :].strip()
    raise UsageError(f"{option} {text} has no name and value.", remedy=f"write {option} {form}")


def _named(option: str, text: str, count: int) -> str:
    """A name of so many parts as the oracle writes it."""
    parts = _parts(text)
    if len(parts) != count or not all(parts):
        form = ("COLUMN", "SCHEMA.TABLE", "SCHEMA.TABLE.COLUMN")[count - 1]
        raise UsageError(
            f"{option}: {text} is no {form}.",
            evidence=f"it has {len(parts)} part{'s' * (len(parts) != 1)}",
            remedy=f"write {form} as in a query, quotes included",
        )
    return ".".join(part if _pattern(part) else qualified([part]) for part in parts)


def _pattern(part: str) -> bool:
    return "*" in part or "?" in part


def _listed(text: str) -> Iterator[str]:
    for part in _split(text, ","):
        yield _named("--key", part.strip(), 1)


def _parts(text: str) -> list[str]:
    """The parts of a qualified name, without quotes."""
    return [
        part[1:-1].replace('""', '"') if part.startswith('"') and part.endswith('"') else part
        for part in _split(text, ".")
    ]


def _split(text: str, separator: str) -> Sequence[str]:
    parts, inside = [""], False
    for letter in text:
        inside ^= letter == '"'
        if letter == separator and not inside:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
