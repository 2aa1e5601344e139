"""Everything about a database but its rows, as items: the rules, and how a scope narrows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assay.oracle.catalog.item import Item, as_text, item_from_row, qualified
from assay.oracle.catalog.large_objects import large_object_items
from assay.oracle.catalog.narrowed import narrowed_items
from assay.oracle.catalog.queries import (
    attached,
    behaviour,
    cluster,
    elsewhere,
    programs,
    relations,
    types,
)
from assay.oracle.catalog.sequences import sequence_states
from assay.oracle.session.side import Side
from assay.oracle.words.kinds import Kind
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.scope import MARKER, Scope, SideName

Rule = Callable[[Side], list[Item]]
Query = Callable[[int], str]
Row = dict[str, Any]


def from_catalogs(query: Query) -> Rule:
    """A rule that is one catalog query."""

    def rule(side: Side) -> list[Item]:
        return [item_from_row(row) for row in side.each(query(side.common))]

    return rule


def from_objects(kind: Kind, of: Callable[[Row], Row | None]) -> Rule:
    """A rule about what objects carry; the query behind it is asked once for all of these."""

    def rule(side: Side) -> list[Item]:
        rows = side.once(attached.attachments(side.common))
        return [
            item_from_row({**row, "kind": kind, "props": props})
            for row in rows
            if (props := of(row)) is not None
        ]

    return rule


RULES: dict[str, Rule] = {
    "schemas": from_catalogs(programs.schemas),
    "extensions": from_catalogs(programs.extensions),
    "tables": from_catalogs(relations.tables),
    "columns": from_catalogs(relations.columns),
    "constraints": from_catalogs(relations.constraints),
    "indexes": from_catalogs(relations.indexes),
    "sequences": from_catalogs(relations.sequences),
    "statistics": from_catalogs(relations.statistics),
    "views": from_catalogs(behaviour.views),
    "matviews": from_catalogs(behaviour.matviews),
    "rules": from_catalogs(behaviour.rules),
    "triggers": from_catalogs(behaviour.triggers),
    "policies": from_catalogs(behaviour.policies),
    "event-triggers": from_catalogs(behaviour.event_triggers),
    "functions": from_catalogs(programs.functions),
    "aggregates": from_catalogs(programs.aggregates),
    "types": from_catalogs(types.types),
    "collations": from_catalogs(types.collations),
    "text-search": from_catalogs(types.text_search),
    "languages": from_catalogs(programs.languages),
    "access-methods": from_catalogs(programs.access_methods),
    "operators": from_catalogs(programs.operators),
    "casts": from_catalogs(programs.casts),
    "transforms": from_catalogs(programs.transforms),
    "conversions": from_catalogs(programs.conversions),
    "foreign": from_catalogs(elsewhere.foreign),
    "user-mappings": from_catalogs(elsewhere.user_mappings),
    "publications": from_catalogs(elsewhere.publications),
    "subscriptions": from_catalogs(elsewhere.subscriptions),
    "owners": from_objects(Kind.OWNER, attached.owner_of),
    "privileges": from_objects(Kind.ACL, attached.privileges_of),
    "builtin-privileges": from_catalogs(attached.builtin_privileges),
    "default-privileges": from_catalogs(attached.default_privileges),
    "comments": from_objects(Kind.COMMENT, attached.comment_of),
    "security-labels": from_objects(Kind.SECURITY_LABEL, attached.labels_of),
    "sequence-state": sequence_states,
    "large-objects": large_object_items,
    "database": from_catalogs(cluster.database),
    "database-settings": from_catalogs(cluster.database_settings),
    "parameter-privileges": from_catalogs(cluster.parameter_privileges),
    "roles": from_catalogs(cluster.roles),
    "memberships": from_catalogs(cluster.memberships),
    "role-settings": from_catalogs(cluster.role_settings),
    "tablespaces": from_catalogs(cluster.tablespaces),
}
STATE: dict[str, Rule] = {
    "slots": from_catalogs(lambda _common: cluster.slots()),
    "origins": from_catalogs(lambda _common: cluster.origins()),
}
# Rules that read what only superusers may, and what exists where there is something to read.
NEEDS_SUPERUSER = {
    "roles": "select from pg_roles",
    "user-mappings": "select from pg_user_mappings",
    "subscriptions": "select from pg_subscription where subdbid ="
    " (select oid from pg_database where datname = current_database())",
    "large-objects": "select from pg_largeobject_metadata",
}
ROLE_RULES = frozenset({"roles", "memberships", "role-settings", "tablespaces"})
_IN_NO_SCHEMA = frozenset({"large-objects", "user-mappings", "subscriptions", *ROLE_RULES})
# Of data alone, what is compared besides rows; the first three only as to what there is.
_RULES_OF_DATA = frozenset({"tables", "columns", "matviews", "sequence-state", "large-objects"})
_HOLDERS = frozenset({Kind.TABLE, Kind.MATVIEW})
_DATA = frozenset({Kind.SEQUENCE_STATE, Kind.LARGE_OBJECT})
_ROLE_KINDS = frozenset({Kind.ROLE, Kind.ROLE_MEMBERSHIP, Kind.ROLE_SETTING})
_DECLARED_KINDS = {
    Kind.PUBLICATION: "publication",
    Kind.SUBSCRIPTION: "subscription",
    Kind.SLOT: "slot",
    Kind.ORIGIN: "origin",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """The items of a side that take part, and what its role was not allowed to see."""

    items: list[Item]
    hidden: list[str]


def read_items(
    side: Side,
    *,
    scope: Scope,
    without: frozenset[str] = frozenset(),
    state: bool = False,
    narrowing: Narrowing | None = None,
    passwords: bool = True,
) -> Reading:
    """Every item of this side that takes part; `state` adds slots and origins."""
    rules = RULES | (STATE if state else {})
    skipped = set(without)
    if scope.roles == ():
        skipped |= ROLE_RULES
    if scope.sequences == "skip":
        skipped.add("sequence-state")
    if scope.parts == "data":
        skipped |= rules.keys() - _RULES_OF_DATA
    elif scope.parts == "schema":
        skipped |= {"sequence-state", "large-objects"}
    if scope.schemas is not None:
        skipped |= _IN_NO_SCHEMA
    hidden = []
    if not side.superuser:
        hidden = [name for name in _hidden(side) if name not in skipped]
        skipped |= NEEDS_SUPERUSER.keys()
    items = [item for name, rule in rules.items() if name not in skipped for item in rule(side)]
    side.forget()
    if narrowing:
        items = list(narrowed_items(items, side=side.name, narrowing=narrowing))
    if not passwords:
        items = [_without_password(item) for item in items]
    narrowed = list(narrow_items(items, side=side.name, scope=scope))
    return Reading(list(_of_data(narrowed)) if scope.parts == "data" else narrowed, hidden)


def _of_data(items: Sequence[Item]) -> Iterator[Item]:
    """Tables and their columns as to what there is, and what is data."""
    holders = {item.relation for item in items if item.kind in _HOLDERS}
    for item in items:
        if item.kind in _DATA:
            yield item
        elif item.kind in _HOLDERS or (item.kind == Kind.COLUMN and item.relation in holders):
            yield replace(item, properties={})


def _without_password(item: Item) -> Item:
    if item.kind != Kind.ROLE:
        return item
    kept = {name: value for name, value in item.properties.items() if name != "password"}
    return replace(item, properties=kept)


def _hidden(side: Side) -> list[str]:
    """Rules that only a superuser can follow, where there is something to follow."""
    return [
        name
        for name, exists in NEEDS_SUPERUSER.items()
        if side.rows(f"select 1 as one where exists ({exists})")
    ]


def narrow_items(items: Sequence[Item], *, side: SideName, scope: Scope) -> Iterator[Item]:
    """Leave out what the scope excludes or the side declares."""
    refs = {item.ref for item in items if item.ref and not _takes_part(item, side, scope)}
    for item in items:
        if _takes_part(item, side, scope) and item.of not in refs:
            yield _without_marker(item)


def _takes_part(item: Item, side: SideName, scope: Scope) -> bool:
    declared = scope.declared
    if not scope.has_schema(_unquoted(item.schema)):
        return False
    if item.relation and not scope.has_relation(side, item.relation):
        return False
    if item.schema and declared.covers(side, "schema", _unquoted(item.schema)):
        return False
    if item.kind in _ROLE_KINDS and not scope.has_role(side, _unquoted(item.name)):
        return False
    if item.kind == Kind.TABLESPACE and scope.roles is not None and item.owner not in scope.roles:
        return False
    kind = _DECLARED_KINDS.get(Kind(item.kind))
    return not (kind and declared.covers(side, kind, _unquoted(item.name)))


def _without_marker(item: Item) -> Item:
    """A publication's list of tables without the barrier's."""
    tables = item.properties.get("tables")
    if item.kind != Kind.PUBLICATION or not tables or MARKER.partition(".")[2] not in tables:
        return item
    kept = [part for part in json.loads(tables) if qualified(part[:2]) != MARKER]
    return replace(item, properties={**item.properties, "tables": as_text(kept)})


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
