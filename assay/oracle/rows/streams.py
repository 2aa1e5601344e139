"""Rows of one relation as they come from a server: in order, in batches, as bytes."""

from __future__ import annotations

import selectors
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from assay.errors import ServerError
from assay.oracle.rows.plan import Plan, Relation
from assay.oracle.session.side import Side
from assay.oracle.words.failed import failures_of
from assay.oracle.words.values import NULL, unescape

Key = tuple[tuple[int, bytes | int], ...]
BATCH, HELD = 1000, 1 << 20  # lines of a batch; bytes after which it is given earlier
_AWAKE = 1.0  # seconds until an interrupt is noticed
_CANCEL = 5.0  # seconds for a server to hear of it
_ABSENT = (1, b"")  # orders after every value, as NULLS LAST does


@dataclass(frozen=True, slots=True)
class Row:
    """A row's key in an order that both sides share, the key's fields and the values' fields."""

    key: Key
    shown: tuple[bytes | None, ...]
    values: tuple[bytes | None, ...]


def batches(side: Side, *, plan: Plan, relation: Relation) -> Generator[list[bytes], None, None]:
    """The lines of COPY's text format, without their ends, from this side's snapshot, many at once.

    ReadFailed says what the server says instead.
    """
    with failures_of(side.name):
        yield from _batches(side, plan.query(relation))


def _batches(side: Side, query: str) -> Generator[list[bytes], None, None]:
    """Asks libpq for each line: psycopg's own loop costs more for a line than to compare it."""
    server = side.connection.pgconn
    server.send_query(f"copy ({query}) to stdout".encode())
    copying = False
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(server.socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while server.flush():
                selector.select(_AWAKE)
            selector.modify(server.socket, selectors.EVENT_READ)
            while server.is_busy():
                selector.select(_AWAKE)
                server.consume_input()
            _demand(server.get_result(), ExecStatus.COPY_OUT)
            copying = True
            batch, held = list[bytes](), 0
            while True:
                size, line = server.get_copy_data(1)
                if size > 0:
                    batch.append(bytes(line)[:-1])
                    held += size
                    if len(batch) == BATCH or held > HELD:
                        yield batch
                        batch, held = [], 0
                elif size == 0:
                    selector.select(_AWAKE)
                    server.consume_input()
                else:
                    break
        copying = False
        _demand(server.get_result(), ExecStatus.COMMAND_OK)
        if batch:
            yield batch
    finally:
        if copying:  # whoever listened has gone, or the connection has
            with suppress(psycopg.Error):
                side.connection.cancel_safe(timeout=_CANCEL)
                while server.get_copy_data(0)[0] > 0:
                    pass
        while server.get_result() is not None:
            pass


def _demand(result: PGresult | None, status: ExecStatus) -> None:
    """Raise what the server says instead."""
    if result is None or result.status != status:
        raise ServerError("A COPY ended early.") if result is None else error_from_result(result)


def rows_of(lines: Sequence[bytes], *, plan: Plan) -> int:
    """How many rows these lines are: without a key a line's last field says it."""
    if plan.key:
        return len(lines)
    return sum(int(line.rpartition(b"\t")[2]) for line in lines)


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
