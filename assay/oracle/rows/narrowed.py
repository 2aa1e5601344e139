"""Rows of narrowed tables: which, by which key, under which names; wrong ones are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import psycopg

from assay.errors import UsageError
from assay.oracle.catalog.item import qualified
from assay.oracle.rows.plan import Plan, Relation, list_relations
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.narrowing import Narrowing
from assay.postgres.session import identifier

_PATTERN = "write SCHEMA.TABLE.COLUMN as in a query, quotes included; * and ? are wildcards"


def check_narrowing(sides: Both[Side], narrowing: Narrowing) -> None:
    """A name, a condition or a key that cannot be meant is refused before anything is compared.

    Raises UsageError that names it.
    """
    if not narrowing:
        return
    known = sides.map(lambda side: {one.name: one for one in list_relations(side)})
    for ours, theirs in narrowing.tables.items():
        _demand("--map", ours, known.source, sides.source)
        _demand("--map", theirs, known.target, sides.target)
    renamed = Both(known.source, dict(_by_source_names(known.target, narrowing)))
    for option, names in (("--where", narrowing.where), ("--key", narrowing.keys),
                          ("--map-column", narrowing.columns)):  # fmt: skip
        for name in names:
            for side, relations in zip(sides, renamed, strict=True):
                _demand(option, name, relations, side)
    columns = {
        f"{name}.{qualified([column.name])}"
        for relations in renamed
        for name, relation in relations.items()
        for column in relation.columns
    }
    for pattern in narrowing.ignored:
        if not any(map(Narrowing(ignored=(pattern,)).ignores, columns)):
            raise UsageError(f"--ignore-column: no table has {pattern}.", remedy=_PATTERN)
    for name, renames in narrowing.columns.items():
        called = known.target[narrowing.tables.get(name, name)]
        _demand_columns("--map-column", known.source[name], list(renames), sides.source)
        _demand_columns("--map-column", called, list(renames.values()), sides.target)
    for name, keys in narrowing.keys.items():
        for side, relations in zip(sides, renamed, strict=True):
            _demand_columns("--key", relations[name], keys, side)
    for name, condition in narrowing.where.items():
        for side, relations in zip(sides, renamed, strict=True):
            _try_condition(side, relations[name], condition)
    for name in narrowing.keys:
        for side, relations in zip(sides, renamed, strict=True):
            _demand_unique(side, renamed_relation(relations[name], name, narrowing, side),
                           narrowing.where.get(name, ""))  # fmt: skip


def _by_source_names(
    relations: Mapping[str, Relation], narrowing: Narrowing
) -> Iterator[tuple[str, Relation]]:
    """The target's relations under the source's names of tables and columns."""
    for theirs, relation in relations.items():
        if name := narrowing.source_name("target", theirs):
            yield name, _renamed_columns(relation, name, narrowing)


def renamed_relation(relation: Relation, name: str, narrowing: Narrowing, side: Side) -> Relation:
    """A relation of this side with the source's names of columns, less those that are ignored.

    `name` is what the source calls it.
    """
    if side.name == "target":
        relation = _renamed_columns(relation, name, narrowing)
    columns = tuple(
        one for one in relation.columns if not narrowing.ignores(f"{name}.{qualified([one.name])}")
    )
    kept = {one.name for one in columns}
    keys = tuple(key for key in relation.keys if set(key) <= kept)
    if name in narrowing.keys:
        wanted = narrowing.keys[name]
        keys = (tuple(one.name for column in wanted for one in columns
                      if qualified([one.name]) == column),)  # fmt: skip
    return replace(relation, columns=columns, keys=keys)


def _renamed_columns(relation: Relation, name: str, narrowing: Narrowing) -> Relation:
    ours = {
        column.name: _unquoted(narrowing.source_column("target", name, qualified([column.name])))
        for column in relation.columns
    }
    ours = {one: other for one, other in ours.items() if other}
    renamed = tuple((one, other) for one, other in ours.items() if one != other)
    if not renamed or relation.renamed:
        return relation
    return replace(
        relation,
        columns=tuple(
            replace(column, name=ours[column.name])
            for column in relation.columns
            if column.name in ours
        ),
        keys=tuple(
            tuple(ours[column] for column in key)
            for key in relation.keys
            if ours.keys() >= set(key)
        ),
        renamed=renamed,
        heap=False,  # it is read as a whole: a first pass asks for columns by one name
    )


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def narrowed_plan(plan: Plan, narrowing: Narrowing) -> Plan:
    """The plan for only the rows that are asked for."""
    condition = narrowing.where.get(plan.source.name)
    return plan if condition is None else plan.only(f"({condition}\n)")


def _demand(option: str, name: str, relations: Mapping[str, Relation], side: Side) -> None:
    if name not in relations:
        raise UsageError(
            f"{option}: the {side.name} has no table {name} that holds rows.",
            evidence=f"{len(relations)} tables were looked at",
            remedy="write SCHEMA.TABLE as in a query, quotes included; of a partitioned table name"
            " the partitions",
        )
    if option == "--where" and relations[name].condition:
        raise UsageError(f"{option}: an extension says which rows of {name} are its own.")


def _demand_columns(option: str, relation: Relation, wanted: Sequence[str], side: Side) -> None:
    has = {qualified([column.name]) for column in relation.columns}
    for column in wanted:
        if column not in has:
            raise UsageError(
                f"{option}: {relation.name} has no column {column} on the {side.name}.",
                evidence=f"it has {', '.join(sorted(has))}",
                remedy="--map-column SCHEMA.TABLE.OLD=NEW says how the target calls it",
            )


def _try_condition(side: Side, relation: Relation, condition: str) -> None:
    """Let the server parse it, as one statement that no text can leave."""
    # It can close a bracket, or end a CASE, but not both.
    alone = f"({condition}\n) and case when {condition}\n then true end"
    query = f"select from {relation.read_from} where {alone} limit 0"
    try:
        with side.connection.transaction():
            side.connection.execute(query.encode(), prepare=True)
    except psycopg.Error as error:
        raise UsageError(
            f"--where: the {side.name} does not understand the condition of {relation.name}.",
            evidence=f"{condition}: {' '.join(str(error).split())}",
            remedy="write what stands after WHERE, columns without the table's name",
        ) from error


def _demand_unique(side: Side, relation: Relation, condition: str) -> None:
    """Rows are paired by the key: two rows under one would be paired by chance.

    NULL is no key: a digest of it is NULL, and as a text it is the empty string.
    """
    (key,) = relation.keys
    columns = ", ".join(f"assay_relation.{identifier(name)}" for name in key)
    missing = " or ".join(f"assay_relation.{identifier(name)} is not distinct from null"
                          for name in key)  # fmt: skip
    only = f"where ({condition}\n)" if condition else ""
    row = side.connection.execute(
        f"select count(*), {missing} from {relation.read_from} {only} group by {columns}"
        f" having count(*) > 1 or {missing} limit 1".encode()
    ).fetchone()
    if row is not None:
        raise UsageError(
            f"--key: {', '.join(key)} does not tell the rows of {relation.name} apart"
            f" on the {side.name}.",
            evidence="a row has NULL there" if row[1] else "at least two rows have the same",
            remedy="name other columns, or none: rows without a key are counted",
        )
