"""What a role may not read is unknown, object by object; all the rest is compared."""

from __future__ import annotations

import pytest

from assay.names import RunId
from assay.oracle.words.finding import Equality
from assay.oracle.words.scope import Scope
from assay.postgres.session import identifier
from assay.redact import Secret

pytestmark = pytest.mark.servers


@pytest.fixture
def reader(world, pair):
    """The pair as a role that may read little sees it."""
    name = RunId.new().name("reader")
    for place in ("source", "target"):
        pair.record(place, "role", name)
    world.on_both(f"create role {identifier(name)} login password 'reader-secret'")
    yield type(world)(
        *(a.as_role(name, Secret("reader-secret")) for a in (world.source, world.target))
    )
    world.on_both(f"drop owned by {identifier(name)}; drop role {identifier(name)}")


def test_a_missing_privilege_is_named_and_the_rest_compared(world, reader, pair):
    world.on_both("create table a (id int primary key); create table b (id int primary key)")
    world.on_both(f"grant select on a to {identifier(reader.source.user)}")
    comparison = reader.compare(tools=pair.server_pair.tools)
    assert comparison.equality is Equality.UNKNOWN
    assert "source public.b: no privilege to read every row" in comparison.why
    assert comparison.compared["relations"] == 1
    assert {(doubt.side, doubt.what) for doubt in comparison.doubts} == {
        (name, "public.b: no privilege to read every row") for name in ("source", "target")
    }
    assert all("grant usage" in doubt.remedy for doubt in comparison.doubts)
    told = {doubt.evidence for doubt in comparison.doubts}
    assert told == {f"connected as {reader.source.user}"}


DENIED = """
create table a (id int primary key, v text); insert into a values (1, 'x');
create schema hidden; create table hidden.t (id int); create sequence hidden.s;
create sequence s; create sequence seen; create table b (id int);
select lo_from_bytea(77, 'x'); select lo_from_bytea(78, 'x')
"""


@pytest.fixture
def denied(world, reader):
    """Much that the role may not read, and a little that it may."""
    world.on_both(DENIED)
    who = identifier(reader.source.user)
    world.on_both(f"grant select on a, s, seen to {who}; revoke select on s from {who};"
                  f" grant select on large object 78 to {who}")  # fmt: skip
    return reader


def test_what_may_not_be_read_is_unknown_object_by_object(denied, pair):
    comparison = denied.compare(Scope(), tools=pair.server_pair.tools)
    assert comparison.equality is Equality.UNKNOWN
    told = {doubt.what for doubt in comparison.doubts if doubt.side == "target"}
    (passwords,) = (one for one in told if one.startswith("only a superuser may read the"))
    assert f"passwords of roles: {denied.source.user}" in passwords.replace(", ", ": ")
    assert told - {passwords} == {
        "no privilege to read large objects: 77",
        "hidden.s: no privilege to read its state", "public.s: no privilege to read its state",
        "hidden.t: no privilege to read every row", "public.b: no privilege to read every row",
    }  # fmt: skip
    assert all(doubt.remedy for doubt in comparison.doubts)
    assert comparison.compared["rows"] == 1
    assert (comparison.compared["sequences"], comparison.compared["large objects"]) == (1, 2)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("update a set v = 'y'", "row public.a"),
        ("alter table hidden.t add n int", "column hidden.t.n"),
        ("select lo_put(78, 0, 'y')", "large-object 78"),
        ("comment on large object 77 is 'here'", "large-object 77"),
        ("select nextval('seen')", "sequence-state public.seen"),
        ("alter sequence s increment 2", "sequence public.s"),
    ],
)
def test_a_difference_is_found_even_where_something_else_may_not_be_read(
    world, denied, pair, sql, expected
):
    world.on_target(sql)
    comparison = denied.compare(tools=pair.server_pair.tools)
    assert comparison.equality is Equality.DIFFERENT
    assert comparison.totals == {expected: 1}
    assert comparison.why is None
    assert len(comparison.doubts) >= 10


def test_what_one_side_may_not_read_is_no_difference(world, denied):
    denied.source = world.source
    comparison = denied.compare(Scope())
    assert (comparison.equality, comparison.findings) == (Equality.UNKNOWN, ())
    assert {doubt.side for doubt in comparison.doubts} == {"target"}
    world.on_source("create subscription planted connection '' publication p"
                    " with (connect = false, slot_name = none)")  # fmt: skip
    comparison = denied.compare()
    world.on_source("drop subscription planted")
    # Anybody may read that there is one, and whose it is.
    assert {finding.kind for finding in comparison.findings} == {"subscription"}
    said = {(doubt.side, doubt.what) for doubt in comparison.doubts}
    told = "only a superuser may read the connection strings of subscriptions: planted"
    assert ("target", told) in said


def test_rows_that_a_policy_hides_are_not_called_equal(world, reader):
    world.on_both("create table a (id int primary key); alter table a enable row level security")
    world.on_both(f"grant select on a to {identifier(reader.source.user)}")
    comparison = reader.compare()
    assert comparison.equality is Equality.UNKNOWN
    assert "source public.a: no privilege to read every row" in comparison.why


def test_passwords_of_roles_need_a_superuser_and_that_is_said(world, reader):
    world.on_both("create table a (id int primary key)")
    comparison = reader.compare(Scope())
    assert comparison.equality is Equality.UNKNOWN
    assert comparison.why.startswith("source only a superuser may read the passwords of roles: ")
    assert comparison.compared["roles"] > 1


MAPPED = """create foreign data wrapper w; create server shop foreign data wrapper w;
create user mapping for public server shop options (host 'here')"""
SUBSCRIBED = """create subscription planted connection 'host=one' publication p
with (connect = false, slot_name = none)"""


@pytest.fixture
def subscribed(world, reader):
    """User mappings and subscriptions, which the reader sees little of."""
    world.on_both(MAPPED)
    world.on_both(SUBSCRIBED)
    yield reader
    world.on_both("drop subscription if exists planted")


def test_what_is_hidden_of_subscriptions_and_user_mappings_is_named(world, subscribed, pair):
    comparison = subscribed.compare(tools=pair.server_pair.tools)
    assert (comparison.equality, comparison.findings) == (Equality.UNKNOWN, ())
    assert {(doubt.side, doubt.what) for doubt in comparison.doubts} == {
        (side, f"only a superuser may read the {what}")
        for side in ("source", "target")
        for what in ("options of user mappings: shop for PUBLIC",
                     "connection strings of subscriptions: planted")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("drop user mapping for public server shop", "foreign shop for PUBLIC"),
        ("drop subscription planted", "subscription planted"),
        ("alter subscription planted set publication q with (refresh = false)",
         "subscription planted"),
        ("create user mapping for current_user server shop", "foreign shop for postgres"),
    ],
)  # fmt: skip
def test_what_everybody_may_see_of_them_is_compared(world, subscribed, pair, sql, expected):
    world.on_target(sql)
    comparison = subscribed.compare(tools=pair.server_pair.tools)
    assert comparison.equality is Equality.DIFFERENT
    assert comparison.totals == {expected: 1}
