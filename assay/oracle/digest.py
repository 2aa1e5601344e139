"""SQL for a digest of rows: how each type is represented, in which bucket a row falls.

What differs as COPY's text differs here too, save for a collision of 64 bits: that is all the
first pass may rely on. The other way round it may err, for what it flags is compared as bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.oracle.data import Column, Plan
from assay.postgres.session import identifier

BITS = 64
_ROW, _REMIX, _PLACE = 1, 2, 3  # seeds; at seed 0 some types hash NaN like NULL
_PARTS = 1 << 20  # the finest sample is one of so many rows
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
}


def row_digest(plan: Plan) -> str:
    """SQL for 64 bits of a row of `assay_relation`.

    A record's hash is linear in its columns' hashes: a sum of it would not see values swapped
    between rows. So each row has its own seed where its key is one integer, else it is hashed once
    more.
    """
    record = _record(plan, plan.columns)
    if plan.numeric and len(plan.key) == 1:
        seed = f"assay_relation.{identifier(plan.key[0])}::bigint"
        return f"hash_record_extended({record}, {seed})"
    return f'hashtextextended((hash_record_extended({record}, {_ROW})::text) collate "C", {_REMIX})'


def place(plan: Plan) -> str:
    """SQL for 64 bits of a row's key alone: they choose its bucket and prove nothing."""
    ours = {column.name: column for column in plan.columns}
    return f"hash_record_extended({_record(plan, [ours[name] for name in plan.key])}, {_PLACE})"


def sampled(plan: Plan, percent: float) -> str:
    """SQL that is true of about so many of a hundred rows, of the same ones on both sides."""
    chosen = place(plan) if plan.key else row_digest(plan)
    return f"(({chosen}) & {_PARTS - 1}) < {max(round(percent / 100 * _PARTS), 1)}"


def _record(plan: Plan, columns: Sequence[Column]) -> str:
    return f"row({', '.join(_represented(plan, column) for column in columns)})"


def _represented(plan: Plan, column: Column) -> str:
    quoted = f"assay_relation.{identifier(column.name)}"
    theirs = next(one.type for one in plan.target.columns if one.name == column.name)
    if column.type == theirs:
        if column.type in _RAW:
            return quoted
        if column.type in _SENT:
            return f"{_SENT[column.type]}({quoted})"
    text = f"{quoted}::text"
    return f"convert_to({text}, 'UTF8')" if plan.recoded else f'({text}) collate "C"'


@dataclass(frozen=True, slots=True)
class Ranges:
    """Buckets of neighbouring keys: `width` values of one integer column each, from `low` on."""

    column: str
    low: int
    width: int
    count: int

    def bucket(self) -> str:
        """SQL for a row's bucket."""
        return f"({self.key}::bigint - ({self.low})::bigint) / {self.width}"

    def first(self, buckets: int) -> str:
        """SQL that is true of the rows of the first buckets; an index answers it."""
        return f"{self.key} < ({self.begin(buckets)})::bigint"

    def begin(self, bucket: int) -> int:
        """The first key of a bucket."""
        return self.low + self.width * bucket

    def between(self, start: int, end: int) -> str:
        """SQL that is true of the rows from one bucket up to another, which is left out."""
        bounds = (f"({self.begin(bucket)})::bigint" for bucket in (start, end))
        return "{0} >= {1} and {0} < {2}".format(self.key, *bounds)

    def among(self, buckets: Sequence[int]) -> str:
        """SQL that is true of the rows of these buckets; by index while they are few ranges."""
        ranges = list(_coalesced(buckets))
        if len(ranges) > _BY_INDEX:
            return f"{self.bucket()} = any('{_array(buckets)}'::bigint[])"
        return " or ".join(f"({self.between(start, end + 1)})" for start, end in ranges)

    @property
    def key(self) -> str:
        """SQL for a row's key."""
        return f"assay_relation.{identifier(self.column)}"


@dataclass(frozen=True, slots=True)
class Hashed:
    """Buckets by a hash: `count`, a power of two, of them; `expression` is SQL for the hash."""

    expression: str
    count: int

    def bucket(self) -> str:
        """SQL for a row's bucket."""
        return f"({self.expression}) & {self.count - 1}"

    def among(self, buckets: Sequence[int]) -> str:
        """SQL that is true of the rows of these buckets."""
        return f"({self.bucket()}) = any('{_array(buckets)}'::bigint[])"


Buckets = Ranges | Hashed
_BY_INDEX = 64  # ranges for which an index is asked


def _coalesced(buckets: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of neighbours, as their first and their last."""
    runs: list[tuple[int, int]] = []
    for one in sorted(buckets):
        if runs and one == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], one)
        else:
            runs.append((one, one))
    return runs


def _array(buckets: Sequence[int]) -> str:
    return "{" + ",".join(map(str, sorted(buckets))) + "}"
