"""Types whose equal values two servers print differently, and SQL for a text that both print.

PostgreSQL 19 pads a pg_lsn with zeros. Wherever one stands in a value - itself, in a domain, an
array, a range, a composite type - the text of 18 is compared. In json or text it is text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.oracle.session.side import Side
from assay.postgres.session import identifier

FIRST_PADDED = 19  # the version from which on a pg_lsn is padded
VALUE = "{0}"  # stands for the value in what `spellings` gives
_LSN = "pg_lsn"
# Of a type that holds nothing but such values, all zeros that lead a low half are padding.
_UNPADDED = "regexp_replace(concat({0}), '/0+(?=[0-9A-F])', '/', 'g')"
_QUERY = f"""
    with recursive part as materialized (
        select typbasetype as oid, oid as holder from pg_type where typtype = 'd'
        union all select typelem, oid from pg_type where typelem <> 0
          and typsubscript = 'array_subscript_handler'::regproc
        union all select rngsubtype, rngtypid from pg_range
        union all select rngtypid, rngmultitypid from pg_range
        union all select a.atttypid, c.reltype from pg_class c
          join pg_attribute a on a.attrelid = c.oid
          where c.reltype <> 0 and a.attnum > 0 and not a.attisdropped),
      holding as (
        select '{_LSN}'::regtype::oid as oid
        union select p.holder from holding h join part p on p.oid = h.oid)
    select format_type(y.oid, null) as name, y.typtype as kind,
      format_type(coalesce(nullif(y.typbasetype, 0), nullif(y.typelem, 0), r.rngsubtype,
        m.rngtypid), null) as of,
      (select json_agg(json_build_array(a.attname, format_type(a.atttypid, null))
          order by a.attnum)
        from pg_attribute a where y.typtype = 'c' and a.attrelid = y.typrelid and a.attnum > 0
          and not a.attisdropped) as attributes
    from holding h join pg_type y on y.oid = h.oid left join pg_range r on r.rngtypid = y.oid
    left join pg_range m on m.rngmultitypid = y.oid"""


def spellings(sides: Sequence[Side]) -> Mapping[str, str]:
    """SQL for the text to compare, by the name of each type that needs it on the source.

    Empty where both sides print alike.
    """
    padded = [side.version >= FIRST_PADDED for side in sides]
    if all(padded) or not any(padded):
        return {}
    types = dict(sides[0].once(_QUERY, _named_type))
    return {name: _spelled(name, types, VALUE, 0) for name in types}


@dataclass(frozen=True, slots=True)
class _Type:
    """A type that holds a pg_lsn: of what it is made, and the names and types of its attributes."""

    kind: str
    of: str | None
    attributes: tuple[tuple[str, str], ...]

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> _Type:
        """From the catalog's row."""
        attributes = tuple((name, type_) for name, type_ in row["attributes"] or ())
        return cls(row["kind"], row["of"], attributes)


def _named_type(row: Mapping[str, Any]) -> tuple[str, _Type]:
    return row["name"], _Type.of_row(row)


def _spelled(name: str, types: Mapping[str, _Type], value: str, depth: int) -> str:
    """SQL for a value's text; NULL stays NULL, which is not a row of NULLs."""
    type_ = types[name]
    if _pure(name, types):
        return _given(value, _UNPADDED.replace(VALUE, value))
    if type_.kind == "d" and type_.of is not None:
        return _spelled(type_.of, types, value, depth)
    if type_.kind == "c":
        fields = [
            _spelled(of, types, f"({value}).{identifier(field)}", depth)
            if of in types
            else f"({value}).{identifier(field)}"
            for field, of in type_.attributes
        ]
        return _given(value, f"concat(row({', '.join(fields)}))")
    if type_.kind == "b" and type_.of is not None:
        place = f"assay_place{depth}"
        element = _spelled(type_.of, types, f"({value})[{place}]", depth + 1)
        listed = f"array(select {element} from generate_subscripts({value}, 1) as {place})"
        whole = f"concat(array_dims({value}), ' ', {listed})"
        # What has more dimensions is left as it is: it may differ, but never looks equal.
        return (
            f"case when array_ndims({value}) > 1 then concat({value}) else"
            f" {_given(value, whole)} end"
        )
    return _given(value, f"concat({value})")


def _pure(name: str, types: Mapping[str, _Type]) -> bool:
    """Whether a type's text holds nothing but texts of pg_lsn and signs around them."""
    type_ = types.get(name)
    if name == _LSN or type_ is None or type_.kind == "c":
        return name == _LSN
    return type_.of is not None and _pure(type_.of, types)


def _given(value: str, text: str) -> str:
    return f"case when {value} is distinct from null then {text} end"
