"""Rows of one relation as they come from a server: in order, one at a time, as bytes."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from assay.oracle.data import Plan, Relation
from assay.oracle.side import Side
from assay.oracle.values import NULL, unescape

Key = tuple[tuple[int, bytes | int], ...]
_ABSENT = (1, b"")  # orders after every value, as NULLS LAST does


@dataclass(frozen=True, slots=True)
class Row:
    """A row's key in an order that both sides share, the key's fields and the values' fields."""

    key: Key
    shown: tuple[bytes | None, ...]
    values: tuple[bytes | None, ...]


def lines(side: Side, *, plan: Plan, relation: Relation) -> Generator[bytes, None, None]:
    """The lines of COPY's text format, without their ends, from this side's snapshot."""
    statement = f"copy ({plan.query(relation)}) to stdout"
    with side.connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for block in copy:
            yield from bytes(block)[:-1].split(b"\n")


def parse(line: bytes, *, plan: Plan) -> Row:
    """Take a line apart."""
    fields = [None if field == NULL else unescape(field) for field in line.split(b"\t")]
    width = len(plan.key) if plan.key else 1
    shown, values = tuple(fields[:width]), tuple(fields[width:])
    return Row(key=tuple(_comparable(field, plan) for field in shown), shown=shown, values=values)


def _comparable(field: bytes | None, plan: Plan) -> tuple[int, bytes | int]:
    if field is None:
        return _ABSENT
    return (0, int(field)) if plan.key and plan.numeric else (0, field)


def text_of(field: bytes | None, *, plan: Plan) -> bytes | None:
    """A key or whole row as its own text, which the server may have sent as a bytea."""
    if field is None or not plan.recoded or (plan.key and plan.numeric):
        return field
    return bytes.fromhex(field[2:].decode())
