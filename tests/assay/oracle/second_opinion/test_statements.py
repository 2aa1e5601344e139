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


def read(dump: str, server: int = 17, common: int = 17, **declared) -> dict[str, str]:
    scope = Scope(declared=Declared(**declared))
    statements = dump_statements(dump, side="source", scope=scope, server=server, common=common)
    return {one.name: one.text for one in statements}


def test_a_dump_is_taken_apart_by_its_entries():
    assert list(read(DUMP)) == ["TABLE t", "PUBLICATION tool", "ACL TABLE t"]


def test_random_tokens_and_the_order_of_grants_do_not_matter():
    other = DUMP.replace("abc", "xyz").replace("TO b;", "TO c;").replace("TO a;", "TO b;")
    assert read(DUMP) == read(other.replace("TO c;", "TO a;"))


@pytest.mark.parametrize("kind", ["TABLE", "FOREIGN TABLE"])
def test_positions_that_a_build_writes_into_options_do_not_matter(kind):
    line = "ALTER TABLE ONLY public.t REPLICA IDENTITY FULL;\n"

    def stamped(options):
        return DUMP.replace(
            line, f"{line}ALTER {kind} ONLY public.t ALTER COLUMN id SET {options};\n"
        )

    assert read(stamped("(pg_attver=5)")) == read(DUMP)
    assert read(stamped("(pg_attver=5, n_distinct=2)")) == read(stamped("(n_distinct=2)"))
    assert read(stamped("(pg_attver=5, n_distinct=2)")) != read(stamped("(n_distinct=3)"))


def test_the_order_of_an_event_triggers_tags_does_not_matter():
    said = """
--
-- Name: e; Type: EVENT TRIGGER; Schema: -; Owner: postgres
--

CREATE EVENT TRIGGER e ON sql_drop
         WHEN TAG IN ('DROP VIEW', 'DROP TABLE')
   EXECUTE FUNCTION public.f();


"""
    assert read(said) == read(said.replace("VIEW', 'DROP TABLE", "TABLE', 'DROP VIEW"))
    assert read(said) != read(said.replace("DROP VIEW", "DROP INDEX"))


def test_a_changed_statement_is_seen():
    assert read(DUMP) != read(DUMP.replace("id integer", "id bigint"))


@pytest.mark.parametrize("name", ["t_id_not_null", '"a ""b"" c"'])
def test_the_name_of_a_not_null_counts_where_both_servers_know_it(name):
    plain = DUMP.replace("id integer", "id integer NOT NULL")
    named = DUMP.replace("id integer", f"id integer CONSTRAINT {name} NOT NULL")
    assert read(plain, common=17) == read(named, common=17)
    assert read(plain, common=18) != read(named, common=18)


@pytest.mark.parametrize(
    "written", ["    NOT NULL id,\n    a integer", "    a integer,\n    NOT NULL id"]
)
def test_what_a_child_inherits_counts_where_both_servers_write_it(written):
    plain = DUMP.replace("id integer", "a integer")
    inherited = DUMP.replace("    id integer", written)
    assert read(plain, common=17) == read(inherited, common=17)
    assert read(plain, common=18) != read(inherited, common=18)


def test_a_view_of_15_is_written_as_later_versions_write_it():
    header = "--\n-- Name: v; Type: VIEW; Schema: public; Owner: postgres\n--\n\n"
    old = header + "CREATE VIEW public.v AS\n SELECT t.id\n   FROM public.t;\n"
    new = header + "CREATE VIEW public.v AS\n SELECT id\n   FROM public.t;\n"
    assert read(old, server=15) == read(new, server=18)
    assert read(old, server=16) != read(new, server=18)


def test_the_order_in_which_a_publication_excepts_tables_does_not_matter():
    except_ = (
        "FOR ALL TABLES EXCEPT (TABLE ONLY s.a, TABLE ONLY s.b), ALL SEQUENCES WITH (publish = '')"
    )
    dump = DUMP.replace("FOR ALL TABLES", except_)
    assert read(dump) == read(
        dump.replace("s.a", "s.c").replace("s.b", "s.a").replace("s.c", "s.b")
    )
    assert read(dump) != read(dump.replace("s.a", "s.c"))


def test_the_order_in_which_a_graph_got_its_elements_does_not_matter():
    dump = "--\n-- Name: g; Type: PROPERTY GRAPH; Schema: s; Owner: o\n--\n\n" + (
        "CREATE PROPERTY GRAPH s.g\n    VERTEX TABLES (\n        s.a,\n        s.b\n    );\n"
    )
    assert read(dump) == read(dump.replace("s.a,", "s.b,").replace("s.b\n", "s.a\n"))
    assert read(dump) != read(dump.replace("s.a", "s.c"))


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
    assert not dump_tells(
        Finding("function", "pg_catalog.f()", None, None, "x", None), across=False
    )
    assert not dump_tells(
        Finding("view", "information_schema.v", None, None, "x", None), across=False
    )


def test_statements_that_differ_as_text_are_held_against_each_other_by_their_meaning():
    def judged(*texts):
        one, other = (Counter([Statement(*text)]) for text in texts)
        return judge_dumps(one, other, [], found=[], by="pg_dump")

    view = "CREATE VIEW v AS SELECT (ARRAY['a'::varchar])::text[];"
    same = "CREATE VIEW v AS SELECT ARRAY[('a'::varchar)::text];"
    assert judged(("VIEW v", view), ("VIEW v", same)) == Opinion()
    assert len(judged(("VIEW v", view), ("VIEW w", same)).findings) == 2
    unreadable = ("VIEW v", "CREATE VIEW v AS"), ("VIEW v", "CREATE VIEW v AS ")
    assert len(judged(*unreadable).findings) == 2


def test_as_many_statements_are_alike_as_there_are():
    one = Statement("X", "SELECT ((1));")
    more = Counter([one, one, Statement("X", "SELECT (1);")])
    opinion = judge_dumps(Counter([Statement("X", "SELECT 1;")]), more, [], found=[], by="pg_dump")
    assert len(opinion.findings) == 2
