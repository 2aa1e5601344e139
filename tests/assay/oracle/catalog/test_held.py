"""Rules that are not asked where there is nothing to read: never where there is something."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import pytest

from assay.oracle.catalog import held
from assay.oracle.catalog.fingerprint import RULES
from assay.oracle.catalog.held import HELD, holding
from assay.oracle.catalog.queries.fragments import FIRST_USER_OID
from assay.oracle.session.side import open_side
from assay.postgres.session import connect
from tests.assay.versions import NEWEST, versions

pytestmark = pytest.mark.servers

# Something in each catalog, with what hangs on it.
MADE = {
    "pg_class": "create table t (id int primary key); create view seen as select 1 as one;"
    " create sequence counted; comment on column t.id is 'x'",
    "pg_type": "create type mood as enum ('low'); comment on type mood is 'x';"
    " create domain small as int check (value < 9); comment on type _mood is 'x'",
    "pg_proc": "create function f() returns int language sql as 'select 1';"
    " create aggregate total(int) (sfunc = int4pl, stype = int)",
    "pg_namespace": "create schema app",
    "pg_collation": "create collation plain (provider = libc, locale = 'C')",
    "pg_conversion": "create conversion western for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
    "pg_operator": "create operator === (leftarg = int, rightarg = int, function = int4eq)",
    "pg_opclass": "create operator class ordered for type int using btree family integer_ops"
    " as storage int",
    "pg_opfamily": "create operator family kin using btree",
    "pg_amop": "alter operator family integer_ops using btree add operator 1 < (date, date)",
    "pg_amproc": "alter operator family integer_ops using btree"
    " add function 1 (int, text) btint48cmp(int, bigint)",
    "pg_am": "create access method shelf type table handler heap_tableam_handler;"
    " comment on access method shelf is 'x'",
    "pg_cast": "create cast (text as int) with inout; comment on cast (text as int) is 'x'",
    "pg_transform": "create transform for smallint language sql ("
    " from sql with function prsd_lextype(internal), to sql with function int2recv(internal));"
    " comment on transform for smallint language sql is 'x'",
    "pg_language": "create language odd handler plpgsql_call_handler",
    "pg_ts_parser": "create text search parser cut (start = prsd_start,"
    " gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);"
    " comment on text search parser cut is 'x'",
    "pg_ts_template": "create text search template plain (lexize = dsimple_lexize);"
    " comment on text search template plain is 'x'",
    "pg_ts_dict": "create text search dictionary words (template = simple)",
    "pg_ts_config": "create text search configuration words (copy = simple)",
    "pg_statistic_ext": "create table t (a int, b int); create statistics st on a, b from t",
    "pg_foreign_data_wrapper": "create foreign data wrapper files",
    "pg_foreign_server": "create foreign data wrapper files;"
    " create server far foreign data wrapper files;"
    " create user mapping for public server far options (user 'me')",
    "pg_event_trigger": "create function f() returns event_trigger language internal"
    " as 'suppress_redundant_updates_trigger';"
    " create event trigger guard on sql_drop execute function f()",
    "pg_publication": "create publication told",
    "pg_default_acl": "alter default privileges grant select on tables to public",
    "pg_largeobject_metadata": "select lo_from_bytea(0, 'content')",
    "pg_depend": "create function f() returns int language sql as 'select 1';"
    " alter function f() depends on extension plpgsql",
}  # fmt: skip
ALL = frozenset(MADE)
# What these ask for is what decides whether they are asked: every row.
WHOLE = {"default-privileges", "large-objects", "extension-dependencies"}


def test_everything_that_is_looked_for_is_made_here():
    assert {name for name in MADE if f"'{name}'" in HELD} == ALL
    assert HELD.count("exists") == len(ALL)


@pytest.mark.parametrize("catalog", sorted(MADE))
def test_one_thing_that_users_made_is_seen_by_every_rule_that_reads_it(world, monkeypatch, catalog):
    empty = _told(world.source)
    world.on_target(MADE[catalog])
    with open_side(world.target, name="target") as side:
        assert catalog in holding(side)
    told = _told(world.target)
    monkeypatch.setattr(held, "holding", lambda _side: ALL)
    assert told == _told(world.target)
    assert told != empty


@versions("14:17", "15:18", "18:19", NEWEST)
def test_a_rule_that_is_not_asked_would_have_told_nothing(mixed, monkeypatch):
    """Asked of a full database about nothing that users made, no rule tells more than unasked."""
    with connect(mixed.source) as connection:
        for number, sql in enumerate(MADE.values()):
            schema = f"s{number}"
            connection.execute(f"create schema {schema}; set search_path = {schema}".encode())
            connection.execute(sql.replace("files", f"files{number}").encode())
    monkeypatch.setattr(held, "holding", lambda _side: frozenset())
    with open_side(mixed.source, name="source") as side:
        nothing = replace(side, lens=_of_nobody)
        for name, rule in RULES.items():
            if name not in WHOLE:
                unasked = rule(side)
                assert [item for item in rule(nothing) if item not in unasked] == [], name


def _of_nobody(query: str) -> str:
    return query.replace(f">= {FIRST_USER_OID}", ">= 4294967295")


def _told(address) -> dict[str, list[str]]:
    with ExitStack() as stack:
        side = stack.enter_context(open_side(address, name="source"))
        return {name: sorted(map(str, rule(side))) for name, rule in RULES.items()}
