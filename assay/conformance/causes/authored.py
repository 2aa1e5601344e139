"""What a case made itself: its names never tell one defect from another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from assay.conformance.case import Case

_PART = r'(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)'
_NAME = rf"(?P<name>{_PART}(?:\.{_PART})*)"
_KINDS = (
    "table|view|index|sequence|schema|type|domain|function|procedure|aggregate|trigger|rule|policy"
    "|role|user|group|database|publication|subscription|collation|conversion|class|family|server"
    "|wrapper|statistics|dictionary|configuration|parser|template|tablespace|operator"
)
_MADE = (
    re.compile(
        rf"\bcreate\s+(?:(?!extension\b)\w+\s+){{0,3}}?(?P<kind>{_KINDS})\s+(?:concurrently\s+)?"
        rf"(?:if\s+not\s+exists\s+)?{_NAME}",
        re.IGNORECASE,
    ),
    re.compile(rf"\brename\s+(?:\w+\s+)?(?:{_PART}\s+)?to\s+{_NAME}", re.IGNORECASE),
    re.compile(
        r"\badd\s+(?:column\s+)?(?!constraint\b|primary\b|foreign\b|unique\b|check\b|column\b"
        rf"|exclude\b|table\b|value\b)(?:if\s+not\s+exists\s+)?{_NAME}",
        re.IGNORECASE,
    ),
    re.compile(rf"\bconstraint\s+(?!trigger\b){_NAME}", re.IGNORECASE),
    re.compile(rf"(?<=\s)as\s+{_NAME}(?=\s*[,;)\n]|\s+from\b)", re.IGNORECASE),
    re.compile(
        r"pg_(?:create_(?:logical|physical)_replication_slot|replication_origin_create)"
        r"\(\s*'(?P<name>[^']+)'",
        re.IGNORECASE,
    ),
)
_TABLE = re.compile(
    rf"\bcreate\s+(?:\w+\s+){{0,2}}?(?:table|type)\s+(?:if\s+not\s+exists\s+)?{_NAME}"
    r"\s*(?:as\s*)?\(",
    re.IGNORECASE,
)
_TYPE = re.compile(
    rf"\bcreate\s+(?P<domain>domain|type)\s+{_NAME}\s+as\s*(?P<kind>enum|range)?", re.IGNORECASE
)
_COLUMN = re.compile(
    rf"\s*{_NAME}\s+(?P<type>.+?)\s*(?=$|\b(?:not|null|default|primary|unique|references|check"
    r"|generated|collate|constraint|storage|compression)\b)",
    re.IGNORECASE | re.DOTALL,
)
_NO_COLUMN = re.compile(
    r"\s*(?:constraint|primary|unique|foreign|check|exclude|like)\b", re.IGNORECASE
)
_ADDED = re.compile(
    rf"\balter\s+table\s+(?:only\s+)?(?P<table>{_PART}(?:\.{_PART})*)\s+add\s+(?:column\s+)?"
    rf"(?P<column>{_PART}\s+[^,;]+)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"--[^\n]*")
_TYPE_SIZE = re.compile(r"\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Authored:
    """The names that a case's statements make, and the type of each column (`table.column`).

    Empty where nobody knows the statements: then only what a message itself says can tell.
    """

    names: frozenset[str] = frozenset()
    types: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Case) -> Authored:
        """Of all sections of a case."""
        return cls.by("\n".join(section.sql for section in case.sections))

    @classmethod
    def by(cls, sql: str) -> Authored:
        """Of statements as a text."""
        sql = _COMMENT.sub("", sql)
        columns = dict(_columns(sql))
        made = {_last(match["name"]) for rule in _MADE for match in rule.finditer(sql)}
        made |= {column.rpartition(".")[2] for column in columns}
        return cls(frozenset(made - {"public"}), columns)

    def made(self, name: str) -> bool:
        """Whether a name as the server writes it is the case's, or was derived from one by it.

        Derived are ``t_pkey``, ``t_id_seq``, and the partitions that a loop made.
        """
        bare = _last(name) if name.endswith('"') else name.rpartition(".")[2]
        return any(
            bare == own or bare.startswith(own if own.endswith("_") else f"{own}_")
            for own in self.names
        )

    def type_of(self, table: str, column: str) -> str | None:
        """The type that the case gave a column, without its size; None where it is not known."""
        return self.types.get(f"{_last(table)}.{_last(column)}")


NOBODY = Authored()


def _columns(sql: str) -> Iterator[tuple[str, str]]:
    """Each column as ``table.column`` with its type in a form that many columns share."""
    own = {_last(m["name"]): _kind_of_type(m) for m in _TYPE.finditer(sql)}
    found = [(m["name"], _split(sql, m.end())) for m in _TABLE.finditer(sql)]
    found += [(m["table"], [m["column"]]) for m in _ADDED.finditer(sql)]
    for table, parts in found:
        for part in parts:
            match = None if _NO_COLUMN.match(part) else _COLUMN.match(part)
            if match is None:
                continue
            words = _TYPE_SIZE.sub("", " ".join(match["type"].lower().split())).strip()
            bare, arrayed = words.rstrip("[]"), words.endswith("]")
            kind = own.get(_last(bare), bare)
            yield f"{_last(table)}.{_last(match['name'])}", f"{kind}[]" if arrayed else kind


def _kind_of_type(match: re.Match[str]) -> str:
    if match["domain"].lower() == "domain":
        return "domain"
    return (match["kind"] or "composite").lower()


def _split(sql: str, start: int) -> list[str]:
    """What stands between parentheses that were opened just before `start`, at its commas."""
    parts, depth, begin = [], 1, start
    for at in range(start, len(sql)):
        letter = sql[at]
        depth += (letter == "(") - (letter == ")")
        if depth == 0 or (depth == 1 and letter == ","):
            parts.append(sql[begin:at])
            begin = at + 1
        if depth == 0:
            break
    return parts


def _last(name: str) -> str:
    """The last part of a name, as the server keeps it."""
    if name.endswith('"'):
        parts: list[str] = re.findall(r'"((?:[^"]|"")+)"', name)
        return parts[-1].replace('""', '"')
    return name.rpartition(".")[2].strip('"').lower()
