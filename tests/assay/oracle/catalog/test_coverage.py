"""The table of catalogs: every column of every server has a line, and every line is true."""

from __future__ import annotations

import inspect
import re
from functools import partial

import pytest

from assay.oracle import compare
from assay.oracle.catalog import coverage, sequences
from assay.oracle.catalog.coverage import COUNTS, UNREAD, load_coverage, overlooked_catalogs
from assay.oracle.catalog.fingerprint import MOVING, RULES, STATE
from assay.oracle.catalog.queries import cluster
from assay.oracle.compare import DATA_RULES
from assay.oracle.rows import plan
from assay.oracle.session.side import open_side
from assay.oracle.words.both import Both
from assay.oracle.words.finding import Equality
from tests.assay.versions import versions

TABLE = load_coverage()
# Rules that are more than one query.
WRITTEN_IN = {"sequence-state": sequences, "large-objects": cluster, "rows": plan}


class _Asked:
    """A side that only notes what a rule asks, through a lens: so none is left out."""

    def __init__(self, common: int) -> None:
        self.common, self.version, self.lens, self.asked = common, common, str, ""

    def parsed(self, query, _parse):
        self.asked += query
        return []

    once = parsed

    def rows(self, query):
        self.asked += query
        return [{}]


@pytest.fixture(scope="module")
def asked() -> dict[str, str]:
    """What each rule asks, in the newest form."""
    texts = {}
    for name, rule in (RULES | STATE | MOVING).items():
        side = _Asked(max(TABLE.versions))
        if name not in WRITTEN_IN:
            rule(side)
        texts[name] = side.asked
    texts["large-objects"] = cluster.large_objects(18) + "lo_get"
    texts |= {name: inspect.getsource(module) for name, module in WRITTEN_IN.items()
              if name != "large-objects"}  # fmt: skip
    return texts


def test_every_rule_and_every_reason_that_the_table_names_exists():
    rules = RULES.keys() | STATE.keys() | MOVING.keys() | set(DATA_RULES)
    assert {rule for column in TABLE.columns for rule in column.by} <= rules
    assert {column.no for column in TABLE.columns if column.no} <= TABLE.reasons.keys()
    assert [c for c in TABLE.columns if bool(c.by) == bool(c.no)] == []


def test_a_rule_reads_the_columns_that_it_is_said_to_compare(asked):
    wrong = [
        f"{column.catalog}.{column.name}: {', '.join(column.by)}"
        for column in TABLE.columns
        if column.by and not _reads(column, asked)
    ]
    assert wrong == []


def _reads(column, asked) -> bool:
    text = " ".join(asked[rule] for rule in column.by)
    if column.through:  # the server reads the catalog
        return column.through in text
    return column.catalog in text and re.search(rf"\b{column.name}\b", text) is not None


def test_the_counts_that_a_run_goes_by_are_those_of_the_table():
    for major in TABLE.versions:
        here = [column for column in TABLE.columns if column.is_in(major)]
        counted = (len({column.catalog for column in here}), len(here))
        if any(column.no == UNREAD for column in here):
            assert major not in COUNTS
        else:
            assert COUNTS[major] == counted
    assert COUNTS.keys() <= set(TABLE.versions)


@pytest.mark.servers
@versions("14:17", "15:18", "18:19", "16:17")
def test_every_column_of_a_server_has_a_line(mixed):
    for address in (mixed.source, mixed.target):
        with open_side(address, name="source") as side:
            there = {(row["catalog"], row["column"]) for row in side.rows(coverage._LISTED)}
            lines = {(c.catalog, c.name) for c in TABLE.columns if c.is_in(side.version)}
            assert (there - lines, lines - there) == (set(), set())
            assert overlooked_catalogs(Both(side, side)) == []


@pytest.mark.servers
def test_a_version_that_nobody_has_looked_at_is_never_equal(world, monkeypatch):
    world.on_both("create table t (id int)")
    assert world.compare().equality is Equality.EQUAL
    less = coverage.Coverage((14,), TABLE.reasons, tuple(
        column for column in TABLE.columns
        if column.catalog != "pg_policy" and column.name != "relacl"
    ))  # fmt: skip
    monkeypatch.setattr(compare, "overlooked_catalogs", partial(overlooked_catalogs, table=less))
    seen = world.compare()
    assert seen.equality is Equality.UNKNOWN
    assert "nobody has looked at: pg_class (relacl), pg_policy (oid, polname" in seen.why


@pytest.mark.servers
def test_a_version_that_the_table_lacks_is_never_equal_even_with_known_columns(world, monkeypatch):
    world.on_both("create table t (id int)")
    none = coverage.Coverage((), TABLE.reasons, TABLE.columns)
    monkeypatch.setattr(compare, "overlooked_catalogs", partial(overlooked_catalogs, table=none))
    seen = world.compare()
    assert seen.equality is Equality.UNKNOWN
    assert "nobody has looked at its catalogs" in seen.why
