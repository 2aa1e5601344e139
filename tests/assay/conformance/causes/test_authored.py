"""What a case made: names, and the types of its columns."""

from __future__ import annotations

import pytest

from assay.conformance.causes.authored import Authored

SQL = """
create type mood as enum ('sad', 'happy');
create domain word as text check (value <> '');
create type pair as (a int, b int);
create unlogged table if not exists shop."Orders" (
    id int primary key, price numeric(10, 2) not null, "When" timestamp with time zone
        default now(),
    m mood, ws word[], p pair, primary key (id),
    constraint positive check (price > 0)
); -- create table in_a_comment (x int)
create unique index concurrently cheap on shop."Orders" (price);
alter table shop."Orders" add column if not exists note text;
create or replace function total(n int) returns int language sql as 'select n';
create materialized view seen as select price as asked from shop."Orders";
create extension hstore;
do $$ begin execute format('create table part_%s (id int)', 1); end $$;
select pg_create_logical_replication_slot('own_slot', 'pgoutput');
"""


@pytest.mark.parametrize(
    "name",
    ["Orders", "shop.Orders", 'shop."Orders"', "Orders_pkey", "price", "note", "cheap", "total",
     "seen", "asked", "positive", "mood", "word", "part_7", "own_slot"],
)  # fmt: skip
def test_names_of_the_case_are_its_own(name):
    assert Authored.by(SQL).made(name)


@pytest.mark.parametrize(
    "name", ["srsubstate", "pg_class", "hstore", "in_a_comment", "orders", "seren_checkpoint", "x"]
)
def test_other_names_are_not(name):
    assert not Authored.by(SQL).made(name)


def test_columns_have_a_type_that_many_share():
    authored = Authored.by(SQL)
    asked = ("id", "price", "When", "m", "ws", "p", "none")
    found = [authored.type_of('shop."Orders"', f'"{c}"' if c == "When" else c) for c in asked]
    assert found == ["int", "numeric", "timestamp with time zone", "enum", "domain[]", "composite",
                     None]  # fmt: skip
