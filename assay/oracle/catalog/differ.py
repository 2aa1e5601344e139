"""Where two lists of items differ, as findings: pure, so that stored snapshots can be judged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import zip_longest

from assay.oracle.catalog.canonical import same_meaning
from assay.oracle.catalog.item import ANNOTATIONS, OWNER, Item
from assay.oracle.catalog.large_objects import CONTENT
from assay.oracle.catalog.sequences import ahead_state, exact_state
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.scope import Scope
from assay.oracle.words.values import printable

# These have no existence of their own: what one side lacks is one finding for each property.
EXPANDED = ANNOTATIONS | {
    Kind.DEFAULT_ACL,
    Kind.DATABASE,
    Kind.DATABASE_SETTING,
    Kind.ROLE_SETTING,
    Kind.ROLE_MEMBERSHIP,
}
ORDER = "column order"


def differences(
    source: Iterable[Item], target: Iterable[Item], *, scope: Scope, database: str = "database"
) -> list[Finding]:
    """All differences, what hangs on a missing thing left out; `database` names the database."""
    left, right = map(_by_key, _unlike(source, target))
    gone = {item.ref for key, item in left.items() if key not in right and item.ref}
    extra = {item.ref for key, item in right.items() if key not in left and item.ref}
    found: list[Finding] = []
    # Of rows that are the same both sides have one item.
    unlike = (key for key in left.keys() | right.keys() if left.get(key) is not right.get(key))
    for key in sorted(unlike, key=_position):
        here, there = left.get(key), right.get(key)
        item = here or there
        if item is None or item.of in (extra if here is None else gone):
            continue
        if there is not None and there.of in extra:
            continue
        found += _compare(item.kind, item.name, here, there, scope=scope)
    return [_printable(finding, database) for finding in found]


def _unlike(source: Iterable[Item], target: Iterable[Item]) -> tuple[list[Item], list[Item]]:
    """Both without what is one item at one place of both: of equal databases little is left."""
    pairs = [pair for pair in zip_longest(source, target) if pair[0] is not pair[1]]
    ours, theirs = zip(*pairs, strict=True) if pairs else ((), ())
    return [one for one in ours if one is not None], [one for one in theirs if one is not None]


def _by_key(items: Iterable[Item]) -> dict[tuple[str, str], Item]:
    """Items by kind and name; annotations of several classes may share a name: merged."""
    result: dict[tuple[str, str], Item] = {}
    for item in items:
        key = (item.kind, _identity(item))
        result[key] = item
    return result


def _identity(item: Item) -> str:
    """The name, with the class where unlike things of one kind could meet."""
    unlike = item.kind in ANNOTATIONS or item.kind in (Kind.TEXT_SEARCH, Kind.FOREIGN)
    return f"{item.name}\0{item.of or item.ref}" if unlike else item.name


def _position(key: tuple[str, str]) -> tuple[int, str]:
    return _RANK.get(key[0], len(_RANK)), key[1]


_RANK = {str(kind): position for position, kind in enumerate(Kind)}


def _compare(
    kind: str, name: str, source: Item | None, target: Item | None, *, scope: Scope
) -> list[Finding]:
    if kind not in EXPANDED:
        if source is None or target is None:
            return _presence(kind, name, source, target)
        if kind == Kind.SEQUENCE_STATE:
            return (ahead_state if scope.sequences == "ahead" else exact_state)(source, target)
        if kind == Kind.LARGE_OBJECT and not all(CONTENT in i.properties for i in (source, target)):
            source, target = (_without(item, CONTENT) for item in (source, target))
    left = dict(source.properties) if source else {}
    right = dict(target.properties) if target else {}
    found = _order_differs(name, left, right)
    for prop in sorted(left.keys() | right.keys()):
        here, there = left.get(prop), right.get(prop)
        if here != there and not (
            _excused(kind, name, prop, scope) or same_meaning((kind, prop), here, there)
        ):
            owner = (source if prop in left else target) or Item(kind, name)
            column = prop.replace(OWNER, owner.owner) if OWNER in prop else prop
            found.append(Finding(kind, name, None, column, here, there))
    return found


def _without(item: Item, name: str) -> Item:
    """The item as one sees it who may not read this."""
    return replace(item, properties={n: v for n, v in item.properties.items() if n != name})


def _presence(kind: str, name: str, source: Item | None, target: Item | None) -> list[Finding]:
    if kind == Kind.SEQUENCE_STATE:
        return []
    return [
        Finding(
            kind,
            name,
            source=_definition(source) if source else None,
            target=_definition(target) if target else None,
        )
    ]


def _definition(item: Item) -> str:
    return item.properties.get("definition") or "present"


def _order_differs(
    name: str, left: dict[str, str | None], right: dict[str, str | None]
) -> list[Finding]:
    """The order of the columns that both sides have; removes the lists from the properties."""
    ours, theirs = _listed(left.pop(ORDER, None)), _listed(right.pop(ORDER, None))
    both = set(ours) & set(theirs)
    here, there = ([c for c in side if c in both] for side in (ours, theirs))
    if here == there:
        return []
    return [Finding(Kind.TABLE, name, None, ORDER, ", ".join(here), ", ".join(there))]


def _listed(value: str | None) -> list[str]:
    return list(json.loads(value)) if value else []


def _excused(kind: str, name: str, prop: str, scope: Scope) -> bool:
    """A replica identity or a trigger's state that the tool declared on either side."""
    if kind == Kind.TABLE and prop == "replica identity":
        return _declared(scope, "replica-identity", name)
    if kind == Kind.TRIGGER and prop == "enabled":
        return _declared(scope, "trigger-state", ".".join(_parts(name)[:2]))
    return False


def _declared(scope: Scope, kind: str, name: str) -> bool:
    return any(scope.declared.covers(side, kind, name) for side in ("source", "target"))


def _parts(name: str) -> list[str]:
    """The parts of a qualified name, quotes kept."""
    parts, current, inside = [], "", False
    for letter in name:
        inside ^= letter == '"'
        if letter == "." and not inside:
            parts.append(current)
            current = ""
        else:
            current += letter
    return [*parts, current]


def _printable(finding: Finding, database: str) -> Finding:
    """Texts that every encoding can carry, and the database by its own name."""
    named = finding.object
    if finding.kind in (Kind.DATABASE, Kind.DATABASE_SETTING):
        named = database
    return Finding(
        finding.kind,
        printable(named),
        finding.key,
        *(
            text if text is None else printable(text)
            for text in (finding.column, finding.source, finding.target)
        ),
    )


_EVERYWHERE = ("public", "plpgsql", "pg_default", "pg_global")


def count_objects(items: Iterable[Item]) -> Mapping[str, int]:
    """How many things of whose making an item list holds, for `Comparison.compared`."""
    result = {"objects": 0, "sequences": 0, "large objects": 0, "roles": 0}
    for item in items:
        if item.kind == Kind.SEQUENCE_STATE:
            result["sequences"] += 1
        elif item.kind == Kind.LARGE_OBJECT:
            result["large objects"] += 1
        elif item.kind == Kind.ROLE:
            result["roles"] += 1
        elif item.kind not in EXPANDED and item.name not in _EVERYWHERE:
            result["objects"] += 1
    return result
