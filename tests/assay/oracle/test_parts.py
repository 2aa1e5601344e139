"""Parts of databases: one schema, schema only, data only; limits and what it has cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.oracle import compare
from assay.oracle.session import side
from assay.oracle.words.finding import Equality
from assay.oracle.words.limits import Limits
from assay.oracle.words.scope import Scope

pytestmark = pytest.mark.servers

BOTH = """
create schema app; create schema other;
create table app.t (id int primary key, v text); create table other.t (id int primary key);
create sequence app.s; create function other.f() returns int language sql as 'select 1';
"""


@pytest.fixture
def parted(world):
    """Two schemas, each with damage of its own on the target; large objects and roles too."""
    world.on_both(BOTH)
    world.on_target("""
        insert into app.t values (1, 'x'); alter table app.t alter v set default 'y';
        alter default privileges in schema app grant select on tables to public;
        alter default privileges in schema other grant select on tables to public;
        select setval('app.s', 9); select lo_create(77);
        insert into other.t values (5); drop function other.f();
        create publication p for table app.t""")
    return world


def kinds(comparison) -> set[str]:
    assert comparison.why is None
    return {f"{finding.kind} {finding.object}" for finding in comparison.findings}


def test_one_schema_is_all_that_lies_in_it_and_nothing_else(parted, pair):
    seen = parted.compare(Scope(schemas=("ap?",)), tools=pair.server_pair.tools)
    (default,) = (one for one in kinds(seen) if one.startswith("default-acl"))
    assert "in schema app" in default
    assert kinds(seen) - {default} == {"row app.t", "column app.t.v", "sequence-state app.s"}


def test_a_schema_that_is_gone_on_one_side_is_a_finding_of_one_schema(parted, pair):
    parted.on_target("drop schema other cascade")
    seen = parted.compare(Scope(schemas=("other",)), tools=pair.server_pair.tools)
    assert kinds(seen) >= {"schema other", "table other.t"}


def test_schema_only_reads_no_rows_and_no_states(parted, pair):
    seen = parted.compare(Scope(roles=(), parts="schema"), tools=pair.server_pair.tools)
    assert kinds(seen) >= {"column app.t.v", "function other.f()", "publication p"}
    assert not {"row", "sequence-state", "large-object"} & {f.kind for f in seen.findings}
    assert seen.compared["rows"] == 0


def test_data_only_reads_rows_states_and_large_objects(parted):
    seen = parted.compare(Scope(parts="data"))
    assert kinds(seen) == {
        "row app.t", "row other.t", "sequence-state app.s", "large-object 77",
    }  # fmt: skip


def test_data_only_does_not_pass_over_what_cannot_be_compared(parted):
    parted.on_target("drop table other.t; alter table app.t drop column v")
    parted.on_source("create view app.seen as select 1 as one")
    seen = parted.compare(Scope(parts="data"))
    assert kinds(seen) >= {"table other.t", "column app.t.v"}
    assert not any("seen" in finding.object for finding in seen.findings)


def test_redacted_findings_hold_no_value(parted):
    seen = parted.compare(Scope(roles=(), parts="data"), redact=True)
    rows = [str(finding) for finding in seen.findings if finding.kind == "row"]
    assert len(rows) == 2
    assert not any("(1,x)" in row or "[1]" in row or "[5]" in row for row in rows)


def test_what_it_has_cost_is_said(parted):
    cost = parted.compare(limits=Limits(statement="7min", lock="3s")).cost
    assert set(cost) == {"source", "target"}
    assert all(one.snapshot > 0 and one.sessions == 1 for one in cost.values())
    assert {(one.statement, one.lock) for one in cost.values()} == {("7min", "3s")}


def test_a_snapshot_is_not_held_longer_than_allowed(parted):
    seen = parted.compare(limits=Limits(snapshot=0.000001))
    assert seen.equality is Equality.UNKNOWN
    (doubt,) = seen.doubts
    assert "--max-snapshot" in doubt.remedy or "transaction timeout" in doubt.what


def test_a_statement_ends_at_its_limit(parted):
    seen = parted.compare(limits=Limits(statement="1ms"))
    assert seen.equality is Equality.UNKNOWN
    assert "statement timeout" in seen.why


def test_a_wrong_duration_is_named(parted):
    seen = parted.compare(limits=Limits(statement="soon"))
    assert seen.equality is Equality.UNKNOWN
    assert 'invalid value for parameter "statement_timeout": "soon"' in seen.why


@pytest.mark.parametrize("newer", ["source", "target"])
def test_neither_side_knows_more_than_the_lower_version(parted, monkeypatch, newer):
    describe, read, known = side._describe, compare.read_items, {}

    def newer_by_one(connection, *, name, **given):
        seen = describe(connection, name=name, **given)
        return replace(seen, version=seen.version + 1) if name == newer else seen

    def noted(one, **given):
        known[one.name] = (one.version, one.common)
        return read(one, **given)

    monkeypatch.setattr(side, "_describe", newer_by_one)
    monkeypatch.setattr(compare, "read_items", noted)
    parted.compare()
    lower = min(version for version, _ in known.values())
    assert {name: common for name, (_, common) in known.items()} == {
        "source": lower,
        "target": lower,
    }
    assert known[newer][0] == lower + 1
