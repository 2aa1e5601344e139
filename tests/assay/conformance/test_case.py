"""The case format of docs/writing-a-case.md."""

from __future__ import annotations

import pytest

from assay.conformance.case import KEYS, MARKERS, CaughtBy, Expected, parse
from assay.errors import UsageError
from assay.replicators.base import Capability
from assay.run.outcome import Outcome
from assay.suites import DOCUMENTS

WHOLE = """\
-- Unchanged TOAST values survive an UPDATE of another column.
-- phases: init, live
-- requires: live, server.17, extension.hstore
-- caught-by: lossy:stale-toast finds row public.doc
-- filter: exclude-tables={db}.private.log include-databases={db}
-- sequences: exact
-- timeout: 30
create table doc (id int primary key);
grant select on doc to assay_reader;
-- @premise
select true;
-- @setup database "My DB"
create table other ();
-- @live single
update doc set id = 2;
-- @after as assay_reader password app-secret
select * from doc;
-- @expect
-- REFUSED: doc is too large
-- FAITHFUL
"""


def case_file(tmp_path, text, name="dt-toast-unchanged.sql"):
    folder = tmp_path / "data-types"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def refusal(tmp_path, text):
    with pytest.raises(UsageError) as caught:
        parse(case_file(tmp_path, text))
    return str(caught.value)


def test_header_and_sections_are_read_whole(tmp_path):
    case = parse(case_file(tmp_path, WHOLE))
    assert (case.id, case.category) == ("dt-toast-unchanged", "data-types")
    assert case.title == "Unchanged TOAST values survive an UPDATE of another column."
    assert case.phases == ("init", "live")
    assert case.capabilities == {Capability.INIT, Capability.LIVE}
    assert case.features == ("17", "extension.hstore")
    assert case.caught_by == CaughtBy("lossy:stale-toast", "row", "public.doc")
    assert case.filters == {
        "exclude_tables": ("{db}.private.log",),
        "include_databases": ("{db}",),
    }
    assert case.exact_sequences
    assert case.timeout == 30
    assert case.roles == ("assay_reader",)
    assert case.databases == ("My DB",)
    assert case.expected == (
        Expected(Outcome.REFUSED, "doc is too large"),
        Expected(Outcome.FAITHFUL),
    )


def test_sections_know_their_line_session_and_transaction(tmp_path):
    case = parse(case_file(tmp_path, WHOLE))
    setup, other = case.of("setup")
    assert (setup.line, setup.database) == (8, None)
    assert other.database == "My DB"
    (live,) = case.of("live")
    assert live.single
    assert live.line == 15
    (after,) = case.of("after")
    assert (after.role, after.password) == ("assay_reader", "app-secret")


def test_the_second_of_two_copies_has_a_name_of_its_own(tmp_path):
    case = parse(case_file(tmp_path, HEAD.replace("init", "init, init-again") + "select 1;\n"))
    assert case.phases == ("init", "init-again")
    assert case.capabilities == {Capability.INIT}


def test_the_default_expectation_is_faithful(tmp_path):
    text = (
        "-- T.\n-- phases: init\n-- caught-by: schema-only finds row public.t\ncreate table t ();\n"
    )
    assert parse(case_file(tmp_path, text)).expected == (Expected(Outcome.FAITHFUL),)


HEAD = "-- T.\n-- phases: init\n-- caught-by: lossy:row-lost finds row public.t\n"
BODY = """\
create function f() returns trigger language plpgsql as $$
begin insert into audit values (1); return new; end $$;
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("create table t ();\n", "dt-toast-unchanged.sql:1: the first line must be the title"),
        ("-- T.\n-- phase: init\n", ":2: unknown header 'phase'"),
        (HEAD + "-- phases: live\n", ":4: 'phases' is given twice"),
        ("-- T.\n-- caught-by: lossy:row-lost finds row t\n", ":1: the header names no phases"),
        (HEAD.replace("init", "initt"), ":2: unknown phase 'initt'"),
        (HEAD.replace("init", "init, init"), ":2: a phase is named twice"),
        (HEAD + "-- requires: lives\n", ":4: unknown capability 'lives'"),
        (HEAD.replace("lossy:row-lost", "noop"), ":3: no control that fails this case is named"),
        (HEAD.replace("row-lost", "row-loss"), ":3: The control lossy has no defect 'row-loss'"),
        (HEAD.replace("finds row", "finds rows"), ":3: unknown kind of finding 'rows'"),
        (HEAD.replace("finds row public.t", "gives WRONG"), ":3: unknown outcome 'WRONG'"),
        (HEAD + "-- filter: tables=x\n", ":4: not a filter: 'tables=x'"),
        (HEAD + "-- timeout: soon\n", ":4: timeout is not a number of seconds"),
        (HEAD + "-- sequences: all\n", ":4: sequences cannot be 'all'"),
        (HEAD + BODY, ":5: f names 'audit' without its schema"),
        (HEAD + "-- unqualified: other\n" + BODY, ":6: f names 'audit' without its schema"),
        (HEAD + "-- unqualified: audit\nselect 1;\n", ":4: no body names 'audit'"),
        (HEAD + BODY + "nonsense;\n", ":1: @setup of line 4 cannot be read: syntax error"),
        (HEAD + "create table t ();\n-- @lives\nselect 1;\n", ":5: unknown marker @lives"),
        (HEAD + "select 1;\n-- @live slowly\nselect 1;\n", ":5: @live does not know 'slowly'"),
        (HEAD + "select 1;\n-- @live planted\nselect 1;\n", ":5: @live does not know 'planted'"),
        (HEAD + "select 1;\n-- @expect\nREFUSED\n", ":6: not an expectation: 'REFUSED'"),
        (HEAD + "select 1;\n-- @expect\n-- UNKNOWN\n", ":6: not an expectation"),
    ],
)
def test_malformed_file_is_named_with_its_line(tmp_path, text, said):
    assert said in refusal(tmp_path, text)


def test_a_case_about_a_name_without_its_schema_says_so(tmp_path):
    assert parse(case_file(tmp_path, HEAD + "-- unqualified: audit\n" + BODY)).id


def test_what_is_planted_is_known(tmp_path):
    text = HEAD + "select 1;\n-- @setup planted database x\nselect 2;\n-- @target\nselect 3;\n"
    case = parse(case_file(tmp_path, text + "-- @plant\nselect 4;\n"))
    assert [s.sql for s in case.sections if s.planted] == ["select 2;", "select 4;"]
    assert case.databases == ("x",)


def test_the_document_names_every_key_and_every_marker():
    document = (DOCUMENTS / "writing-a-case.md").read_text()
    assert not [key for key in KEYS if f"| `{key}` |" not in document]
    assert not [marker for marker in MARKERS if f"`-- @{marker}" not in document]
