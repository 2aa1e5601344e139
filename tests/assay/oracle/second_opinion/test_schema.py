"""The second opinion: agreement is nothing, disagreement a failure of ours."""

from __future__ import annotations

from collections import Counter

import pytest

from assay.oracle.second_opinion import schema as dump
from assay.oracle.second_opinion.statements import Statement
from assay.oracle.words.finding import Equality, Finding

ONE, TWO = Statement("TABLE t", "create table t"), Statement("TABLE t", "create table t (x int)")
COLUMN = Finding("column", "public.t.x", target="integer")


def judged(source, target, seen):
    return dump.judge_dumps(Counter(source), Counter(target), seen, by="pg_dump")


def test_both_equal_and_both_different_are_agreement():
    assert judged([ONE], [ONE], []) == dump.Opinion()
    assert judged([ONE], [TWO], [COLUMN]) == dump.Opinion()


def test_a_dump_that_differs_alone_is_a_failure_of_ours():
    opinion = judged([ONE], [TWO], [])
    assert [(f.kind, f.source, f.target) for f in opinion.findings] == [
        ("dump", "create table t", None),
        ("dump", None, "create table t (x int)"),
    ]
    assert "a failure of ours" in opinion.causes[0]


def test_catalogs_that_differ_alone_are_a_failure_of_ours():
    opinion = judged([ONE], [ONE], [COLUMN])
    assert opinion.findings == ()
    assert "a failure of ours" in opinion.causes[0]


def test_a_password_in_a_statement_is_not_shown():
    text = "CREATE SUBSCRIPTION s CONNECTION 'host=x password=planted'"
    opinion = judged([Statement("SUBSCRIPTION s", text)], [], [])
    assert "planted" not in str(opinion)


@pytest.mark.servers
def test_a_rule_that_is_blind_is_found_out_by_pg_dump(world, pair):
    world.on_both("create table t (id int primary key)")
    world.on_target("alter table t add check (id > 0)")
    comparison = world.compare(
        tools=pair.server_pair.tools, without=frozenset({"constraints", "indexes"})
    )
    assert comparison.equality is Equality.UNKNOWN
    assert "a failure of ours" in comparison.why
    assert {finding.kind for finding in comparison.findings} == {"dump"}


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
    real = dump.process.execute

    def spy(argv, **options):
        seen.append(" ".join(argv))
        return real(argv, **options)

    monkeypatch.setattr(dump.process, "execute", spy)
    world.on_both("create table t (id int primary key)")
    assert world.compare(tools=pair.server_pair.tools).equality is Equality.EQUAL
    assert len(seen) == 2
    assert not any(world.source.password.reveal() in line for line in seen)
