"""Everything about a database but its rows, as items: the rules, and how a scope narrows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from assay.oracle.catalog.held import is_held, may_tell
from assay.oracle.catalog.inherited import (
    BUILT_INS,
    MEMBERS,
    Touched,
    built_in_items,
    member_items,
    touched_built_ins,
)
from assay.oracle.catalog.item import Item, as_text, item_from_row, qualified
from assay.oracle.catalog.large_objects import CONTENT, large_object_items
from assay.oracle.catalog.narrowed import narrowed_items
from assay.oracle.catalog.prefixes import as_printed_later
from assay.oracle.catalog.queries import (
    attached,
    behaviour,
    cluster,
    elsewhere,
    graphs,
    programs,
    relations,
    types,
)
from assay.oracle.catalog.queries.relations import FOREIGN_TABLE
from assay.oracle.catalog.sequences import sequence_states
from assay.oracle.catalog.superuser import hidden_doubts, hidden_things, some_of
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.extent import Extent
from assay.oracle.words.kinds import Kind
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.scope import MARKER, Scope, SideName

Rule = Callable[[Side], list[Item]]
Query = Callable[[int], str]
Row = dict[str, Any]


def from_catalogs(query: Query) -> Rule:
    """A rule that is one catalog query."""

    def rule(side: Side) -> list[Item]:
        return side.parsed(query(side.common), item_from_row)

    return rule


def of_users(query: Query) -> Rule:
    """The same of a query whose every row is of something that users made: `user_made` is in it.

    Where its catalogs hold nothing of the kind it is not asked.
    """

    def rule(side: Side) -> list[Item]:
        asked = query(side.common)
        return side.parsed(asked, item_from_row) if may_tell(side, asked) else []

    return rule


def where_held(rule: Rule, *catalogs: str) -> Rule:
    """A rule that has nothing to say where none of these catalogs holds anything of users."""

    def asked(side: Side) -> list[Item]:
        return rule(side) if is_held(side, *catalogs) else []

    return asked


def from_server(query: Query) -> Rule:
    """A rule whose catalogs not every version has: asked as this server's version knows them.

    A version that has nothing of the kind gives no query, and nothing is there.
    """

    def rule(side: Side) -> list[Item]:
        asked = query(side.version)
        return side.parsed(asked, item_from_row) if asked and may_tell(side, asked) else []

    return rule


def subscriptions_that_all_may_see(side: Side) -> list[Item]:
    """Subscriptions but for their connection strings."""
    columns = [row["name"] for row in side.rows(elsewhere.VISIBLE_COLUMNS)]
    return side.parsed(elsewhere.visible_subscriptions(columns), item_from_row)


def from_objects(kind: Kind) -> Rule:
    """A rule about what objects carry; the query behind it is asked once for all of these."""

    def rule(side: Side) -> list[Item]:
        arms = [arm for arm in attached.arms() if may_tell(side, arm)]
        query = attached.attachments(side.common, arms, members=side.lens is not None)
        rows = side.once(query, _attached_items)
        return [item for items in rows for item in items if item.kind == kind]

    return rule


_ATTACHED = {
    Kind.OWNER: attached.owner_of,
    Kind.ACL: attached.privileges_of,
    Kind.COMMENT: attached.comment_of,
    Kind.SECURITY_LABEL: attached.labels_of,
}


def _attached_items(row: Row) -> tuple[Item, ...]:
    """What hangs on one object."""
    found = ((kind, of(row)) for kind, of in _ATTACHED.items())
    return tuple(
        item_from_row({**row, "kind": kind, "props": props})
        for kind, props in found
        if props is not None
    )


RULES: dict[str, Rule] = {
    "schemas": from_catalogs(programs.schemas),
    "extensions": from_catalogs(programs.extensions),
    "extension-dependencies": where_held(
        from_catalogs(programs.extension_dependencies), "pg_depend"
    ),
    "tables": of_users(relations.tables),
    "columns": of_users(relations.columns),
    "constraints": of_users(relations.constraints),
    "indexes": of_users(relations.indexes),
    "sequences": of_users(relations.sequences),
    "statistics": of_users(relations.statistics),
    "views": as_printed_later(of_users(behaviour.views)),
    "matviews": as_printed_later(of_users(behaviour.matviews)),
    "property-graphs": from_server(graphs.property_graphs),
    "rules": of_users(behaviour.rules),
    "triggers": of_users(behaviour.triggers),
    "policies": of_users(behaviour.policies),
    "event-triggers": of_users(behaviour.event_triggers),
    "functions": of_users(programs.functions),
    "aggregates": of_users(programs.aggregates),
    "types": of_users(types.types),
    "collations": of_users(types.collations),
    "text-search": of_users(types.text_search),
    "languages": of_users(programs.languages),
    "access-methods": of_users(programs.access_methods),
    "operators": of_users(programs.operators),
    "family-additions": where_held(
        from_catalogs(programs.family_additions), "pg_amop", "pg_amproc"
    ),
    "casts": of_users(programs.casts),
    "transforms": of_users(programs.transforms),
    "conversions": of_users(programs.conversions),
    "foreign": of_users(elsewhere.foreign),
    "user-mappings": where_held(from_catalogs(elsewhere.user_mappings), "pg_foreign_server"),
    "publications": from_server(elsewhere.publications),
    "subscriptions": from_catalogs(elsewhere.subscriptions),
    "owners": from_objects(Kind.OWNER),
    "privileges": from_objects(Kind.ACL),
    "builtin-privileges": from_catalogs(attached.builtin_privileges),
    "default-privileges": where_held(from_catalogs(attached.default_privileges), "pg_default_acl"),
    "comments": from_objects(Kind.COMMENT),
    "security-labels": from_objects(Kind.SECURITY_LABEL),
    "sequence-state": where_held(sequence_states, "pg_class"),
    "large-objects": where_held(large_object_items, "pg_largeobject_metadata"),
    "database": from_catalogs(cluster.database),
    "database-settings": from_catalogs(cluster.database_settings),
    "parameter-privileges": from_server(cluster.parameter_privileges),
    "roles": from_catalogs(cluster.roles),
    "predefined-roles": from_catalogs(cluster.predefined_roles),
    "memberships": from_catalogs(cluster.memberships),
    "role-settings": from_catalogs(cluster.role_settings),
    "tablespaces": from_catalogs(cluster.tablespaces),
}
STATE: dict[str, Rule] = {
    "slots": from_catalogs(lambda _common: cluster.slots()),
    "origins": from_catalogs(lambda _common: cluster.origins()),
}
MOVING: dict[str, Rule] = {"subscription-state": from_catalogs(elsewhere.subscription_state)}
_LESSER: dict[str, Rule] = {  # what is left of rules that only a superuser can follow
    "roles": from_catalogs(cluster.roles_without_passwords),
    "user-mappings": where_held(
        from_catalogs(elsewhere.visible_user_mappings), "pg_foreign_server"
    ),
    "subscriptions": subscriptions_that_all_may_see,
}
ROLE_RULES = frozenset({"roles", "predefined-roles", "memberships", "role-settings", "tablespaces"})
_BUILT_IN_TABLESPACES = ("pg_default", "pg_global")
_IN_NO_SCHEMA = frozenset({"large-objects", "user-mappings", "subscriptions", *ROLE_RULES})
# Of data alone, what is compared besides rows; the first three only as to what there is.
_RULES_OF_DATA = frozenset({"tables", "columns", "matviews", "sequence-state", "large-objects"})
# Of relations that are named, what hangs on them.
_RULES_OF_RELATIONS = frozenset(
    {
        "tables", "columns", "constraints", "indexes", "sequences", "statistics", "views",
        "matviews", "rules", "triggers", "policies", "owners", "privileges", "comments",
        "security-labels", "sequence-state", "extension-dependencies", "property-graphs",
        "builtin-privileges",
    }
)  # fmt: skip
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
    """The items of a side that take part, and rules that its role was not allowed to follow.

    `foreign` are its foreign tables; `doubts` say what was not seen. `inherited` are kinds and
    names of items that an extension made: no dump tells all of them. `touched` is what to hold
    against the other side's before anything is asked of what initdb made.
    """

    items: list[Item]
    hidden: list[str]
    foreign: list[str]
    doubts: list[Doubt]
    inherited: frozenset[tuple[str, str]] = frozenset()
    touched: Touched = field(default_factory=list)


def read_items(
    side: Side,
    *,
    extent: Extent,
    without: frozenset[str] = frozenset(),
    more: Mapping[str, Rule] = MappingProxyType({}),
    narrowing: Narrowing | None = None,
    passwords: bool = True,
) -> Reading:
    """Every item of this side that takes part; `more` are rules beside those of every run."""
    rules, scope = {**RULES, **more}, extent.scope
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
    if scope.include_tables is not None:
        skipped |= rules.keys() - _RULES_OF_RELATIONS
    hidden: dict[str, list[str]] = {}
    if not side.privileged:
        hidden = hidden_things(side, skipped)
        rules |= _LESSER
    asked = {name: rule for name, rule in rules.items() if name not in skipped}
    items = [item for rule in asked.values() for item in rule(side)]
    inherited = member_items(side, asked) if MEMBERS not in without else []
    side.forget()
    found = [*items, *inherited]
    if narrowing:
        found = list(narrowed_items(found, side=side.name, narrowing=narrowing))
    if not passwords:
        found = [_without_password(item) for item in found]
    narrowed = list(narrow_items(found, side=side.name, extent=extent))
    foreign = [
        item.name
        for item in narrowed
        if item.kind == Kind.TABLE and item.properties.get("definition") == FOREIGN_TABLE
    ]
    kept = list(_of_data(narrowed)) if scope.parts == "data" else narrowed
    doubts = list(_doubts(side, hidden, kept))
    touched = touched_built_ins(side) if _about_built_ins(scope, without) else []
    names = frozenset(item.key for item in inherited)
    return Reading(kept, list(hidden), foreign, doubts, names, touched)


def _about_built_ins(scope: Scope, without: frozenset[str]) -> bool:
    """Of a part of the database nothing is asked."""
    partial = scope.schemas is not None or scope.include_tables is not None
    return scope.parts != "data" and not partial and BUILT_INS not in without


def read_built_ins(
    sides: Both[Side],
    readings: Both[Reading],
    *,
    extent: Extent,
    without: frozenset[str] = frozenset(),
) -> Both[list[Item]]:
    """What initdb made and somebody changed, where the readings say that there is something."""
    if not _about_built_ins(extent.scope, without):
        return Both([], [])
    rules = {name: rule for name, rule in RULES.items() if name not in without}
    found = built_in_items(sides, rules, readings.map(lambda one: one.touched))
    return Both(*(
        list(narrow_items(items, side=side.name, extent=extent))
        for side, items in zip(sides, found, strict=True)
    ))  # fmt: skip


def _doubts(
    side: Side, hidden: Mapping[str, Sequence[str]], items: Iterable[Item]
) -> Iterator[Doubt]:
    """What our role, or the other side's, may not see of what this side has."""
    yield from hidden_doubts(side, hidden)
    unread = [item.name for item in items
              if item.kind == Kind.LARGE_OBJECT and CONTENT not in item.properties]  # fmt: skip
    if unread:
        yield Doubt(
            f"no privilege to read large objects: {some_of(unread)}",
            side=side.name,
            remedy="grant select on them, connect as a superuser, or leave them out (--schema)",
        )


def _of_data(items: Sequence[Item]) -> Iterator[Item]:
    """Tables and their columns as to what there is, and what is data."""
    holders = {item.relation for item in items if item.kind in _HOLDERS}
    for item in items:
        if item.kind in _DATA:
            yield item
        elif item.kind in _HOLDERS or (item.kind == Kind.COLUMN and item.relation in holders):
            # Where a materialised view holds no rows none are read: that it holds some is data.
            kept = {n: v for n, v in item.properties.items() if n == "populated"}
            yield replace(item, properties=kept)


def _without_password(item: Item) -> Item:
    if item.kind != Kind.ROLE:
        return item
    kept = {name: value for name, value in item.properties.items() if name != "password"}
    return replace(item, properties=kept)


def narrow_items(items: Sequence[Item], *, side: SideName, extent: Extent) -> Iterator[Item]:
    """Leave out what the scope excludes or the side declares."""
    refs = {item.ref for item in items if item.ref and not _takes_part(item, side, extent)}
    for item in items:
        if _takes_part(item, side, extent) and item.of not in refs:
            yield _without_marker(item)


def _takes_part(item: Item, side: SideName, extent: Extent) -> bool:
    scope, schema = extent.scope, _unquoted(item.schema)
    declared = scope.declared
    if item.relation:
        # A sequence that a column owns goes with its table, and can be excluded by its own name.
        names = {item.relation, item.name} if item.kind == Kind.SEQUENCE else {item.relation}
        if not all(extent.has_relation(side, name, schema=schema) for name in names):
            return False
    elif scope.include_tables is not None or not scope.has_schema(schema):
        return False
    if item.schema and declared.covers(side, "schema", schema):
        return False
    if item.kind in _ROLE_KINDS and not scope.has_role(side, _unquoted(item.name)):
        return False
    if item.kind == Kind.TABLESPACE and not _has_tablespace(item, scope):
        return False
    kind = _DECLARED_KINDS.get(Kind(item.kind))
    return not (kind and declared.covers(side, kind, _unquoted(item.name)))


def _has_tablespace(item: Item, scope: Scope) -> bool:
    return scope.roles is None or item.owner in scope.roles or item.name in _BUILT_IN_TABLESPACES


def _without_marker(item: Item) -> Item:
    """A publication's list of tables without the barrier's."""
    tables = item.properties.get("tables")
    if item.kind != Kind.PUBLICATION or not tables or MARKER.partition(".")[2] not in tables:
        return item
    kept = [part for part in json.loads(tables) if qualified(part[:2]) != MARKER]
    return replace(item, properties={**item.properties, "tables": as_text(kept)})


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
