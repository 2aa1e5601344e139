"""Which relations hold rows, how each is read, and what identifies a row there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from assay.oracle.catalog.item import qualified
from assay.oracle.catalog.queries.fragments import HIDDEN_SCHEMA, UNLOGGED, not_member
from assay.oracle.rows.spelling import VALUE, spellings
from assay.oracle.session.side import Side
from assay.postgres.session import identifier, literal

WIDE = 32 << 20  # bytes of a row's texts from which its large values are hashed
WIDE_VALUE = 1 << 20  # bytes from which a value of such a relation is hashed
_COMPRESSION = 256  # bytes of text that one stored byte may stand for
_BYTES = ("text", "character varying", "bytea")  # their length is known without reading them
_INTEGERS = ("smallint", "integer", "bigint")
_PLAIN_ENCODINGS = ("UTF8", "SQL_ASCII")
NO_PRIVILEGE = "no privilege to read every row"
_NOT_ON_REPLICA = "a read replica lacks the rows of what is unlogged"
UNREADABLE = {  # why not every row of a relation can be read, and what to do about it
    NO_PRIVILEGE: "grant usage on its schema and select on it (pg_read_all_data has both), and"
    " bypassrls where policies apply; or leave it out with --exclude",
    _NOT_ON_REPLICA: "name the primary instead, or leave it out with --exclude",
}
# Findings shorten and escape what is not plain, and quote a text that reads NULL.
_UNCLEAR = re.compile(r"[^ -~]|\\|'NULL'")


@dataclass(frozen=True, slots=True)
class Column:
    """A column by name with its type's name; `long` says that its values have no fixed length.

    `spelled` is SQL for the text of a value where the two servers print the same one differently;
    `modifier` is that of a table's numeric: all of its values have one number of decimals.
    """

    name: str
    type: str
    long: bool = False
    modifier: int | None = None
    spelled: str = ""

    @property
    def value(self) -> str:
        """SQL for its value in `assay_relation`."""
        return f"assay_relation.{identifier(self.name)}"

    @property
    def text(self) -> str:
        """SQL for its value as both servers write it, which may be the value itself."""
        return self.spelled.replace(VALUE, self.value) if self.spelled else self.value


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation with storage: columns in order, keys best first, and whether we may read it.

    `condition` restricts an extension's configuration table to what users put there. `size` is in
    bytes, without TOAST; `expected` is how many rows the statistics promise, 0 where none do.
    `heap` says that a range of its pages can be read alone, `unreadable` why not every row can be.
    `renamed` are columns, by their own names, with the names under which they are compared.
    """

    oid: int
    parts: tuple[str, str]
    columns: tuple[Column, ...]
    keys: tuple[tuple[str, ...], ...]
    unreadable: str
    condition: str
    toast: int
    filenode: int
    size: int
    expected: int
    heap: bool = True
    renamed: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The qualified name."""
        return qualified(self.parts)

    @property
    def read_from(self) -> str:
        """What a query reads it from, as `assay_relation`, with columns under our names."""
        if not self.renamed:
            return f"only {identifier(*self.parts)} as assay_relation"
        ours = {name: theirs for theirs, name in self.renamed}
        listed = ", ".join(
            f"{identifier(ours.get(one.name, one.name))} as {identifier(one.name)}"
            for one in self.columns
        )
        return f"(select {listed} from only {identifier(*self.parts)}) as assay_relation"


def list_relations(side: Side) -> list[Relation]:
    """Tables, leaf partitions, inheritance children and populated matviews, from the catalogs."""
    return [_relation(row) for row in side.each(_query(side.alike))]


def _relation(row: dict[str, Any]) -> Relation:
    schema, table = row["name"]
    return Relation(
        oid=int(row["oid"]),
        parts=(schema, table),
        columns=_columns(tuple(map(tuple, row["columns"] or ()))),
        keys=_keys(tuple(map(tuple, row["keys"] or ()))),
        unreadable=row["unreadable"],
        condition=row["condition"] or "",
        toast=row["toast"],
        filenode=row["filenode"],
        size=row["size"],
        expected=max(int(row["expected"]), 0),
        heap=row["heap"],
    )


@lru_cache(1024)  # ten thousand tables have much in common
def _columns(columns: tuple[tuple[Any, ...], ...]) -> tuple[Column, ...]:
    return tuple(Column(*column) for column in columns)


@lru_cache(1024)
def _keys(keys: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    return keys


def _query(alike: Sequence[str]) -> str:
    """Users' relations; of extensions what they declare as configuration, or all where `alike`."""
    named = ", ".join(literal(name) for name in alike)
    whole = f"m.extname in ({named})" if alike else "false"
    return f"""
    with member as (select e.extname, e.extconfig, e.extcondition, d.objid from pg_depend d
        join pg_extension e on e.oid = d.refobjid where d.deptype = 'e'
        and d.classid = 'pg_class'::regclass and d.refclassid = 'pg_extension'::regclass),
      relation as (
        select c.oid, c.relkind, c.relpersistence, c.relfilenode, c.relam, c.reltoastrelid,
          c.reltuples, n.nspname, c.relname,
          (select m.extcondition[array_position(m.extconfig, c.oid)] from member m
            where m.objid = c.oid) as condition
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where (c.relkind = 'r' or c.relkind = 'm' and c.relispopulated)
          and n.nspname !~ '{HIDDEN_SCHEMA}' and ((c.oid >= 16384
          and {not_member("pg_class", "c.oid")}) or exists (select from member m
            where m.objid = c.oid and (c.oid = any(m.extconfig) or {whole}))))
    select r.oid, array[r.nspname, r.relname]::text[] as name, r.condition,
      case when not has_table_privilege(r.oid, 'select')
          or not has_schema_privilege(r.nspname, 'usage') or row_security_active(r.oid)
        then '{NO_PRIVILEGE}' when {UNLOGGED.format("r")}
        then '{_NOT_ON_REPLICA}' else '' end as unreadable,
      coalesce(pg_relation_size(nullif(r.reltoastrelid, 0)), 0) as toast,
      r.relfilenode as filenode, coalesce(pg_relation_size(r.oid), 0) as size,
      r.reltuples as expected,
      (select m.amname = 'heap' from pg_am m where m.oid = r.relam) as heap,
      (select json_agg(json_build_array(a.attname, format_type(a.atttypid, null), y.typlen = -1
          and 'bpchar'::regtype not in (y.oid, y.typbasetype),
          case when r.relkind = 'r' and y.oid = 'numeric'::regtype and a.atttypmod >= 0
            then a.atttypmod end) order by a.attnum)
        from pg_attribute a join pg_type y on y.oid = a.atttypid
        where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped) as columns,
      (select json_agg(k.names order by not k.indisprimary, cardinality(k.names), k.indexrelid)
        from (select x.indisprimary, x.indexrelid, array(select a.attname::text
            from unnest(x.indkey) with ordinality as i(attnum, position) join pg_attribute a
            on a.attrelid = x.indrelid and a.attnum = i.attnum
            where i.position <= x.indnkeyatts order by i.position) as names
          from pg_index x where x.indrelid = r.oid and x.indisunique and x.indisvalid
            and x.indpred is null and x.indexprs is null and not exists (
              select from unnest(x.indkey) as u(attnum) join pg_attribute a
              on a.attrelid = x.indrelid and a.attnum = u.attnum where not a.attnotnull)
        ) as k) as keys
    from relation r order by r.nspname collate "C", r.relname collate "C\""""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one relation is read on both sides.

    `alike` are the columns of one type on both sides. `numeric` says that the key's columns are
    integers, ordered as such; `recoded` that text is compared as UTF-8 bytes; `strict` that text
    which was raw bytes must be valid on the target; `wide` that long values are hashed. Without a
    key, equal rows are counted. `among`, if given, is SQL that is true of the rows that are read;
    `rows` is SQL for them to select from, for each side. `scarce` are columns that are often NULL.
    """

    source: Relation
    target: Relation
    columns: tuple[Column, ...]
    alike: frozenset[str]
    key: tuple[str, ...]
    numeric: bool
    recoded: bool
    strict: bool = False
    wide: bool = False
    among: str = ""
    rows: tuple[str, str] | None = None
    scarce: frozenset[str] = frozenset()

    def query(self, relation: Relation) -> str:
        """The COPY statement's query for one side."""
        return self._keyed(relation) if self.key else self._counted(relation)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in the order of the query's output after the key."""
        return tuple(column.name for column in self.columns)

    def at(self, keys: Sequence[str]) -> Plan:
        """Only the rows with these keys, written as findings write them.

        All rows where there is no key, or where what a finding writes of one is not what it is.
        """
        if not self.key or self.source.condition or self.target.condition:
            return self
        columns = [self._column(name).text for name in self.key]
        if self.numeric and len(columns) == 1:
            # Of the column's own type: where no index helps, the list is looked up by hash.
            types = {one.name: one.type for one in self.columns if one.name in self.alike}
            listed = f"'{{{','.join(keys)}}}'::{types.get(self.key[0], 'bigint')}[]"
            return self.only(f"{columns[0]} = any({listed})")
        if any(map(_UNCLEAR.search, keys)):
            return self
        written = ", ',', ".join(columns)
        written = written if len(columns) == 1 else f"'(', {written}, ')'"
        listed = ", ".join(map(literal, keys))
        return self.only(f'(concat({written})) collate "C" = any(array[{listed}])')

    def only(self, condition: str) -> Plan:
        """Of its rows only those for which SQL is true."""
        return replace(self, among=f"{self.among} and {condition}" if self.among else condition)

    def _keyed(self, relation: Relation) -> str:
        keys = [self._key_text(name) for name in self.key]
        values = [self._value(column) for column in self.columns]
        order = ", ".join(f"{key} nulls last" for key in keys)
        return f"select {', '.join(keys + values)} from {self._from(relation)} order by {order}"

    def whole_rows(self, relation: Relation) -> str:
        """A query of each row of one side as one text, `assay_row`, in a collation of both."""
        values = ", ".join(self._value(column) for column in self.columns)
        text = f"row({values})::text"
        return f"select {self._comparable(text)} as assay_row from {self._from(relation)}"

    def _counted(self, relation: Relation) -> str:
        return (
            f"select assay_row, count(*) from ({self.whole_rows(relation)}) as assay_rows"
            " group by assay_row order by assay_row"
        )

    def _column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def _key_text(self, name: str) -> str:
        text = self._column(name).text
        if self.numeric:
            return text
        # As its output function writes it: somebody's cast to text may lose what tells keys apart.
        return self._comparable(f"concat({text})")

    def _comparable(self, text: str) -> str:
        """Text that both sides order alike, whatever their collations and encodings."""
        return f"convert_to({text}, 'UTF8')" if self.recoded else f'({text}) collate "C"'

    def _value(self, column: Column) -> str:
        quoted = column.text
        if column.type.removesuffix("[]") == "money":
            return f"{quoted}::numeric" + ("[]" if column.type.endswith("[]") else "")
        if self.wide and column.long:
            text = f"concat({quoted})"  # as it is written: a cast to text may be somebody's
            known = column.type in _BYTES
            raw = quoted if column.type == "bytea" else f"convert_to({text}, 'UTF8')"
            length = f"octet_length({quoted if known else text})"
            return (
                f"case when {quoted} is not distinct from null then null"
                f" when {length} > {WIDE_VALUE} then 'sha256 ' || encode(sha256({raw}), 'hex')"
                f" || ' of ' || {length} || ' bytes' else {text} end"
            )
        return quoted

    def _from(self, relation: Relation) -> str:
        if self.rows is not None:
            return self.rows[0 if relation is self.source else 1]
        clause = relation.read_from
        chosen = f"where {self.among}" if self.among else relation.condition
        return f"{clause} {chosen}" if chosen else clause


def plan_rows(
    source: Relation, target: Relation, *, sides: Sequence[Side], wide: int = WIDE
) -> Plan:
    """Choose columns, key and representation for one relation that both sides have.

    Where a row may have more than `wide` bytes of text, long values are hashed.
    """
    theirs = {column.name: column for column in target.columns}
    known = spellings(sides)
    columns = tuple(
        replace(
            column,
            spelled=known.get(column.type, ""),
            modifier=column.modifier if column.modifier == theirs[column.name].modifier else None,
        )
        for column in source.columns
        if column.name in theirs
    )
    key = next((key for key in source.keys if set(key) <= theirs.keys()), ())
    ours = {column.name: column for column in columns}
    numeric = all(
        side[name].type in _INTEGERS for name in key for side in (ours, theirs) if name in side
    )
    hashed = any(
        _is_wide(side, relation, columns, wide)
        for side, relation in zip(sides, (source, target), strict=True)
    )
    return Plan(
        source=source,
        target=target,
        columns=columns,
        alike=frozenset(one.name for one in columns if theirs[one.name].type == one.type),
        key=key,
        numeric=numeric,
        recoded=any(side.encoding not in _PLAIN_ENCODINGS for side in sides),
        strict=sides[0].encoding == "SQL_ASCII" and sides[1].encoding == "UTF8",
        wide=hashed,
    )


def _is_wide(side: Side, relation: Relation, columns: Sequence[Column], limit: int) -> bool:
    """Whether a row's texts could be so large that values are hashed; reads no TOAST."""
    long = [column for column in columns if column.long]
    if relation.toast < limit // _COMPRESSION or not long:
        return False
    size = " + ".join(f"coalesce({_bound(column)}, 0)" for column in long)
    ((largest,),) = side.ask(f"select max({size}) from {relation.read_from}")
    return bool(largest and largest > limit)


def _bound(column: Column) -> str:
    """SQL for a bound of a value's text in bytes."""
    if column.type in _BYTES:
        return f"octet_length({column.value})::bigint"
    return f"pg_column_size({column.value})::bigint * {_COMPRESSION}"
