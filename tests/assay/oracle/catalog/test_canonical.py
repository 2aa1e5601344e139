"""Texts of one meaning have one form; whatever matters stays a difference."""

from __future__ import annotations

import json
import sys

import pytest

from assay import process
from assay.oracle.catalog.canonical import LONGEST, canonical, same_meaning
from assay.oracle.words.kinds import Kind

SAME = [
    # a cast of an array, once and again after the restore
    ("(ARRAY['a'::character varying])::text[]", "ARRAY[('a'::character varying)::text]"),
    ("((ARRAY[s, 'b'])::varchar(3)[])::text[]",
     "ARRAY[((s)::varchar(3))::text, 'b'::varchar(3)::text]"),
    ("(ARRAY[ARRAY[s], ARRAY['b']])::text[]", "ARRAY[ARRAY[(s)::text], ARRAY[('b')::text]]"),
    ("(ARRAY[(s COLLATE \"C\"), x])::text[]", "ARRAY[((s)::text COLLATE \"C\"), (x)::text]"),
    ("((s COLLATE \"C\") COLLATE \"C\")::text", "((s)::text COLLATE \"C\")"),
    # brackets that the grammar does not need
    ("((a = 1) AND (b = 2)) AND c", "((a = 1) AND (b = 2) AND c)"),
    ("((a = 1) OR (b = 2)) OR c", "((a = 1) OR (b = 2) OR c)"),
    ("1000::numeric", "(1000)::numeric"),
    # constants
    ("(- 1.5)", "'-1.5'::numeric"),
    ("-5", "'-5'::integer"),
    ("-5000000000", "'-5000000000'::bigint"),
    ("-5000000000000000000000", "'-5000000000000000000000'::numeric"),
    ("'0/16AE7F8'::pg_lsn", "'0/016AE7F8'::pg_lsn"),
    ("'0/0'::pg_lsn", "'0/00000000'::pg_lsn"),
    ("'{0/1,16/B374D848}'::pg_lsn[]", "'{0/00000001,16/B374D848}'::pg_lsn[]"),
    # names that columns have anyway
    ("(SELECT NULL::text)", "(SELECT NULL::text AS text)"),
    ("EXISTS (SELECT (SELECT '-1'::integer))",
     "EXISTS (SELECT (SELECT '-1'::integer AS int4) AS int4)"),
    ("(SELECT t.p1 FROM t)", "(SELECT t.p1 AS p1 FROM t)"),
    ("(SELECT ('a'::text COLLATE \"C\"))", "(SELECT ('a'::text COLLATE \"C\") AS text)"),
]  # fmt: skip
OTHER = [
    ("a < 9", "a <= 9"),
    ("a = 1", "a = 2"),
    ("a - (b - c)", "(a - b) - c"),
    ("a AND (b OR c)", "(a AND b) OR c"),
    ("NOT (a AND b)", "(NOT a) AND b"),
    ("s = ANY (ARRAY['a', 'b'])", "s = ANY (ARRAY['a', 'b', 'c'])"),
    ("s = ANY (ARRAY['a', 'b'])", "s = ALL (ARRAY['a', 'b'])"),
    ("(ARRAY['a'])::text[]", "(ARRAY['a'])::varchar[]"),
    ("(ARRAY['a'])::varchar(3)[]", "(ARRAY['a'])::varchar(2)[]"),
    ("((ARRAY[s])::varchar(3)[])::text[]", "(ARRAY[s])::text[]"),
    ("(ARRAY[s])::text[]", "ARRAY[s]"),
    ("(ARRAY[s])::text", "ARRAY[(s)::text]"),
    ("(ARRAY[s])::text[]", "(ARRAY[s])::public.text[]"),
    ("ARRAY[]::text[]", "ARRAY[]::integer[]"),
    ("(s)::text", "s"),
    ('(s COLLATE "C")::text', '(s COLLATE "POSIX")::text'),
    ('(s COLLATE "C")::text', "(s)::text"),
    ("public.f(a)", "other.f(a)"),
    ("f(a, b)", "f(b, a)"),
    ("a OPERATOR(public.=) b", "a = b"),
    ("'-5'::integer", "'-5'::bigint"),
    ("-5", "5"),
    ("-5", "'-5'"),
    ("'0/16AE7F8'::pg_lsn", "'0/16AE7F80'::pg_lsn"),
    ("'0/01'::text", "'0/1'::text"),
    ("'0/01'::other.pg_lsn", "'0/1'::other.pg_lsn"),
    ("'a'", "'A'"),
    ("'1.0'::numeric", "'1.00'::numeric"),
    ("1.0", "1.00"),
    ("(SELECT NULL::text AS a)", "(SELECT NULL::text AS text)"),
    ("(SELECT (SELECT 'a'::text) AS b)", "(SELECT (SELECT 'a'::text))"),
    ("(SELECT a FROM t)", "(SELECT t.a FROM t)"),
    ("(SELECT (a)::text FROM t)", "(SELECT (a)::text AS text FROM t)"),
    ("x IN (SELECT 1 UNION SELECT 2)", "x IN (SELECT 1 UNION ALL SELECT 2)"),
]
STATEMENTS = [
    ("CREATE INDEX i ON t (a) WITH (fillfactor='50', deduplicate_items=off)",
     "CREATE INDEX i ON t (a) WITH (deduplicate_items=off, fillfactor='50')", True),
    ("CREATE INDEX i ON t (a) WITH (fillfactor='50')",
     "CREATE INDEX i ON t (a) WITH (fillfactor='60')", False),
    ("CREATE INDEX i ON t (a, b)", "CREATE INDEX i ON t (b, a)", False),
    ("CREATE FUNCTION f() RETURNS int LANGUAGE sql SET a TO 'x' SET b TO 'y', 'z' AS 'select 1'",
     "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET b TO 'y', 'z' SET a TO 'x' AS 'select 1'",
     True),
    ("CREATE FUNCTION f() RETURNS int LANGUAGE sql SET b TO 'y', 'z' AS 'select 1'",
     "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET b TO 'z', 'y' AS 'select 1'", False),
    ("CREATE TRIGGER g BEFORE UPDATE OF a, b ON t FOR EACH ROW EXECUTE FUNCTION f('x', 'y')",
     "CREATE TRIGGER g BEFORE UPDATE OF b, a ON t FOR EACH ROW EXECUTE FUNCTION f('x', 'y')", True),
    ("CREATE TRIGGER g BEFORE UPDATE OF a, b ON t FOR EACH ROW EXECUTE FUNCTION f('x', 'y')",
     "CREATE TRIGGER g BEFORE UPDATE OF a, b ON t FOR EACH ROW EXECUTE FUNCTION f('y', 'x')",
     False),
    ("CREATE INDEX i ON t USING gist (a inet_ops DESC)",
     "CREATE INDEX i ON t USING gist (a DESC)", True),
    ("ALTER TABLE t ADD EXCLUDE USING gist (a inet_ops WITH &&, b WITH =)",
     "ALTER TABLE t ADD EXCLUDE USING gist (a WITH &&, b WITH =)", True),
    ("ALTER TABLE t ADD EXCLUDE USING gist (a inet_ops WITH &&)",
     "ALTER TABLE t ADD EXCLUDE USING gist (a inet_ops WITH =)", False),
    ("CREATE INDEX i ON t USING gist (a point_ops)", "CREATE INDEX i ON t USING gist (a)", False),
    ("CREATE INDEX i ON t USING btree (a inet_ops)", "CREATE INDEX i ON t USING btree (a)", False),
    ("UPDATE t SET a = a", "UPDATE t SET b = a", False),
    ("INSERT INTO t (a, b) VALUES (1, 2)", "INSERT INTO t (b, a) VALUES (1, 2)", False),
    ("ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM ('0/16A', 1) TO ('1/0', 5)",
     "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM ('0/0000016A', 1) TO ('1/00000000', 5)",
     True),
    ("ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM ('0/16A') TO ('1/0')",
     "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM ('0/16A') TO ('1/1')", False),
    ("CREATE TABLE t (a int GENERATED ALWAYS AS (b) VIRTUAL)",
     "CREATE TABLE t (a int GENERATED ALWAYS AS (b) STORED)", False),
]  # fmt: skip


def form(expression: str) -> str:
    found = canonical(f"select from t where x = ({expression})")
    assert found is not None, expression
    return found


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_a_restore_rewrites_has_one_form(one, other):
    assert form(one) == form(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_matters_stays_a_difference(one, other):
    assert form(one) != form(other)


@pytest.mark.parametrize(("one", "other", "same"), STATEMENTS)
def test_lists_without_an_order_are_sorted_and_no_others(one, other, same):
    assert None not in (canonical(one), canonical(other))
    assert (canonical(one) == canonical(other)) is same


@pytest.mark.parametrize(
    "text",
    ["select (", "-- nothing", "select '\udcff'", "select 1\0", f"select '{'x' * LONGEST}'",
     "select " + "f(" * 3000 + "1" + ")" * 3000, "CREATE PROPERTY GRAPH g"],
)  # fmt: skip
def test_what_cannot_be_read_has_no_form_and_is_compared_as_text(text):
    assert canonical(text) is None
    assert not same_meaning((Kind.VIEW, "definition"), text, f"{text} ")


def test_deep_nesting_is_read():
    deep = "a" + "".join(f" || b{n})" for n in range(150))
    assert canonical("select " + "(" * 150 + deep) is not None


@pytest.mark.parametrize(
    ("place", "one", "other"),
    [
        ((Kind.TABLE, "partition key"), "LIST (((a)::text))", "LIST ((a::text))"),
        ((Kind.COLUMN, "default"), "(ARRAY['a'])::text[]", "ARRAY[('a')::text]"),
        ((Kind.CONSTRAINT, "definition"), "CHECK ((((a) AND b) AND c))", "CHECK ((a AND b AND c))"),
        ((Kind.TEXT_SEARCH, "options"), "a = 'x', b = 'y'", "b = 'y', a = 'x'"),
        ((Kind.POLICY, "using"), "(a)", "a"),
    ],
)
def test_properties_are_read_as_what_they_hold(place, one, other):
    assert same_meaning(place, one, other)
    assert not same_meaning(place, one, None)
    assert not same_meaning((Kind.COMMENT, "comment"), one, other)


def test_filters_are_compared_inside_the_list_of_a_publication():
    def tables(condition, *, schema="public"):
        return json.dumps([[schema, "t", ["a"], condition], [schema, "u", None, None]])

    place = (Kind.PUBLICATION, "tables")
    assert same_meaning(place, tables("((a = 1) AND b) AND c"), tables("(a = 1) AND b AND c"))
    assert not same_meaning(place, tables("a = 1"), tables("a = 2"))
    assert not same_meaning(place, tables("a = 1"), tables("(a = 1)", schema="other"))
    assert not same_meaning(place, tables("a ="), tables("a = "))


def test_the_grammar_is_loaded_only_for_texts_that_differ():
    code = "import sys, assay.oracle.compare; sys.exit('postgast' in sys.modules)"

    done = process.execute([sys.executable, "-c", code], env={}, timeout=60)
    assert done.ok, done.stderr
