"""Rows without a key that are equal and not the same: which tables, and what is said of them."""

from typing import TYPE_CHECKING

import pytest

from assay.postgres.session import connect
from assay.replicators.base import Filters, Phase
from assay.replicators.reference.equality import mistakable
from assay.replicators.reference.selection import Selected, Table

if TYPE_CHECKING:
    from assay.postgres.pair import Pair
    from tests.assay.replicators.conftest import Bench

pytestmark = pytest.mark.servers

COARSE = {
    "numeric": "numeric: 1.0 = 1.00",
    "numeric(9,2)[]": "numeric: 1.0 = 1.00",
    "numrange": "numeric: 1.0 = 1.00",
    "nummultirange": "numeric: 1.0 = 1.00",
    "float4": "float4: 0 = -0",
    "float8": "float8: 0 = -0",
    "interval": "interval: 1 mon = 30 days",
    "jsonb": "jsonb: 1.0 = 1.00 in it",
    "tsquery": "tsquery: a & b = a & b:*",
    "bpchar": "bpchar: blanks at the end do not count",
    "app.price": "numeric: 1.0 = 1.00",
    "app.pair": "float8: 0 = -0",
    "app.hidden[]": "interval: 1 mon = 30 days",
    "citext": "citext has a = of its own",
}
FINE = ("int", "text", "char(3)", "varchar(3)", "bytea", "uuid", "timestamptz", "timetz", "int[]",
        "int4range", "tsvector", "money", "inet", "bit varying", "date[]", "app.mood")  # fmt: skip
TYPES = (
    "create extension citext; create schema app; create domain app.price as numeric;"
    " create type app.pair as (a int, b float8); create type app.mood as enum ('calm');"
    " create domain app.hidden as interval"
)


def found_in(pair: "Pair", tables: dict[str, str]) -> dict[str, str]:
    """What makes each table mistakable, by its name."""
    with connect(pair.source) as connection:
        connection.execute(TYPES.encode())
        for name, said in tables.items():
            connection.execute(f"create table {name} {said}".encode())
        chosen = tuple(Table("public", name, "r", "p") for name in tables)
        found = mistakable(connection, Selected(pair.source.database, chosen))
    return {table.table: table.reasons for table in found}


def test_a_column_is_named_for_what_its_type_is_made_of(pair: "Pair"):
    tables = {f"coarse_{number}": f"(fine int, c {kind})" for number, kind in enumerate(COARSE)}
    tables |= {f"fine_{number}": f"(c {kind})" for number, kind in enumerate(FINE)}
    assert found_in(pair, tables) == {
        f"coarse_{number}": f'column "c" ({why})' for number, why in enumerate(COARSE.values())
    }


def test_a_collation_that_is_not_deterministic_is_named(pair: "Pair"):
    with connect(pair.source) as connection:
        connection.execute(
            b'create collation blind from "C"; '  # as one of ICU, which not every server has
            b"update pg_collation set collisdeterministic = false where collname = 'blind'"
        )
    assert found_in(pair, {"t": "(w text collate blind)", "u": "(w text)"}) == {
        "t": 'column "w" (collation blind is not deterministic)'
    }


def test_rows_that_a_unique_index_tells_apart_are_not_mistaken(pair: "Pair"):
    tables = {
        "keyed": "(n numeric primary key)",
        "deferred": "(id int primary key deferrable, n numeric)",
        "by_unique": "(id int not null unique, n numeric)",
        "nulls_too": "(id int, n numeric, unique nulls not distinct (id))",
        "nullable": "(id int unique, n numeric)",
        "computed": "(id int, n numeric generated always as (id) stored)",
    }
    assert found_in(pair, tables) == {"nullable": 'column "n" (numeric: 1.0 = 1.00)'}


def test_equal_rows_that_are_not_the_same_are_refused_before_a_stream_only(bench: "Bench"):
    bench.source(
        "create table keyed (id int primary key)",
        "create table amount (n numeric, note text)",
        "insert into amount values ('1.0', 'a'), ('1.00', 'a'), ('2', 'a'), ('2', 'a')",
    )
    for refused in (bench.run(Phase.VALIDATE), bench.run(Phase.INIT, follow=True)):
        assert refused.exit == 1
        assert "Rows of public.amount are equal by = and not the same" in refused.stderr
        assert "public.amount: 1 value(s) of rows" in refused.stderr
        assert 'column "n" (numeric: 1.0 = 1.00)' in refused.stderr
    assert bench.debris() == []
    left_out = Filters(exclude_tables=(f"{bench.pair.source.database}.public.amount",))
    assert bench.run(Phase.VALIDATE, filters=left_out).ok
    assert bench.run(Phase.INIT).ok
    assert bench.target("select count(*) from amount") == [(4,)]


def test_a_table_that_could_get_such_rows_is_warned_of_and_followed(bench: "Bench"):
    bench.source(
        "create table amount (n numeric, note text)",
        "insert into amount values ('1.0', 'a'), ('1.0', 'a'), ('1.00', 'b')",
    )
    warning = f"table {bench.pair.source.database}.public.amount has no key"
    for done in (bench.run(Phase.VALIDATE), bench.run(Phase.INIT, follow=True)):
        assert done.ok
        assert warning in done.stderr
        assert 'column "n" (numeric: 1.0 = 1.00)' in done.stderr


def test_the_first_of_equal_rows_is_taken_where_nobody_refuses(bench: "Bench"):
    bench.source(
        "create table amount (n numeric, note text)",
        "insert into amount values ('1.0', 'a'), ('1.00', 'a')",
    )
    control = "lossy:equal-rows-mixed-up"
    assert bench.run(Phase.INIT, control, follow=True).ok
    assert bench.run(Phase.SYNC, control, follow=True).ok
    bench.source("update amount set note = 'b' where n::text = '1.00'")
    bench.arrives("select count(*) = 1 from amount where note = 'b'")
    assert bench.source("select n::text from amount where note = 'a'") == [("1.0",)]
    assert bench.target("select n::text from amount where note = 'a'") == [("1.00",)]
