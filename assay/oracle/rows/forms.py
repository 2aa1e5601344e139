"""In which form values of each type are hashed or sent: what their text tells apart stays apart.

Types that are named here are PostgreSQL's own and behave as its source says. Of all others only
the output function is trusted: a cast to text is whatever its author made of it.
"""

from __future__ import annotations

from assay.oracle.rows.plan import Column, Plan

# Hashed as they are: their own hash functions see every bit.
_RAW = frozenset({"boolean", "smallint", "integer", "oid", "date", "uuid", "bytea"})
# Their own hash functions, or their equality, do not see all that their text shows.
_SENT = {
    "bigint": "int8send",
    "real": "float4send",
    "double precision": "float8send",
    "numeric": "numeric_send",
    "money": "cash_send",
    "character": "bpcharsend",
    "timestamp without time zone": "timestamp_send",
    "timestamp with time zone": "timestamptz_send",
    "time without time zone": "time_send",
    "time with time zone": "timetz_send",
    "interval": "interval_send",
    "jsonb": "jsonb_send",
    "inet": "inet_send",
    "cidr": "cidr_send",
    "macaddr": "macaddr_send",
    "macaddr8": "macaddr8_send",
    "bit": "bit_send",
    "bit varying": "varbit_send",
    "point": "point_send",
    "box": "box_send",
    "circle": "circle_send",
    "pg_lsn": "pg_lsn_send",
    "oid8": "oid8send",
}
# Nobody can define another cast of these to text; json is written by its output function.
_TEXT = {"text": "{0}::text", "character varying": "{0}::text", "json": "textin(json_out({0}))"}
# Of these COPY BINARY sends the same where their texts are the same, and no OID that a user's
# object has.
_BINARY = (_RAW | _SENT.keys() | _TEXT.keys()) - {"money"}


def hash_form(plan: Plan, column: Column) -> str:
    """SQL for what a record's hash takes of a column."""
    if column.name in plan.alike:
        if column.type in _RAW:
            return column.value
        if column.type in _SENT:
            return f"{_SENT[column.type]}({column.value})"
        if column.type.endswith("[]") and column.type.removesuffix("[]") in _BINARY:
            return f"array_send({column.value})"  # with its bounds, and elements as they are sent
    written = _TEXT.get(column.type)
    text = written.format(column.value) if written else _written(column)
    return f"convert_to({text}, 'UTF8')" if plan.recoded else f'({text}) collate "C"'


def binary_query(plan: Plan, rows: str) -> str:
    """A query of some rows, in the order in which they lie, for a COPY in the binary format."""
    return f"select {', '.join(_binary(plan, column) for column in plan.columns)} from {rows}"


def _binary(plan: Plan, column: Column) -> str:
    plain = column.type.removesuffix("[]") in _BINARY and column.name in plan.alike
    return column.value if plain else _written(column)


def _written(column: Column) -> str:
    """SQL for the text that the type's output function writes."""
    if column.type.removesuffix("[]") == "money":  # written as the database's locale has it
        return f"row({column.value}::numeric{column.type.removeprefix('money')})::text"
    return f"row({column.text})::text"
