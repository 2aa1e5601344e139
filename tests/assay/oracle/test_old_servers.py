"""PostgreSQL 14 and 15 beside later ones: what they store otherwise is the same, or is told."""

from __future__ import annotations

import pytest

from assay.names import RunId
from assay.oracle.words.scope import Scope
from tests.assay.versions import OLD_PAIRS, versions

pytestmark = pytest.mark.servers

SCHEMA = """
create table t (id int primary key, v text); create table u (id int primary key);
create publication p for table t, u with (publish = 'insert', publish_via_partition_root = true);
create publication q for all tables;
create collation lib (provider = libc, locale = 'C');
create collation icu (provider = icu, locale = 'de', deterministic = false);
create subscription s connection 'host=nowhere' publication p
  with (connect = false, slot_name = none, streaming = on, binary = true);
create subscription still connection 'host=nowhere' publication p
  with (connect = false, slot_name = none, streaming = off);
create statistics st on id, v from t; alter statistics st set statistics 5;
alter table t alter v set statistics 9;
create table made (id int generated always as identity, s serial,
  g int generated always as (1 + 2) stored);
create function body(a int) returns int language sql begin atomic select a + t.id from t; end;
create type r as range (subtype = float8); create domain dm as int check (value > 0) default 3;
create table parent (k int, v int) partition by range (k);
create table child partition of parent for values from (1) to (5); create index on parent (v);
create trigger tr before update of v on t for each row when (old.v is distinct from new.v)
  execute function suppress_redundant_updates_trigger();
create rule rl as on update to u where old.id > 1 do also insert into t values (new.id, 'x');
create policy po on t using (id in (select id from u));
create table base (id int primary key, v text); create table heir (w int) inherits (base);
"""
# As a subscription is applied in 14 and 15; pg_dump writes it of theirs.
AS_OWNER = """alter subscription s set (run_as_owner = true);
alter subscription still set (run_as_owner = true);"""
GONE = "drop subscription s; drop subscription still"
CHANGES = (
    ("alter publication p set (publish_via_partition_root = false)",
     ("publication", "p", "via root")),
    ("alter publication p drop table u", ("publication", "p", "tables")),
    ("alter subscription s set (streaming = off)", ("subscription", "s", "streaming")),
    ("alter subscription still set (run_as_owner = false)",
     ("subscription", "still", "run as owner")),
    ("alter subscription still set (disable_on_error = true)",
     ("subscription", "still", "disable on error")),
    ("alter subscription still set (origin = none)", ("subscription", "still", "origin")),
    ("drop collation icu; create collation icu (provider = icu, locale = 'fr', deterministic"
     " = false)", ("collation", "public.icu", "locale")),
    ("drop collation lib; create collation lib (lc_collate = 'POSIX', lc_ctype = 'C')",
     ("collation", "public.lib", "collate")),
    ("alter statistics st set statistics 6",
     ("statistics", "public.st", "statistics target")),
)  # fmt: skip


@pytest.fixture
def alike(both_ways):
    """A pair with the schema on both sides, as one copied from the other has it."""
    both_ways.on_both(SCHEMA)
    both_ways.on_new(AS_OWNER)
    yield both_ways
    both_ways.on_both(GONE)


def found(comparison) -> set[tuple[str, str, str | None]]:
    assert comparison.why is None
    return {(str(one.kind), one.object, one.column) for one in comparison.findings}


@versions(*OLD_PAIRS)
def test_what_old_servers_store_otherwise_is_the_same(alike):
    for seen in alike.compared(tools=True):
        assert found(seen) == set()


@versions(*OLD_PAIRS)
def test_what_differs_is_found_beside_an_old_server(alike):
    for change, _ in CHANGES:
        alike.on_new(change)
    for seen in alike.compared(tools=True):
        assert found(seen) == {finding for _, finding in CHANGES}


@pytest.fixture
def roles(both_ways):
    """Three roles on both sides, gone afterwards."""
    run = RunId.new()
    names = [run.name(role) for role in ("giver", "group", "member")]
    for side in ("source", "target"):
        both_ways.pair.allow(side, "membership", ".*")
        for name in names:
            both_ways.pair.record(side, "role", name)
    both_ways.on_both("".join(f"create role {name};" for name in names))
    return names


@versions(*OLD_PAIRS)
def test_a_membership_of_an_old_server_has_no_options_of_its_own(both_ways, roles):
    giver, group, member = roles
    both_ways.on_both("create table t ()")
    both_ways.on_both(f"alter role {member} noinherit; grant {group} to {member}")
    both_ways.on_both(f"grant {group} to {giver} with admin option")
    for seen in both_ways.compared(Scope(), tools=True):
        assert found(seen) == set()
    both_ways.on_new(f"grant {group} to {member} with inherit true; grant {giver} to {member};"
                     f" grant {group} to {giver} with set false")  # fmt: skip
    for seen in both_ways.compared(Scope(), tools=True):
        assert found(seen) == {
            ("role-membership", group, member),
            ("role-membership", group, giver),
            ("role-membership", giver, member),
        }


@versions(*OLD_PAIRS)
def test_who_may_create_in_public_is_told_as_it_is(both_ways):
    both_ways.on_both("create table t ()")
    both_ways.on_old("alter schema public owner to postgres;"
                     " grant create on schema public to public")  # fmt: skip
    for seen in both_ways.compared():
        assert found(seen) == {
            ("owner", "public", "schema"),
            ("acl", "public", "postgres=CREATE/PUBLIC"),
        }


PARTITIONED = """
create table p (id int) partition by range (id);
create table p1 partition of p for values from (0) to (9);
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger g after insert on p for each row execute function f();
alter table p1 disable trigger g;
"""


@versions(*OLD_PAIRS)
def test_a_partitions_trigger_is_the_same_where_it_counts_as_internal(both_ways):
    both_ways.on_both(PARTITIONED)
    for seen in both_ways.compared(tools=True):
        assert found(seen) == set()
    both_ways.on_new("alter table p1 enable trigger g")
    for seen in both_ways.compared():
        assert found(seen) == {("trigger", "public.p1.g", "enabled")}
