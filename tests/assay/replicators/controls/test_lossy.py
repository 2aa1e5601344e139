"""The lossy control on a pair of servers."""

from typing import TYPE_CHECKING

import pytest

from assay.replicators.base import Phase

if TYPE_CHECKING:
    from tests.assay.replicators.conftest import Bench

pytestmark = pytest.mark.servers


def test_a_defect_damages_what_it_names_and_nothing_else(bench: "Bench"):
    bench.source(
        "create table t (id int primary key, a text, b bytea)",
        "insert into t values (1, null, null), (2, '', ''), (3, 'x', '\\x00')",
    )
    assert bench.run(Phase.INIT, "lossy:empty-for-null").ok
    assert bench.target("select a, b is null from t order by id") == [
        ("", True),
        ("", False),
        ("x", False),
    ]


def test_a_defect_that_finds_nothing_says_so(bench: "Bench"):
    bench.source("create table t (id int primary key)")
    done = bench.run(Phase.INIT, "lossy:empty-for-null")
    assert done.exit == 1
    assert "nothing to damage" in done.stderr


def test_damage_waits_while_a_stream_is_to_come(bench: "Bench"):
    bench.source("create table t (id int primary key)", "insert into t values (1), (2)")
    assert bench.run(Phase.INIT, "lossy:row-lost", follow=True).ok
    assert bench.run(Phase.SYNC, "lossy:row-lost", follow=True).ok
    assert bench.target("select count(*) from t") == [(2,)]
    assert bench.run(Phase.CAUGHT_UP, "lossy:row-lost", follow=True).ok
    assert bench.target("select id from t") == [(1,)]


def test_schema_only_copies_definitions_without_rows(bench: "Bench"):
    bench.source("create table t (id int primary key)", "insert into t values (1)")
    assert bench.run(Phase.INIT, "schema-only").ok
    assert bench.target("select count(*) from t") == [(0,)]


def test_what_was_deleted_comes_back_and_the_copies_go(bench: "Bench"):
    bench.source("create table t (id int primary key)", "insert into t values (1), (2)")
    name = "lossy:deletes-ignored"
    assert bench.run(Phase.INIT, name, follow=True).ok
    assert bench.run(Phase.SYNC, name, follow=True).ok
    bench.source("delete from t where id = 1")
    bench.arrives("select count(*) = 1 from t")
    assert bench.run(Phase.CAUGHT_UP, name, follow=True).ok
    assert bench.target("select count(*) from t") == [(2,)]
    assert bench.target("select count(*) from pg_namespace where nspname ~ 'stash'") == [(0,)]


def test_prints_password_shows_it_and_the_reference_does_not(bench: "Bench"):
    bench.source("create table t (id int primary key)")
    secret = bench.pair.source.password.reveal()
    # Started bare: what runs a tool for the suite would hide the password.
    assert secret in bench.bare(Phase.VALIDATE, "lossy:prints-password").stdout
    assert secret not in bench.bare(Phase.VALIDATE, "reference").output


def test_password_in_argv_starts_a_child_that_shows_it(bench: "Bench"):
    bench.source("create table t (id int primary key)")
    secret = bench.pair.source.password.reveal()
    assert bench.shown_by_children(Phase.VALIDATE, "lossy:password-in-argv", secret)
    assert not bench.shown_by_children(Phase.VALIDATE, "reference", secret)
