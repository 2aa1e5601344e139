"""`--sql`: applied to a copy, the statements make it equal; nothing runs them by itself."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from assay.compare.repair import fields_of, repair_script
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.rows.differing import DifferingRows
from assay.oracle.words.finding import Equality
from assay.oracle.words.kinds import Kind
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.scope import Scope
from assay.postgres.session import connect
from benchmarks.corpus import load

ROWS = ("missing-rows", "extra-rows", "changed-rows", "multiplicity", "partition-placement",
        "computed-data", "sequence-state")  # fmt: skip
MUTANTS = [
    pytest.param(category, mutant, id=mutant.id)
    for category in load()
    if category.name in ROWS
    for mutant in category.mutants
]
MADE_EQUAL = {Kind.ROW, Kind.MULTIPLICITY, Kind.SEQUENCE_STATE}
DATA = Question(Scope(roles=()), keep=None)


def script(world, question: Question = DATA) -> str:
    differing = DifferingRows()
    seen = compare(world.source, world.target, question, differing=differing)
    assert seen.equality is not Equality.UNKNOWN, seen.why
    with connect(world.target, read_only=True) as connection:
        return "\n".join(repair_script(connection, differing, seen, question.narrowing))


def left(world, question: Question = DATA) -> list[str]:
    """What still differs in rows and sequences after the script has run."""
    text = script(world, question)
    with psycopg.connect(world.target.url(), autocommit=True) as connection:
        connection.execute(text.encode())
    seen = compare(world.source, world.target, question)
    assert seen.equality is not Equality.UNKNOWN, seen.why
    return [str(one) for one in seen.findings if one.kind in MADE_EQUAL]


@pytest.mark.servers
@pytest.mark.parametrize(("category", "mutant"), MUTANTS)
def test_each_mutant_of_rows_and_sequences_is_undone(world, category, mutant):
    if "with another expression's value" in mutant.name:  # its definition is what differs
        mutant = replace(mutant, finds=())
    inside = "create schema if not exists app; set search_path = app, public;"
    world.on_both(f"{inside}{category.base}")
    world.on_target(f"{inside}{mutant.sql}")
    assert left(world) == ([] if mutant.finds else ["row app.g [1] b: source 20, target 30"])


VALUES = """
create type mood as enum ('ok', 'it''s, "bad"'); create type pair as (x int, y text);
create table v (id int primary key, a text[], b bytea, c jsonb, d numeric, e interval,
  f timestamptz, g mood, h pair, i money, j float8, k int generated always as identity,
  l int generated always as (id * 2) stored, m bit(3), n xml);
insert into v (id, a, b, c, d, e, f, g, h, i, j, m) values (1, '{"x y",NULL,"\\"q\\\\"}', '\\x00ff',
  '{"k": [1.0]}', 'NaN', '1 mon -2 days', '2026-01-01 12:00:00.123456+02', 'it''s, "bad"',
  '(1,"a,\\"b\\"")', '$1.50', '-0', '101'), (2, '{}', '', 'null', 1.00, '0', 'infinity', 'ok',
  null, null, 1e-300, null);
"""


@pytest.mark.servers
@pytest.mark.parametrize("keyed", [True, False])
def test_values_of_every_form_come_back(world, keyed):
    world.on_both(VALUES if keyed else VALUES.replace("int primary key", "int"))
    world.on_target("delete from v where id = 1; update v set a = null, d = 2, i = 7 where id = 2")
    assert left(world) == []


KEYS = """
create table parent (id int primary key, name text unique);
create table child (id int primary key, parent int not null references parent on delete cascade);
create table self (id int primary key, boss int references self);
insert into parent values (1, 'a'), (2, 'b'), (3, 'c');
insert into child values (1, 1), (2, 2), (3, 3);
insert into self values (1, null), (2, 1), (3, 2);
"""


@pytest.mark.servers
def test_foreign_keys_unique_values_and_cascades_are_minded(world):
    world.on_both(KEYS)
    world.on_target("""
        delete from child where id = 1; insert into parent values (9, 'z');
        update child set parent = 9 where id = 3; delete from parent where id in (1, 3);
        insert into parent values (4, 'c'); delete from self where id = 3;
        update self set boss = null where id = 2; delete from self where id = 1;
        insert into self values (7, 2), (8, 7)""")
    assert left(world) == []


@pytest.mark.servers
def test_values_exchanged_under_a_unique_constraint(world):
    world.on_both("create table u (id int primary key, n int unique); insert into u values (1, 1),"
                  " (2, 2)")  # fmt: skip
    world.on_target("update u set n = 9 where id = 1; update u set n = 1 where id = 2;"
                    " update u set n = 2 where id = 1")  # fmt: skip
    assert left(world) == []


@pytest.mark.servers
def test_rows_of_a_renamed_table_and_the_state_of_its_sequence(world):
    world.on_source(
        "create table s (id serial primary key, v text); insert into s (v) values ('a')"
    )
    world.on_target('create table "S" (id serial primary key, "V" text)')
    narrowing = Narrowing(tables={"public.s": 'public."S"'}, columns={"public.s": {"v": '"V"'}})
    assert left(world, replace(DATA, narrowing=narrowing)) == []


@pytest.mark.servers
def test_long_values_are_whole(world):
    world.on_both("create table w (id int primary key, v text)")
    world.on_source("insert into w values (1, repeat('x', 2000000) || 'end')")
    assert left(world, replace(DATA, large=0)) == []


@pytest.mark.servers
def test_what_stays_different_is_said_and_equal_databases_have_no_statement(world):
    world.on_both("create table t (id int primary key)")
    assert script(world) == ""
    world.on_target("alter table t add n int")
    assert script(world) == "-- stays different: column public.t.n"


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (b"(1,a)", [b"1", b"a"]),
        (b"(,)", [None, None]),
        (b'("",)', [b"", None]),
        (b'("a,""b""","c\\\\d(")', [b'a,"b"', b"c\\d("]),
        (b'("two\nlines",x)', [b"two\nlines", b"x"]),
    ],
)
def test_a_row_is_taken_apart_as_the_server_wrote_it(text, fields):
    assert list(fields_of(text)) == fields
