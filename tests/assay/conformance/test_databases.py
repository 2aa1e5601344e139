"""Several databases of a case are one answer: sums, and the weakest proof."""

from __future__ import annotations

import pytest

from assay.conformance.case import parse
from assay.conformance.databases import Databases
from assay.names import RunId
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import Cost, Equality, Finding, conclude
from assay.oracle.words.scope import Scope

pytestmark = pytest.mark.servers
CASE = """\
-- Two databases.
-- phases: init
-- caught-by: lossy:row-lost finds row public.t
create table t (id int primary key);
-- @setup database "My DB"
create table other ();
"""
COST = Cost(1.0, 1, "30min", "30s")
ROW = Finding("row", "public.t", "1")


@pytest.fixture
def databases(pair, tmp_path):
    """Both databases of a case on both servers."""
    path = tmp_path / "fl-two.sql"
    path.write_text(CASE)
    made = Databases(parse(path), pair, RunId.new())
    made.create()
    pair.create_database("target", made.actual("My DB"))
    return made


def test_the_answers_of_all_databases_are_one(databases):
    def compare(source, target, question):
        if source.database == databases.main:
            return conclude(
                [ROW], compared={"rows": 2}, proved={"hash-64": 2}, cost={"source": COST}
            )
        return conclude([ROW], compared={"rows": 3}, proved={"bytes": 3}, cost={"source": COST},
                        doubts=[Doubt("public.u: unreadable")])  # fmt: skip

    seen = databases.compare(compare, Scope(), second_opinion=False)
    assert seen.equality is Equality.DIFFERENT
    assert seen.compared == {"databases": 2, "rows": 5}
    assert (seen.proof, seen.proved) == ("hash-64", {"hash-64": 2, "bytes": 3})
    other = f"{databases.actual('My DB')}: public"
    assert seen.totals == {"row public.t": 1, f"row {other}.t": 1}
    assert [doubt.what for doubt in seen.doubts] == [f"{other}.u: unreadable"]
    assert seen.cost["source"].snapshot == 2.0


def test_a_database_that_is_not_there_is_counted_with_the_rest(databases, pair):
    def compare(source, target, question):
        return conclude([], compared={"rows": 1})

    databases._before = frozenset()
    pair.create_database("target", databases.run.name("more"))
    seen = databases.compare(compare, Scope(), second_opinion=False)
    assert seen.equality is Equality.DIFFERENT
    assert f"database {databases.run.name('more')}" in seen.totals
