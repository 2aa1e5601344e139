"""Items of narrowed tables: under the source's names, less the columns that are ignored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assay.oracle.catalog.item import Item, as_text, qualified
from assay.oracle.words.kinds import Kind
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.scope import SideName

_KEPT = frozenset({Kind.TABLE, Kind.MATVIEW, Kind.COLUMN})  # of a table that is called otherwise
_OF_COLUMNS = ("definition", "not null")
_ORDER = "column order"


def narrowed_items(
    items: Sequence[Item], *, side: SideName, narrowing: Narrowing
) -> Iterator[Item]:
    """The items as the narrowing asks for them."""
    owners = {
        item.name: item.relation
        for item in items
        if item.kind == Kind.SEQUENCE and item.relation != item.name
    }
    columns = {
        item.name: item.properties.get("owned by") or ""
        for item in items
        if item.kind == Kind.SEQUENCE
    }
    for item in items:
        table = narrowing.source_name(side, owners.get(item.relation, item.relation))
        if not item.relation:
            yield item
        elif not table:
            continue  # the target's own, by the name of a table that is mapped
        elif item.kind == Kind.SEQUENCE_STATE and narrowing.renames(table):
            yield from _state_of(item, columns.get(item.name, ""), side=side, narrowing=narrowing)
        elif narrowing.renames(table):
            if item.kind in _KEPT:
                yield from _renamed(item, table, side=side, narrowing=narrowing)
        elif item.kind == Kind.COLUMN or (item.of == f"column {item.name}"):
            if not narrowing.ignores(item.name):
                yield item
        else:
            yield _ordered(item, table, narrowing)


def _state_of(item: Item, column: str, *, side: SideName, narrowing: Narrowing) -> Iterator[Item]:
    """The state of an owned sequence, by the column that owns it: sequences are named after it."""
    owner, _, name = column.removesuffix(" (identity)").rpartition(".")
    table = narrowing.source_name(side, owner)
    ours = narrowing.source_column(side, table, name)
    if ours:
        yield replace(item, name=f"{table}.{ours}", relation=table, of=f"relation {table}",
                      schema=table.partition(".")[0])  # fmt: skip


def _renamed(item: Item, table: str, *, side: SideName, narrowing: Narrowing) -> Iterator[Item]:
    """A table as to what there is, or a column as to its type, by the source's name."""
    schema = table.partition(".")[0]
    if item.kind != Kind.COLUMN:
        known = {"definition": item.properties.get("definition")} if item.kind == Kind.TABLE else {}
        yield replace(item, name=table, ref=f"relation {table}", relation=table, schema=schema,
                      properties=known)  # fmt: skip
        return
    name = narrowing.source_column(side, table, item.name[len(item.relation) + 1 :])
    whole = f"{table}.{name}"
    if name and not narrowing.ignores(whole):
        known = {key: item.properties[key] for key in _OF_COLUMNS if key in item.properties}
        yield replace(item, name=whole, ref=f"column {whole}", of=f"relation {table}",
                      relation=table, schema=schema, properties=known)  # fmt: skip


def _ordered(item: Item, table: str, narrowing: Narrowing) -> Item:
    """A table whose list of columns lacks those that are ignored."""
    order = item.properties.get(_ORDER)
    if item.kind != Kind.TABLE or not order or not narrowing.ignores_of(table):
        return item
    kept = [name for name in json.loads(order)
            if not narrowing.ignores(f"{table}.{qualified([name])}")]  # fmt: skip
    return replace(item, properties={**item.properties, _ORDER: as_text(kept)})
