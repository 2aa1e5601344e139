"""A fact about one thing in a database, by name: what fingerprints and snapshots are made of."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assay.oracle.words.kinds import Kind
from assay.oracle.words.marks import RUN

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
_PART = re.compile(r'"(?:[^"]|"")*"|[^."]+')
OWNER = "<owner>"  # stands for the owner's name in ACL entries, so that only the owner differs

Value = str | None


def qualified(parts: Sequence[str]) -> str:
    """A name of parts joined by dots; a part is quoted only where its letters require it."""
    return ".".join(
        part if _PLAIN.fullmatch(part) else '"' + part.replace('"', '""') + '"' for part in parts
    )


def split_name(name: str) -> list[str]:
    """The parts of a qualified name, without their quotes."""
    return [
        part[1:-1].replace('""', '"') if part.startswith('"') else part
        for part in _PART.findall(name)
    ]


def schema_of(name: str) -> str:
    """The first part of a qualified name, without quotes."""
    return name.partition(".")[0] if not name.startswith('"') else split_name(name)[0]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing with its properties.

    `kind` and `name` identify it; `ref` is the thing others hang on, `of` the thing this one hangs
    on, `relation` the relation it belongs to and `schema` its schema, all by name.
    """

    kind: str
    name: str
    properties: Mapping[str, Value] = field(default_factory=dict)
    ref: str = ""
    of: str = ""
    relation: str = ""
    schema: str = ""
    owner: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What pairs it with the other side's item."""
        return self.kind, self.name

    def to_json(self) -> list[Any]:
        """A JSON-able form that `from_json` reads."""
        properties = dict(self.properties)
        return [self.kind, self.name, properties, *self._links()]

    def _links(self) -> tuple[str, ...]:
        return self.ref, self.of, self.relation, self.schema, self.owner

    @classmethod
    def from_json(cls, data: Sequence[Any]) -> Item:
        """Read what `to_json` wrote."""
        return cls(*data)


def item_from_row(row: Mapping[str, Any]) -> Item:
    """An item from a catalog query's row.

    Columns: ``kind``, ``class``, ``name`` (parts), ``props``; optional ``suffix`` (arguments),
    ``relation`` (parts), ``of`` (class, parts, suffix), ``schema`` (where the name does not begin
    with it), ``owner``. Annotations (owner, ACL, comment, label) hang on the thing whose class and
    name they carry, unless ``of`` names another.
    """
    parts: list[str] = row["name"]
    name = sys.intern(qualified(parts) + (row.get("suffix") or ""))
    ref = sys.intern(f"{row['class']} {name}")
    of = row.get("of")
    annotation = row["kind"] in ANNOTATIONS
    return Item(
        kind=sys.intern(str(row["kind"])),
        name=name,
        properties=_flat(row["props"] or {}),
        ref="" if annotation else ref,
        of=_holder(*of) if of else ref if annotation else "",
        relation=sys.intern(qualified(row["relation"])) if row.get("relation") else "",
        schema=_schema(row),
        owner=row.get("owner") or "",
    )


def _holder(class_: str, parts: Sequence[str], suffix: str = "") -> str:
    return sys.intern(f"{class_} {qualified(parts)}{suffix}")


def _schema(row: Mapping[str, Any]) -> str:
    parts: list[str] = row["name"]
    if row.get("schema"):
        return qualified([row["schema"]])
    return sys.intern(qualified(parts[:1])) if len(parts) > 1 or row["class"] == "schema" else ""


ANNOTATIONS = frozenset({Kind.OWNER, Kind.ACL, Kind.COMMENT, Kind.SECURITY_LABEL})


def _flat(properties: Mapping[str, Any]) -> dict[str, Value]:
    """Property values as text; ``name{}`` holds ``key=value`` entries, each its own property.

    What is not set is left out. Texts are shared: ten thousand tables have much in common.
    """
    flat: dict[str, Value] = {}
    for name, value in properties.items():
        if name.endswith("{}"):
            for entry in value or ():
                option, _, setting = entry.partition("=")
                flat[f"{name[:-2]} {option}".strip()] = setting
        elif (text := as_text(value)) is not None:
            flat[sys.intern(name)] = sys.intern(text)
    return flat


def as_text(value: Any) -> Value:
    """A JSON value as the text that findings show."""
    if value is None:
        return None
    text = (
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    )
    return RUN.without_credentials(text)
