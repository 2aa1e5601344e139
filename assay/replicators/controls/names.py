"""Damage to names: schemas, relations and columns are called otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable

from assay.names import MARKER_TABLE
from assay.postgres.session import identifier
from assay.replicators.controls.place import Place
from assay.replicators.reference.selection import USER_SCHEMAS

Rename = Callable[[str], str]

_CUT = re.compile(r"[ ./-]")
_RENAMED_TO = 31  # bytes that some tools have left for a name
_KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "S": "sequence"}


def relations_renamed(rename: Rename) -> Callable[[Place], int]:
    """Rename the relations that a rule changes; a name that is taken gets a digit."""
    return lambda place: _relations(place, rename, digits=True)


def all_renamed(rename: Rename) -> Callable[[Place], int]:
    """Rename columns, relations and schemas that a rule changes; clashes stay as they are."""
    return lambda place: (
        _columns(place, rename) + _relations(place, rename, digits=False) + _schemas(place, rename)
    )


def reserved_renamed(place: Place) -> int:
    """Relations that are called like a keyword get an underscore."""
    words = set(place.texts("select word from pg_catalog.pg_get_keywords() where catcode <> 'U'"))
    return _relations(place, lambda name: f"{name}_" if name in words else name, digits=False)


def without_quotes(name: str) -> str:
    """The name without quotation marks."""
    return re.sub(r"['\"]", "", name)


def cut_at_separator(name: str) -> str:
    """What stands before the first blank, dot, slash or dash."""
    return _CUT.split(name)[0]


def cut_short(name: str) -> str:
    """As much of the name as fits into 31 bytes."""
    return name.encode()[:_RENAMED_TO].decode("utf-8", "ignore")


def ascii_only(name: str) -> str:
    """The name without what is not ASCII."""
    return name.encode("ascii", "ignore").decode()


def _relations(place: Place, rename: Rename, *, digits: bool) -> int:
    done = 0
    for schema, name, kind in place.rows(
        "select n.nspname, c.relname, c.relkind::text from pg_catalog.pg_class c "
        "join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
        f"where {USER_SCHEMAS} and c.relkind in ('r', 'p', 'v', 'm', 'S') "
        f"and c.relname <> '{MARKER_TABLE}' order by 1, 2"
    ):
        old = str(name)
        new = rename(old)
        if new == old:
            continue
        start = f"alter {_KINDS[str(kind)]} {identifier(str(schema), old)} rename to "
        tries = [new, *(f"{new}{digit}" for digit in range(10))] if digits else [new]
        done += any(place.attempt(start + identifier(one)) for one in tries if one)
    return done


def _columns(place: Place, rename: Rename) -> int:
    done = 0
    for table in place.tables():
        for column in table.columns:
            if (new := rename(column.name)) and new != column.name:
                done += place.attempt(
                    f"alter table {table.sql} rename {column.sql} to {identifier(new)}"
                )
    return done


def _schemas(place: Place, rename: Rename) -> int:
    done = 0
    for name in place.texts(
        f"select n.nspname from pg_catalog.pg_namespace n where {USER_SCHEMAS}"
    ):
        if (new := rename(name)) and new != name:
            done += place.attempt(f"alter schema {identifier(name)} rename to {identifier(new)}")
    return done
