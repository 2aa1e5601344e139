"""What a database is at one moment, storable; and what changed between two moments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from assay.oracle.catalog.differ import differences
from assay.oracle.catalog.fingerprint import STATE, narrow_items, read_items
from assay.oracle.catalog.item import Item
from assay.oracle.catalog.kin import Kin
from assay.oracle.rows.plan import Relation, list_relations, plan_rows
from assay.oracle.rows.streams import batches, rows_of
from assay.oracle.session.side import Side, open_side
from assay.oracle.words.both import Both
from assay.oracle.words.extent import Extent
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.narrowing import WHOLE
from assay.oracle.words.scope import Declared, Scope, SideName
from assay.postgres.address import Address

_DATA_KINDS = frozenset({Kind.SEQUENCE_STATE, Kind.LARGE_OBJECT})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Items with slots and origins, and for each relation its row count and a digest of all rows.

    `unread` names what our role was not allowed to read: rules, and relations.
    """

    database: str
    items: tuple[Item, ...]
    rows: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A JSON-able form that `from_json` reads."""
        return {
            "database": self.database,
            "items": [item.to_json() for item in self.items],
            "rows": dict(self.rows),
            "unread": list(self.unread),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Snapshot:
        """Read what `to_json` wrote."""
        return cls(
            database=data["database"],
            items=tuple(Item.from_json(item) for item in data["items"]),
            rows=dict(data["rows"]),
            unread=tuple(data["unread"]),
        )


def snapshot(
    address: Address, *, scope: Scope | None = None, side: SideName = "source", rows: bool = True
) -> Snapshot:
    """Read one database as `scope` says; `side` decides which declarations apply.

    `rows` False reads no rows, for moments between which rows are meant to change. Raises
    ServerError or psycopg's errors when the server does not answer.
    """
    chosen = scope if scope is not None else Scope()
    with open_side(address, name=side) as here:
        extent = Kin.of(chosen, Both(here, here), WHOLE).extent(chosen)
        reading = read_items(here, extent=extent, more=STATE)
        relations = _relations(here, extent) if rows else []
        return Snapshot(
            database=here.database,
            items=tuple(reading.items),
            rows={r.name: _digest(here, r) for r in relations if not r.unreadable},
            unread=(*reading.hidden, *(r.name for r in relations if r.unreadable)),
        )


def changes(
    before: Snapshot,
    after: Snapshot,
    scope: Scope | None = None,
    *,
    side: SideName = "source",
    data: bool = True,
) -> tuple[Finding, ...]:
    """What differs between two snapshots of one database, each finding with its `side`.

    What `scope` declares for `side` is allowed to have appeared and disappeared. `data` False
    leaves out rows, the state of sequences and large objects.
    """
    chosen = scope if scope is not None else Scope()
    allowed = _own_declarations(chosen.declared, side)
    narrowed = Scope(declared=allowed)
    found = differences(
        _kept(before.items, allowed, side=side, data=data),
        _kept(after.items, allowed, side=side, data=data),
        scope=narrowed,
        database=before.database,
    )
    moved = (*found, *(_row_changes(before, after) if data else ()))
    return tuple(replace(finding, side=side) for finding in moved)


def _own_declarations(declared: Declared, side: SideName) -> Declared:
    patterns = declared.source if side == "source" else declared.target
    return Declared(source=patterns, target=patterns)


def _kept(
    items: Sequence[Item], declared: Declared, *, side: SideName, data: bool
) -> Iterable[Item]:
    kept = [item for item in items if data or item.kind not in _DATA_KINDS]
    return narrow_items(kept, side=side, extent=Extent(Scope(declared=declared)))


def _relations(side: Side, extent: Extent) -> list[Relation]:
    return [
        relation
        for relation in list_relations(side)
        if extent.has_relation(side.name, relation.name, schema=relation.parts[0])
        and extent.has_rows_of(relation.name)
        and not extent.scope.declared.covers(side.name, "schema", relation.parts[0])
    ]


def _digest(side: Side, relation: Relation) -> str:
    """How many rows, and a sha256 over their canonical text in an order of its own."""
    chosen = plan_rows(relation, relation, sides=(side, side))
    digest, count = hashlib.sha256(), 0
    with closing(batches(side, plan=chosen, relation=relation)) as stream:
        for lines in stream:
            digest.update(b"\n".join(lines) + b"\n")
            count += rows_of(lines, plan=chosen)
    return f"{count} rows, sha256 {digest.hexdigest()}"


def _row_changes(before: Snapshot, after: Snapshot) -> list[Finding]:
    """Relations whose rows changed; one that is gone altogether is a finding already."""
    return [
        Finding(Kind.ROW, name, None, "rows", before.rows[name], after.rows[name])
        for name in sorted(before.rows.keys() & after.rows.keys())
        if before.rows[name] != after.rows[name]
    ]
