"""Statements in what pg_dumpall writes."""

from assay.replicators.reference.script import named, statements

GLOBALS = r"""--
-- Roles; and more
--
\restrict aBc
SET client_encoding = 'UTF8';
CREATE ROLE "we;ird ""role";
ALTER ROLE x SET "a.b" TO 'it''s; -- not a comment';
COMMENT ON ROLE x IS E'back\\slash '';
second line';
\unrestrict aBc
"""


def test_separators_in_quotes_do_not_end_a_statement():
    found = list(statements(GLOBALS))
    assert found == [
        "SET client_encoding = 'UTF8'",
        'CREATE ROLE "we;ird ""role"',
        "ALTER ROLE x SET \"a.b\" TO 'it''s; -- not a comment'",
        "COMMENT ON ROLE x IS E'back\\\\slash '';\nsecond line'",
    ]


def test_the_name_after_leading_words_is_unquoted():
    assert named('CREATE ROLE "we;ird ""role"', "CREATE ROLE") == 'we;ird "role'
    assert named("ALTER ROLE x WITH LOGIN", "ALTER ROLE") == "x"
    assert named("GRANT a TO b", "CREATE ROLE") is None
