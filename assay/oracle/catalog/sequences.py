"""The state of sequences: read from the relation itself, judged exactly or as ahead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assay.oracle.catalog.item import Item, qualified
from assay.oracle.catalog.queries.fragments import UNLOGGED, relations
from assay.oracle.session.side import Side
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.postgres.session import identifier

# Not has_sequence_privilege: a planner may ask it about other relations first, and it fails.
_MAY_READ = """(has_table_privilege(t.oid, 'select')
  and has_schema_privilege(t.relnamespace, 'usage'))"""
_CHUNK = 200
_PREFETCH = 32  # values that the WAL may skip after a crash


def sequence_states(side: Side) -> list[Item]:
    """`last_value` and `is_called` of every sequence that can be read, with its step and cache."""
    listed = side.rows(
        f"""with t as ({relations("S")})
        select t.name, s.seqincrement as increment, s.seqcache as cache
        from t join pg_sequence s on s.seqrelid = t.oid
        where {_MAY_READ} and not {UNLOGGED.format("t")} order by t.name"""
    )
    items: list[Item] = []
    for start in range(0, len(listed), _CHUNK):
        chunk = listed[start : start + _CHUNK]
        query = " union all ".join(
            f"select {number} as number, last_value, is_called from {identifier(*row['name'])}"
            for number, row in enumerate(chunk)
        )
        items += [_item(chunk[state["number"]], state) for state in side.rows(query)]
    return items


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A sequence whose state a side does not give away, by the parts of its name."""

    parts: tuple[str, str]
    doubt: Doubt


def unreadable_sequences(side: Side) -> Iterator[Unreadable]:
    """Those that our role may not read, and those of which a read replica has no state."""
    query = f"""with t as ({relations("S")})
        select t.name, {_MAY_READ} as allowed from t
        where not {_MAY_READ} or {UNLOGGED.format("t")}"""
    for row in side.rows(query):
        name = qualified(row["name"])
        if row["allowed"]:
            told, evidence = "a read replica lacks the state of what is unlogged", ""
            remedy = f"name the primary instead, or leave it out with --exclude {name}"
        else:
            told, evidence = "no privilege to read its state", f"connected as {side.role}"
            remedy = "grant usage on its schema and select on it, or connect as another role"
        doubt = Doubt(f"{name}: {told}", side=side.name, evidence=evidence, remedy=remedy)
        yield Unreadable(tuple(row["name"]), doubt)


def _item(row: dict[str, object], state: dict[str, object]) -> Item:
    parts = row["name"]
    name = qualified([str(part) for part in parts] if isinstance(parts, list) else [])
    return Item(
        kind=Kind.SEQUENCE_STATE,
        name=name,
        properties={
            "last_value": str(state["last_value"]),
            "is_called": "true" if state["is_called"] else "false",
            "increment": str(row["increment"]),
            "cache": str(row["cache"]),
        },
        of=f"relation {name}",
        relation=name,
        schema=name.partition(".")[0],
    )


def exact_state(source: Item, target: Item) -> list[Finding]:
    """Both parts of the state are the same."""
    return [
        Finding(
            Kind.SEQUENCE_STATE,
            source.name,
            column=part,
            source=source.properties[part],
            target=target.properties[part],
        )
        for part in ("last_value", "is_called")
        if source.properties[part] != target.properties[part]
    ]


def ahead_state(source: Item, target: Item) -> list[Finding]:
    """The target's next value lies beyond all that the source has given, and not absurdly far."""
    step = int(source.properties["increment"] or 1)
    allowed = 10 * int(source.properties["cache"] or 1) + _PREFETCH
    steps = (_next(target, step) - _last(source, step)) / step
    if 0 < steps <= max(allowed, 1):
        return []
    wanted = f"given up to {_last(source, step)}"
    said = f"next is {_next(target, step)}" + (" (far ahead)" if steps > 0 else " (behind)")
    return [Finding(Kind.SEQUENCE_STATE, source.name, None, "last_value", wanted, said)]


def _last(item: Item, step: int) -> int:
    """The last value given; before the first, one step short of it."""
    value = int(item.properties["last_value"] or 0)
    return value if item.properties["is_called"] == "true" else value - step


def _next(item: Item, step: int) -> int:
    return _last(item, step) + step
