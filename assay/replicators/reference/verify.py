"""`verify`: every table's rows and every sequence, compared on both sides by what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from assay.postgres.session import Connection, fetch, identifier, literal, scalar
from assay.replicators.reference.catalog import slot_position
from assay.replicators.reference.context import Run, name_of, session
from assay.replicators.reference.following import drain
from assay.replicators.reference.selection import Selected, Table, select

# Text of a value depends on these; database and role settings differ between the sides.
RENDERING = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "xmloption": "content",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "row_security": "off",
    "statement_timeout": "0",
}
BATCH = 5000

_COLUMNS = """
select a.attname, exists (
    select from pg_catalog.pg_index x where x.indrelid = a.attrelid and x.indisprimary
       and a.attnum = any (x.indkey))
  from pg_catalog.pg_attribute a
 where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum
"""
_SEQUENCES = """
select n.nspname, c.relname from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'S' and c.relpersistence <> 't' order by 1, 2
"""
Row = tuple[str, bytes]


@dataclass(slots=True)
class Count:
    """How many rows each side has shown, and the first difference."""

    source: int = 0
    target: int = 0
    difference: str | None = None


def verify(run: Run) -> int:
    """Compare everything selected; 1 when anything differs, naming the table and the row."""
    matches, failed = 0, 0
    for chosen in select(run):
        _wait_for_stream(run, chosen.database)
        with _reading(run, chosen.database) as (source, target):
            for what, difference in _compared(source, target, chosen):
                if difference is None:
                    matches += 1
                    run.say(f"  ✓ {what}: Match")
                else:
                    failed += 1
                    run.say(f"  ✗ {what}: {difference}")
    run.say(f"Total compared: {matches + failed}, matches: {matches}, mismatches: {failed}")
    if failed:
        run.warn(f"Error: {failed} table(s) or sequence(s) failed verification")
        return 1
    run.say("✓ ALL TABLES VERIFIED SUCCESSFULLY!")
    return 0


def _wait_for_stream(run: Run, database: str) -> None:
    with session(run.source.at(database), read_only=True) as source:
        name = name_of(source, database)
        position = slot_position(source, name)
    if position is not None and position[0]:
        drain(run, database, name)


@contextmanager
def _reading(run: Run, database: str) -> Iterator[tuple[Connection, Connection]]:
    """Both sides, each at one moment."""
    with (
        session(run.source.at(database), settings=RENDERING, read_only=True) as source,
        session(run.target.at(database), settings=RENDERING, read_only=True) as target,
        source.transaction(),
        target.transaction(),
    ):
        for connection in (source, target):
            connection.execute("set transaction isolation level repeatable read")
        yield source, target


def _compared(
    source: Connection, target: Connection, chosen: Selected
) -> Iterator[tuple[str, str | None]]:
    for table in chosen.storing:
        yield f"{table}", _table(source, target, table)
    for schema, name in fetch(source, _SEQUENCES):
        if (schema, name) not in chosen.excluded:
            yield f"sequence {schema}.{name}", _sequence(source, target, identifier(schema, name))


def _table(source: Connection, target: Connection, table: Table) -> str | None:
    relation = identifier(table.schema, table.name)
    if not scalar(target, "select to_regclass(%s) is not null", relation):
        return "MISMATCH: missing on the target"
    columns = fetch(source, _COLUMNS, relation)
    names = [name for name, _ in columns]
    if names != [name for name, _ in fetch(target, _COLUMNS, relation)]:
        return "MISMATCH: the columns differ"
    key = [name for name, in_key in columns if in_key]
    try:
        count = _merge(_rows(source, relation, names, key), _rows(target, relation, names, key))
    except psycopg.Error as error:
        return f"ERROR: {error.diag.message_primary or error}"
    if count.difference is None:
        return None
    return f"MISMATCH: source={count.source} target={count.target} rows, {count.difference}"


def _rows(connection: Connection, relation: str, names: list[str], key: list[str]) -> Iterator[Row]:
    """Key and digest of every row, in an order that both sides share."""
    whole = f"row({', '.join(identifier(name) for name in names)})::text"
    keyed = f"row({', '.join(identifier(name) for name in key)})::text" if key else "''"
    query = (
        f"select {keyed} collate \"C\", pg_catalog.sha256(pg_catalog.convert_to({whole}, 'UTF8')) "
        f"from only {relation} order by 1, 2"
    )
    with connection.cursor(name="rows") as cursor:
        cursor.itersize = BATCH
        cursor.execute(query.encode())
        for row in cursor:
            yield row[0], bytes(row[1])


def _merge(source: Iterator[Row], target: Iterator[Row]) -> Count:
    """Walk both sides as multisets; all rows are counted, the first difference is kept."""
    count = Count()
    left, right = next(source, None), next(target, None)
    while left is not None or right is not None:
        take_left = right is None or (left is not None and left <= right)
        take_right = left is None or (right is not None and right <= left)
        if take_left != take_right and count.difference is None:
            row = left if take_left else right
            side = "source" if take_left else "target"
            count.difference = f"first at {_named(row)}, only on the {side}"
        if take_left:
            count.source, left = count.source + 1, next(source, None)
        if take_right:
            count.target, right = count.target + 1, next(target, None)
    return count


def _named(row: Row | None) -> str:
    if row is None:
        return "?"
    return f"key {row[0]}" if row[0] else f"a row with sha256 {row[1].hex()[:16]}"


def _sequence(source: Connection, target: Connection, sequence: str) -> str | None:
    if not scalar(target, f"select to_regclass({literal(sequence)}) is not null"):
        return "MISMATCH: missing on the target"
    states = [
        fetch(side, f"select last_value, is_called from {sequence}")[0] for side in (source, target)
    ]
    if states[0] == states[1]:
        return None
    return f"MISMATCH: source={states[0]} target={states[1]}"
