"""`--sql`: the statements that would make the target's rows and sequences those of the source.

Nothing runs them. Rows go before others come, children before their parents go and after they
have come, so that no constraint is in the way and no cascade takes what should stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from assay.compare.tables import Table, tables_of
from assay.errors import SetupError
from assay.oracle.catalog.item import Item, split_name
from assay.oracle.rows.differing import Differing, DifferingRows, Values
from assay.oracle.session.side import PINNED
from assay.oracle.words.finding import Comparison, Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.narrowing import Narrowing
from assay.postgres.session import Connection, identifier, literal
from assay.report.answer import Answer
from assay.report.text import visible

TOGETHER = 500  # rows in one statement
_MADE_EQUAL = frozenset({Kind.ROW, Kind.MULTIPLICITY, Kind.SEQUENCE_STATE})


def as_sql(answer: Answer) -> Iterator[str]:
    """The script's lines: what it is for as comments, then its statements."""
    comparison = answer.comparison
    yield f"-- {visible(answer.sentence)}"
    if comparison.why:
        yield f"-- {visible(comparison.why)}"
    yield f"-- source {visible(answer.source)}"
    yield f"-- target {visible(answer.target)}: these statements are for it"
    yield from (f"-- left out: {visible(one)}" for one in answer.comparison.left_out)
    yield from answer.repair


def repair_script(
    connection: Connection, differing: DifferingRows, seen: Comparison, narrowing: Narrowing
) -> Iterator[str]:
    """Statements that make rows and states equal, and comments on what they leave different.

    `connection` is to the target. Raises SetupError for bytes that are no text.
    """
    known = tables_of(connection, [one.plan.target.oid for one in differing.relations.values()])
    yield from (f"-- stays different: {visible(str(finding.kind))} {visible(finding.object)}"
                f"{f' {visible(finding.column)}' if finding.column else ''}"
                for finding in _others(seen.findings))  # fmt: skip
    pairs = [(one, known[one.plan.target.oid]) for one in differing.relations.values()]
    plain = _in_order([pair for pair in pairs if not pair[1].matview])
    views = [one.plan.target.parts for one, table in pairs if table.matview]
    views += [
        _parts(finding.object)
        for finding in seen.findings
        if (finding.kind, finding.column, finding.source) == (Kind.MATVIEW, "populated", "true")
    ]
    statements = [
        *(line for one, table in reversed(plain) for line in _deletes(one, table)),
        *(line for one, table in plain for line in _inserts(one, table)),
        *(line for one, table in plain for line in _updates(one, table)),
        *(f"refresh materialized view {identifier(*parts)};" for parts in sorted(set(views))),
        *(_setval(item, narrowing) for item in differing.sequences),
    ]
    if statements:
        yield "begin;"
        yield from (f"set local {name} = {literal(value)};"
                    for name, value in PINNED.items() if value)  # fmt: skip
        yield "set local client_encoding = 'UTF8';"
        yield "set constraints all deferred;"
        yield "-- Triggers of the target fire; a superuser keeps them from it, and from checking"
        yield "-- foreign keys: set local session_replication_role = replica;"
        yield from statements
        yield "commit;"


def _others(findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        refreshed = finding.kind == Kind.MATVIEW and finding.column == "populated"
        if finding.kind not in _MADE_EQUAL and not refreshed:
            yield finding


def _parts(name: str) -> tuple[str, str]:
    schema, table = split_name(name)
    return schema, table


def _in_order(pairs: list[tuple[Differing, Table]]) -> list[tuple[Differing, Table]]:
    """Tables after those to which their foreign keys lead; as they come where these go round."""
    by_oid = {table.oid: (one, table) for one, table in pairs}
    graph = {oid: [to for to in table.references if to in by_oid and to != oid]
             for oid, (_, table) in by_oid.items()}  # fmt: skip
    try:
        return [by_oid[oid] for oid in TopologicalSorter(graph).static_order()]
    except CycleError:
        return pairs


def _again(one: Differing, table: Table) -> Iterator[tuple[Values, Values]]:
    """Changed rows that go and come again: an update would meet what stands in its way."""
    return (pair for pair in one.changed if _comes_again(pair, one, table))


def _comes_again(pair: tuple[Values, Values], one: Differing, table: Table) -> bool:
    if table.referenced:
        return False
    names = _names(one)
    return any(
        ours != theirs and name in table.bound
        for name, ours, theirs in zip(names, *pair, strict=True)
    )


def _deletes(one: Differing, table: Table) -> Iterator[str]:
    name = identifier(*one.plan.target.parts)
    gone = [*one.extra, *(theirs for _, theirs in _again(one, table))]
    for some in _together(gone, table):
        conditions = " or ".join(f"({_is_row(values, one)})" for values in some)
        yield f"delete from only {name} where {conditions};"
    for text, ours, theirs in one.counts:
        if theirs > ours:
            whole = ", ".join(_whole(one, table))
            yield (
                f"delete from only {name} where ctid in (select ctid from only {name} as assay_row"
                f' where (row({whole})::text) collate "C" = {_literal(text)}'
                f" limit {theirs - ours});"
            )


def _whole(one: Differing, table: Table) -> Iterator[str]:
    """The columns of a row as its text shows them."""
    for column, name in zip(one.plan.columns, _names(one), strict=True):
        quoted = f"assay_row.{identifier(name)}"
        if column.type.removesuffix("[]") == "money":
            quoted += "::numeric" + ("[]" if column.type.endswith("[]") else "")
        yield quoted


def _inserts(one: Differing, table: Table) -> Iterator[str]:
    come = [*one.missing, *(ours for ours, _ in _again(one, table))]
    come += [
        tuple(fields_of(text))
        for text, ours, theirs in one.counts
        for _ in range(max(ours - theirs, 0))
    ]
    names = _names(one)
    taken = [at for at, name in enumerate(names) if name not in table.generated]
    columns = ", ".join(identifier(names[at]) for at in taken)
    name = identifier(*one.plan.target.parts)
    for some in _together(come, table):
        if not taken:
            yield from (f"insert into {name} default values;" for _ in some)
            continue
        rows = ",\n  ".join(f"({', '.join(_literal(row[at]) for at in taken)})" for row in some)
        yield f"insert into {name} ({columns}) overriding system value values\n  {rows};"


def _updates(one: Differing, table: Table) -> Iterator[str]:
    name = identifier(*one.plan.target.parts)
    for ours, theirs in one.changed:
        if _comes_again((ours, theirs), one, table):
            continue
        changes = ", ".join(
            f"{identifier(column)} = {_literal(value)}"
            for column, value, other in zip(_names(one), ours, theirs, strict=True)
            if value != other and column not in table.generated
        )
        if changes:
            yield f"update only {name} set {changes} where {_is_row(ours, one)};"


def _is_row(values: Values, one: Differing) -> str:
    """True of the row with this key."""
    names = dict(zip(one.plan.names, _names(one), strict=True))
    by_name = dict(zip(one.plan.names, values, strict=True))
    return " and ".join(
        f"{identifier(names[key])} is null"
        if by_name[key] is None
        else f"{identifier(names[key])} = {_literal(by_name[key])}"
        for key in one.plan.key
    )


def _names(one: Differing) -> list[str]:
    """What the target calls the columns."""
    theirs = {name: own for own, name in one.plan.target.renamed}
    return [theirs.get(name, name) for name in one.plan.names]


def _together(rows: Sequence[Values], table: Table) -> Iterator[Sequence[Values]]:
    """Rows of one statement; all of them where one row may refer to another."""
    size = max(len(rows), 1) if table.oid in table.references else TOGETHER
    return (rows[at : at + size] for at in range(0, len(rows), size))


def _literal(value: bytes | None) -> str:
    if value is None:
        return "NULL"
    try:
        return literal(value.decode())
    except UnicodeDecodeError as error:
        raise SetupError(
            "A value cannot be written into a script: its bytes are no UTF-8.",
            evidence=repr(value[:40]),
            remedy="compare without --sql, and repair this table by hand",
        ) from error


def fields_of(text: bytes) -> Iterator[bytes | None]:
    """The fields of a row's text; what is empty and stands in no quotes is NULL."""
    field, quoted, known, at = bytearray(), False, False, 1
    while at < len(text):
        letter = text[at : at + 1]
        doubled = (
            letter in (b'"', b"\\")
            and text[at + 1 : at + 2] == letter
            and (quoted or letter == b"\\")
        )
        if doubled:
            field += letter
            at += 1
        elif letter == b'"':
            quoted, known = not quoted, True
        elif letter in (b",", b")") and not quoted:
            yield bytes(field) if known or field else None
            field, known = bytearray(), False
        else:
            field += letter
        at += 1


def _setval(item: Item, narrowing: Narrowing) -> str:
    """The statement for a sequence's state; a renamed table's is found by its column."""
    value, called = item.properties["last_value"], item.properties["is_called"]
    parts = split_name(item.name)
    if len(parts) == 3:
        table, _, column = item.name.rpartition(".")
        theirs = identifier(*split_name(narrowing.tables.get(table, table)))
        (name,) = split_name(narrowing.target_column(table, column))
        return (
            f"select setval(pg_get_serial_sequence({literal(theirs)}, {literal(name)}),"
            f" {value}, {called});"
        )
    return f"select setval({literal(identifier(*parts))}, {value}, {called});"
