"""The second opinion: agreement is nothing, what one sees alone is a difference."""

from __future__ import annotations

from collections import Counter

import pytest

from assay.oracle.second_opinion import schema as dump
from assay.oracle.second_opinion.statements import Statement
from assay.oracle.session.side import open_side
from assay.oracle.words.finding import Equality, Finding
from assay.oracle.words.limits import Limits
from assay.oracle.words.route import Route
from assay.oracle.words.scope import Scope
from assay.postgres.session import connect

ONE, TWO = Statement("TABLE t", "create table t"), Statement("TABLE t", "create table t (x int)")
COLUMN = Finding("column", "public.t.x", target="integer")


def judged(source, target, told, found=None):
    found = told if found is None else found
    return dump.judge_dumps(Counter(source), Counter(target), told, found=found, by="pg_dump")


def test_both_equal_and_both_different_are_agreement():
    assert judged([ONE], [ONE], []) == dump.Opinion()
    assert judged([ONE], [TWO], [COLUMN]) == dump.Opinion()


def test_what_only_a_dump_sees_is_a_difference():
    opinion = judged([ONE], [TWO], [])
    assert [(f.kind, f.object, f.column, f.source, f.target) for f in opinion.findings] == [
        ("dump", "TABLE t", None, "create table t", None),
        ("dump", "TABLE t", None, None, "create table t (x int)"),
    ]
    assert opinion.doubts == ()


def test_what_the_catalogs_have_named_already_is_not_said_twice():
    index = Statement("INDEX t_idx", "create index t_idx on t (x)")
    invalid = Finding("index", "public.t_idx", column="valid", source="true", target="false")
    assert judged([index], [], [], [invalid]) == dump.Opinion()
    other = Finding("row", "public.t_idx", "1")  # says nothing of the schema
    assert len(judged([index], [], [], [other]).findings) == 1


def test_a_property_that_only_the_catalogs_see_is_a_difference():
    owner = Finding("subscription", "s", column="disable on error", source="true", target="false")
    assert judged([ONE], [ONE], [owner]) == dump.Opinion()


@pytest.mark.parametrize("column", [None, "definition"])
def test_what_a_dump_denies_is_a_contradiction_and_does_not_count(column):
    finding = Finding("column", "public.t.x", column=column, target="integer")
    (doubt,) = judged([ONE], [ONE], [finding]).doubts
    assert "the catalogs differ in column public.t.x, and pg_dump's output is equal" in doubt.what
    assert doubt.spoils == ("column public.t.x",)


def test_a_password_in_a_statement_is_not_shown():
    text = "CREATE SUBSCRIPTION s CONNECTION 'host=x password=planted'"
    opinion = judged([Statement("SUBSCRIPTION s", text)], [], [])
    assert len(opinion.findings) == 1
    assert "planted" not in str(opinion)


@pytest.mark.servers
def test_what_no_rule_looks_at_is_found_by_pg_dump(world, pair):
    world.on_both("create table t (id int primary key)")
    world.on_target("alter table t add check (id > 0)")
    comparison = world.compare(
        tools=pair.server_pair.tools, without=frozenset({"constraints", "indexes"})
    )
    assert (comparison.equality, comparison.doubts) == (Equality.DIFFERENT, ())
    assert {finding.kind for finding in comparison.findings} == {"dump"}
    assert Route.DUMP in comparison.used


@pytest.mark.servers
def test_what_a_dump_does_not_write_is_found_by_the_catalogs(world, pair):
    world.on_both("create table t (id int primary key); create index i on t (id)")
    world.on_target("update pg_index set indisvalid = false where indexrelid = 'i'::regclass")
    comparison = world.compare(tools=pair.server_pair.tools)
    assert comparison.equality is Equality.DIFFERENT
    assert [str(finding) for finding in comparison.findings] == [
        "index public.i valid: source true, target false"
    ]


@pytest.mark.servers
def test_a_large_dump_is_read_from_its_beginning(world, pair):
    world.on_both(
        """create table a (id int primary key); create table z (id int primary key);
        do $$ begin execute format('comment on table z is %L', repeat('x', 5000000)); end $$"""
    )
    world.on_target("alter table a add check (id > 0)")
    comparison = world.compare(tools=pair.server_pair.tools)
    assert (comparison.equality, comparison.why) == (Equality.DIFFERENT, None)


@pytest.mark.servers
def test_no_password_is_in_the_arguments_of_pg_dump(world, pair, monkeypatch):
    seen = []
    real = dump.process.start

    def spy(argv, **options):
        seen.append(" ".join(argv))
        return real(argv, **options)

    monkeypatch.setattr(dump.process, "start", spy)
    world.on_both("create table t (id int primary key)")
    assert world.compare(tools=pair.server_pair.tools).equality is Equality.EQUAL
    assert len(seen) == 2
    assert not any(world.source.password.reveal() in line for line in seen)


@pytest.mark.servers
def test_a_dump_that_failed_early_is_asked_again(world, pair, monkeypatch):
    seen = []
    real = dump.process.start

    def spy(argv, **options):
        seen.append(argv)
        early = len(seen) <= 2  # one of each side
        return real(["false"] if early else argv, **options)

    monkeypatch.setattr(dump.process, "start", spy)
    world.on_both("create table t (id int primary key)")
    comparison = world.compare(tools=pair.server_pair.tools)
    assert (comparison.equality, comparison.why) == (Equality.EQUAL, None)
    assert sorted(seen[:2]) == sorted(seen[2:])


@pytest.mark.servers
def test_a_dump_waits_for_a_lock_no_longer_than_we_do(world, pair, monkeypatch):
    world.on_both("create table t (id int primary key)")
    world.on_target("comment on table t is 'changed'")
    real = dump.PlannedDumps.statements
    with connect(world.source, autocommit=False) as holder:

        def held(planned):
            holder.execute("lock table t in access exclusive mode")
            return real(planned)

        monkeypatch.setattr(dump.PlannedDumps, "start", lambda _self: None)
        monkeypatch.setattr(dump.PlannedDumps, "statements", held)
        limits = Limits(lock="300ms")
        scope = Scope(roles=(), parts="schema")  # who has read rows holds a lock as well
        seen = world.compare(scope, tools=pair.server_pair.tools, limits=limits)
    assert seen.equality is Equality.DIFFERENT
    assert any("canceling statement due to statement timeout" in one.evidence
               for one in seen.doubts)  # fmt: skip


@pytest.mark.servers
def test_a_dump_that_nobody_waits_for_ends_with_the_snapshot(world):
    with open_side(world.source, name="source") as side:
        dump.start_dump(["sleep", "100"], world.source, side)
        (running,) = side.started.values()
        assert running.alive()
    assert not running.alive()
