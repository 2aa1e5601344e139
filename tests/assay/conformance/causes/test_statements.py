"""Statements of one kind, however they are written."""

from __future__ import annotations

import pytest

from assay.conformance.causes.statements import applied, kind_of


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT srsubstate FROM pg_stat_subscription", "SELECT pg_stat_subscription"),
        ("select a from t, pg_catalog.pg_class c", "SELECT pg_class"),
        ("select 1", "SELECT"),
        ("SELECT pg_catalog.setval('s', 1)", "SELECT setval"),
        ("/* a */ -- b\nWITH x AS (select 1) select", "WITH"),
        ("create unlogged table if not exists t ()", "CREATE TABLE"),
        ("CREATE UNIQUE INDEX i ON t (a)", "CREATE INDEX"),
        ("create or replace function f() ...", "CREATE FUNCTION"),
        ("CREATE MATERIALIZED VIEW v AS", "CREATE MATERIALIZED VIEW"),
        ("create operator class c", "CREATE OPERATOR CLASS"),
        ("CREATE SUBSCRIPTION s CONNECTION 'x'", "CREATE SUBSCRIPTION"),
        ("COMMENT ON COLUMN a.b IS 'x'", "COMMENT ON COLUMN"),
        ('ALTER TABLE ONLY public."My T" ADD CONSTRAINT c', "ALTER TABLE ADD CONSTRAINT"),
        ("alter table t alter column c set default 1", "ALTER TABLE SET DEFAULT"),
        ("ALTER TABLE t OWNER TO x", "ALTER TABLE OWNER"),
        ("ALTER SUBSCRIPTION s ENABLE", "ALTER SUBSCRIPTION ENABLE"),
        ("COPY public.t (a) FROM stdin;", "COPY FROM"),
        ("copy (select 1) to stdout", "COPY TO"),
        ("INSERT INTO t VALUES (1)", "INSERT"),
        ("BEGIN;", "BEGIN"),
        ("", ""),
    ],
)
def test_a_statement_has_a_kind(statement, kind):
    assert kind_of(statement) == kind


def test_a_worker_says_in_the_context_what_it_did():
    text = 'processing remote data for replication origin "pg_1" during message type "UPDATE" for'
    assert (applied(text), applied("COPY t, line 1"), applied("")) == ("apply UPDATE", "copy", None)
