"""From one major version to the next: equal is equal, and what differs is seen, of every type."""

from __future__ import annotations

import pytest

from assay.oracle.question import LARGE
from assay.oracle.words.finding import Equality
from assay.postgres.session import literal
from tests.assay.oracle.typed_values import values_of
from tests.assay.versions import NEW_PAIR, NEWEST, OLD_PAIRS, versions

pytestmark = pytest.mark.servers
DAMAGED = 1_000_000  # keys from there on: one row for each type
WAYS = {"merged": {"large": LARGE}, "digested": {"large": 0}, "sent": {"large": 0, "exact": True}}


@pytest.fixture
def typed(both_ways):
    """Both sides with a column for each type, and a row for each value; the values by type."""
    servers = both_ways.pair.server_pair
    known = values_of(min(server.major for server in servers.servers))
    if "libxml" not in servers.features:
        del known["xml"]
    columns = ", ".join(f"c{n} {type_}" for n, type_ in enumerate(known))
    rows = [
        _row(1000 * n + m, n, value)
        for n, values in enumerate(known.values())
        for m, value in enumerate(values)
    ]
    both_ways.on_both(f"create table t (id int primary key, {columns}); {'; '.join(rows)}")
    return known


def _row(key, column, value):
    return f"insert into t (id, c{column}) values ({key}, {literal(value)})"


@pytest.mark.parametrize("way", WAYS)
@versions(*OLD_PAIRS, "16:17", "17:18", NEW_PAIR, NEWEST)
def test_every_type_is_compared_across_versions(both_ways, typed, way):
    for seen in both_ways.compared(**WAYS[way]):
        assert (seen.equality, seen.findings, seen.why) == (Equality.EQUAL, (), None)
        assert seen.compared["rows"] == sum(map(len, typed.values()))
    for damage, number in ((both_ways.on_old, 0), (both_ways.on_new, 1)):
        rows = (_row(DAMAGED + n, n, values[number]) for n, values in enumerate(typed.values()))
        damage("; ".join(rows))
    for seen in both_ways.compared(**WAYS[way]):
        assert [(one.key, one.column) for one in seen.findings] == [
            (str(DAMAGED + n), f"c{n}") for n in range(len(typed))
        ]


# A pg_lsn wherever it can stand in a value, and text that only looks like one.
HOLDING_LSN = """
create domain place as pg_lsn; create type span as range (subtype = pg_lsn);
create type step as (at pg_lsn, note text, more pg_lsn[]);
create type walk as (first step, at place, spans span[]);
create table l (id int primary key, one pg_lsn, many pg_lsn[], deep pg_lsn[], domained place,
  places place[], span span, spans span_multirange, arrayed span[], step step, steps step[],
  walk walk, note text, noted json);
"""
FILL = """
insert into l select i, a, array[a, null, b], array[[a, b], [b, a]], a, array[a]::place[],
  span(least(a, b), greatest(a, b)), span_multirange(span(null, a)), array[span(a, null), null],
  row(a, '0/0A', array[b])::step, array[row(a, '0/00B', null), null, row(null, null, null)]::step[],
  row(row(a, '/0C', '{}'), b, array[span(a, a, '[]')])::walk, '0/016AE7F8', '{"at": "0/00"}'
from generate_series(1, 40) i,
  lateral (select ('{0/0,0/16AE7F8,1/A,ABC/F0000000}'::pg_lsn[])[1 + i % 4] as a) x,
  lateral (select ('{0/1,1/0,0/10,0/0F}'::pg_lsn[])[1 + i % 3] as b) y;
insert into l (id) values (99);
insert into l (id, step, steps) values (98, row(null, null, null), '{}');
create table keyed (at pg_lsn, spans pg_lsn[], v int, primary key (at, spans));
insert into keyed select one, many[2:], id from l where id < 5;
insert into keyed values ('0/ABC', '{0/0A}', 7);
create table loose (at pg_lsn, step step); insert into loose select one, step from l;
"""


@pytest.mark.parametrize("way", WAYS)
@versions(NEW_PAIR)
def test_a_pg_lsn_is_the_same_however_it_is_printed(both_ways, way):
    both_ways.on_both(HOLDING_LSN + FILL)
    for seen in both_ways.compared(**WAYS[way]):
        assert (seen.equality, seen.findings, seen.why) == (Equality.EQUAL, (), None)


# Each of them on the row of its number.
CHANGES = (
    ("one = '0/16AE7F9'", "one"),
    ("one = null", "one"),
    ("many = array[null, one, '1/0'::pg_lsn]", "many"),
    ("deep = array[['0/16AE7F8', '1/0'], ['1/0', '0/1']]::pg_lsn[]", "deep"),
    ("domained = '0/16AE7F'", "domained"),
    ("places = '{0/16AE7F8,0/0}'", "places"),
    ("span = span('0/16AE7F8', '1/0', '[]')", "span"),
    ("spans = '{}'", "spans"),
    ("arrayed = arrayed[1:1]", "arrayed"),
    ("step.note = '0/A'", "step"),
    ("step.more = '{0/1}'", "step"),
    ("step = null", "step"),
    ("steps[1].note = '0/B'", "steps"),
    ("steps[2] = row(null, null, null)", "steps"),
    ("steps = '{}'", "steps"),
    ("walk.first.note = '/C'", "walk"),
    ("walk.at = '1/1'", "walk"),
    ("note = '0/16AE7F8'", "note"),
)


@pytest.mark.parametrize("way", WAYS)
@versions(NEW_PAIR)
def test_another_pg_lsn_is_another_value(both_ways, way):
    both_ways.on_both(HOLDING_LSN + FILL)
    for number, (change, _) in enumerate(CHANGES, 1):
        both_ways.on_new(f"update l set {change} where id = {number}")
    for seen in both_ways.compared(**WAYS[way]):
        assert {(one.object, one.key, one.column) for one in seen.findings} == {
            ("public.l", str(number), column) for number, (_, column) in enumerate(CHANGES, 1)
        }


@pytest.mark.parametrize("way", WAYS)
@versions(NEW_PAIR)
def test_rows_are_found_by_a_key_with_a_pg_lsn_in_it(both_ways, way):
    both_ways.on_both(HOLDING_LSN + FILL)
    both_ways.on_new("update keyed set v = 0 where v = 7; delete from keyed where v = 1")
    for seen in both_ways.compared(**WAYS[way]):
        assert sorted((one.key, one.column) for one in seen.findings) == [
            ("(0/16AE7F8,{NULL,1/0})", None),
            ("(0/ABC,{0/A})", "v"),
        ]


@versions(NEW_PAIR)
def test_a_row_without_a_key_is_another_row(both_ways):
    both_ways.on_both(HOLDING_LSN + FILL)
    both_ways.on_new("""update loose set at = '0/2' where at = '0/0' and step = row(
      '0/0'::pg_lsn, '0/0A', array['0/10'::pg_lsn])::step""")
    for seen in both_ways.compared():
        assert {(one.kind, one.key) for one in seen.findings} == {
            ("multiplicity", '(0/0,"(0/0,0/0A,{0/10})")'),
            ("multiplicity", '(0/2,"(0/0,0/0A,{0/10})")'),
        }


@versions(NEW_PAIR)
def test_a_part_of_a_foreign_key_that_is_valid_before_the_whole(both_ways):
    both_ways.on_both("""create table r (id int primary key);
        create table p (id int, r int) partition by list (id);
        create table p1 partition of p for values in (1) partition by list (id);
        create table p11 partition of p1 for values in (1);
        alter table p add constraint k foreign key (r) references r not valid""")
    assert [seen.equality for seen in both_ways.compared()] == [Equality.EQUAL] * 2
    both_ways.on_new("alter table p11 validate constraint k")
    for seen in both_ways.compared():
        assert ("public.p.k", "validated parts") in {(f.object, f.column) for f in seen.findings}
