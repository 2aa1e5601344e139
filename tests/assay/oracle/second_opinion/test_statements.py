"""pg_dump's text in a form that equal schemas share."""

from __future__ import annotations

from collections import Counter

import pytest

from assay.oracle.second_opinion.schema import Opinion, judge_dumps
from assay.oracle.second_opinion.statements import Statement, dump_statements, dump_tells
from assay.oracle.words.finding import Finding
from assay.oracle.words.scope import Declared, Scope

DUMP = r"""
\restrict abc

SET default_tablespace = '';

--
-- Name: t; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.t (
    id integer
);
ALTER TABLE ONLY public.t REPLICA IDENTITY FULL;


--
-- Name: tool; Type: PUBLICATION; Schema: -; Owner: postgres
--

CREATE PUBLICATION tool FOR ALL TABLES;


--
-- Name: TABLE t; Type: ACL; Schema: public; Owner: postgres
--

GRANT SELECT ON TABLE public.t TO b;
GRANT SELECT ON TABLE public.t TO a;


--
-- PostgreSQL database dump complete
--

\unrestrict abc

"""


def read(dump: str, common: int = 17, **declared) -> dict[str, str]:
    scope = Scope(declared=Declared(**declared))
    return {
        s.name: s.text for s in dump_statements(dump, side="source", scope=scope, common=common)
    }


def test_a_dump_is_taken_apart_by_its_entries():
    assert list(read(DUMP)) == ["TABLE t", "PUBLICATION tool", "ACL TABLE t"]


def test_random_tokens_and_the_order_of_grants_do_not_matter():
    other = DUMP.replace("abc", "xyz").replace("TO b;", "TO c;").replace("TO a;", "TO b;")
    assert read(DUMP) == read(other.replace("TO c;", "TO a;"))


def test_a_changed_statement_is_seen():
    assert read(DUMP) != read(DUMP.replace("id integer", "id bigint"))


@pytest.mark.parametrize("name", ["t_id_not_null", '"a ""b"" c"'])
def test_the_name_of_a_not_null_counts_where_both_servers_know_it(name):
    plain = DUMP.replace("id integer", "id integer NOT NULL")
    named = DUMP.replace("id integer", f"id integer CONSTRAINT {name} NOT NULL")
    assert read(plain, common=17) == read(named, common=17)
    assert read(plain, common=18) != read(named, common=18)


def test_declared_leftovers_are_left_out():
    read_with = read(DUMP, source={"publication": ("tool",), "replica-identity": (".*",)})
    assert list(read_with) == ["TABLE t", "ACL TABLE t"]
    assert "REPLICA" not in read_with["TABLE t"]


def test_a_declaration_of_the_other_side_leaves_nothing_out():
    assert "PUBLICATION tool" in read(DUMP, target={"publication": ("tool",)})


def test_what_a_dump_does_not_write_asks_for_no_agreement():
    assert dump_tells(Finding("column", "public.t.c", None, "default", "1", None), across=False)
    assert not dump_tells(Finding("row", "public.t", "1", "v", "a", "b"), across=False)
    assert not dump_tells(Finding("index", "public.i", None, "valid", "t", "f"), across=False)
    assert not dump_tells(Finding("owner", "public.t", None, "table", "a", "b"), across=True)


def test_statements_that_differ_as_text_are_held_against_each_other_by_their_meaning():
    def judged(*texts):
        one, other = (Counter([Statement(*text)]) for text in texts)
        return judge_dumps(one, other, [], by="pg_dump")

    view = "CREATE VIEW v AS SELECT (ARRAY['a'::varchar])::text[];"
    same = "CREATE VIEW v AS SELECT ARRAY[('a'::varchar)::text];"
    assert judged(("VIEW v", view), ("VIEW v", same)) == Opinion()
    assert len(judged(("VIEW v", view), ("VIEW w", same)).findings) == 2
    unreadable = ("VIEW v", "CREATE VIEW v AS"), ("VIEW v", "CREATE VIEW v AS ")
    assert len(judged(*unreadable).findings) == 2


def test_as_many_statements_are_alike_as_there_are():
    one = Statement("X", "SELECT ((1));")
    more = Counter([one, one, Statement("X", "SELECT (1);")])
    opinion = judge_dumps(Counter([Statement("X", "SELECT 1;")]), more, [], by="pg_dump")
    assert len(opinion.findings) == 2
