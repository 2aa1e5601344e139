"""SQL for a digest of rows: how each type is hashed, in which bucket a row falls.

What differs as COPY's text differs here too, save for a collision of 64 bits: that is all the
first pass may rely on. The other way round it may err, for what it flags is compared as bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assay.oracle.rows.forms import hash_form
from assay.oracle.rows.plan import Column, Plan
from assay.postgres.session import identifier

BITS = 64
_ROW, _REMIX, _PLACE = 1, 2, 3  # seeds; at seed 0 some types hash NaN like NULL
_APART = 0x2545F4914F6CDD1D  # makes another seed of a seed
_PARTS = 1 << 20  # the finest sample is one of so many rows
_DEPTH = 100  # calls in one another: a server's stack is limited
_FLOAT = (
    "hashint4extended(case when {0} = 0 then ascii(concat({0})) else 0 end,"
    " hashfloat#extended({0}, {1}))"
)
# Their own hash folds its halves. All bits of a float are hashed, and the float of seconds tells
# each microsecond from the next one while two floats lie closer than two of them: for 2^33 seconds,
# which are 272 years. It begins behind the epoch, for the hash of zero is its seed. NULL elsewhere.
_MOMENT = (
    "hashfloat8extended(case when {{0}} >= {0} '1900-01-01 UTC' and {{0}} < {0} '2170-01-01 UTC'"
    " then {1}range_subdiff({{0}}, {0} '1899-12-31 UTC') end, {{1}})"
)
# Bytes have no function of their own that SQL may call: an array of one value does. An array of a
# NULL would forget the seed. For several such values one record is cheaper.
_BYTES = "hash_array_extended(case when {0} is not null then array[#] end, {1})"
# Of a value {0} and a seed {1} that is not repeated: what to hash so that no bit is lost, at half
# the cost of a representation. Some give NULL for a few values, which are then represented.
_HASHED = {
    "boolean": "hashint4extended({0}::int4, {1})",
    "smallint": "hashint2extended({0}, {1})",
    "integer": "hashint4extended({0}, {1})",
    "oid": "hashoidextended({0}, {1})",
    # Its hash folds the upper half into the lower one: the seed has both.
    "bigint": "hashint8extended({0}, ({1}) # {0})",
    # Its hash sees neither the sign nor zeros at the end; NaN and infinity have no scale.
    "numeric": "hashint4extended(case when {0} < 0 then -1 - scale({0}) else scale({0}) end,"
    " hash_numeric_extended({0}, {1}))",
    # A table that limits its decimals stores every value with just so many; it holds no infinity.
    "numeric()": "hashint4extended(({0} < 0)::int4, hash_numeric_extended({0}, {1}))",
    # Zeros of both signs are equal.
    "real": _FLOAT.replace("#", "4"),
    "double precision": _FLOAT.replace("#", "8"),
    "date": "hashint4extended(case when isfinite({0}) then {0} - date '2000-01-01' end, {1})",
    "timestamp without time zone": _MOMENT.format("timestamp", "ts"),
    "timestamp with time zone": _MOMENT.format("timestamptz", "tstz"),
    "time without time zone": "hashfloat8extended(tsrange_subdiff(date '2000-01-02' + {0},"
    " timestamp '2000-01-01'), {1})",
    "uuid": "uuid_hash_extended({0}, {1})",
    "inet": "hashinetextended({0}, {1})",
    "cidr": "hashinetextended({0}, {1})",
    "macaddr": "hashmacaddrextended({0}, {1})",
    "macaddr8": "hashmacaddr8extended({0}, {1})",
}
_ALONE = {
    "interval": _BYTES.replace("#", "interval_send({0})"),
    "bytea": _BYTES.replace("#", "{0}"),
}
# The same, where both databases store text as the same bytes.
_HASHED_TEXT = {
    "text": 'hashtextextended({0} collate "C", {1})',
    "character varying": 'hashtextextended({0} collate "C", {1})',
    # Its hash leaves out blanks at the end.
    "character": 'hashbpcharextended({0} collate "C", hashint4extended(octet_length({0}), {1}))',
    # By its output function: somebody's cast of it to text may lose what tells values apart.
    "jsonb": 'hashtextextended(textin(jsonb_out({0})) collate "C", {1})',
}
# From where it is counted, then the elements. Its hash does not see dimensions, and of an array of
# NULLs alone it forgets the seed, and all that went before.
_ARRAY = (
    "hashint4extended(case when array_lower({0}, 2) is not null then null"
    " when array_position({0}, null) is null then array_lower({0}, 1) end,"
    " hash_array_extended({0}, {1}))"
)
_HASHED |= {f"{one}[]": _ARRAY for one in ("smallint", "integer", "oid", "uuid")}


def row_digest(plan: Plan) -> str:
    """SQL for 64 bits of a row of `assay_relation`.

    Values are hashed one after the other, each seeded by the hash of those before it. Where one of
    them is NULL, and for types that are not hashed so, a record is hashed. A record's hash is
    linear in its columns' hashes: a sum of it would not see values swapped between rows. So it is
    seeded by the row's key, and so are the values if the key is not among them; without a key it
    is hashed once more.
    """
    hashed = {column.name for column in plan.columns if _template(plan, column)}
    alone = {one.name for one in plan.columns if one.type in _ALONE or one.name not in hashed}
    chained = hashed if len(alone) == 1 else hashed - alone
    quick = [column for column in plan.columns if column.name in chained][:_DEPTH]
    taken = {column.name for column in quick}
    rest = [column for column in plan.columns if column.name not in taken]
    seed = _seed(plan)
    if seed is None:
        whole = _remixed(_record(plan, plan.columns))
        return whole if rest else f"coalesce({_chain(plan, quick, str(_ROW))}, {whole})"
    parts = []
    if quick:
        # A sum would hardly tell values swapped between rows if nothing said which row it is.
        begin = str(_ROW) if set(_key(plan)) <= set(quick) else seed
        known = f"hash_record_extended({_record(plan, quick)}, {seed})"
        parts.append(f"coalesce({_chain(plan, quick, begin)}, {known})")
    if rest:
        apart = f"({seed}) # {_APART}::bigint"
        parts.append(f"hash_record_extended({_record(plan, rest)}, {apart})")
    return "(" + " # ".join(parts) + ")"


def key_digest(plan: Plan) -> str:
    """SQL for 64 bits of a row's key alone: they choose its bucket and prove nothing."""
    return f"hash_record_extended({_record(plan, _key(plan))}, {_PLACE})"


def sample_condition(plan: Plan, percent: float) -> str:
    """SQL that is true of about so many of a hundred rows, of the same ones on both sides."""
    chosen = key_digest(plan) if plan.key else row_digest(plan)
    return f"(({chosen}) & {_PARTS - 1}) < {max(round(percent / 100 * _PARTS), 1)}"


def _key(plan: Plan) -> list[Column]:
    ours = {column.name: column for column in plan.columns}
    return [ours[name] for name in plan.key]


def _seed(plan: Plan) -> str | None:
    """SQL for a number that another row hardly has; None where no key says which row it is."""
    if plan.numeric and len(plan.key) == 1:
        return f"assay_relation.{identifier(plan.key[0])}::bigint"
    if not plan.key:
        return None
    return f"hash_record_extended({_record(plan, _key(plan))}, {_ROW})"


def _chain(plan: Plan, columns: Sequence[Column], begin: str) -> str:
    """SQL for a hash of these columns, seeded by `begin`; NULL where one of them is."""
    said = begin
    for column in columns:
        said = _template(plan, column).format(column.value, said)
    return said


def _template(plan: Plan, column: Column) -> str:
    """How a column is hashed in a chain, or nothing: not so, or it would often be in vain."""
    if column.name in plan.scarce or column.name not in plan.alike:
        return ""
    if column.modifier is not None:
        return _HASHED[f"{column.type}()"]
    text = "" if plan.recoded else _HASHED_TEXT.get(column.type, "")
    return _HASHED.get(column.type) or _ALONE.get(column.type, text)


def _remixed(record: str) -> str:
    once = f"concat(hash_record_extended({record}, {_ROW}))"
    return f'hashtextextended({once} collate "C", {_REMIX})'


def _record(plan: Plan, columns: Sequence[Column]) -> str:
    return f"row({', '.join(hash_form(plan, column) for column in columns)})"


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
