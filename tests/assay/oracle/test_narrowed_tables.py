"""What of single tables is compared: conditions, ignored columns, keys, other names."""

from __future__ import annotations

import pytest

from assay.errors import UsageError
from assay.oracle.words.finding import Equality
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.scope import Scope

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("way")]

TABLE = """create table t (id int primary key, v text, at timestamptz);
  insert into t select i, 'v' || i, '2026-01-01Z' from generate_series(1, 200) i;"""


def told(world, **narrowing) -> list[str]:
    comparison = world.compare(narrowing=Narrowing(**narrowing))
    assert comparison.why is None
    return [str(finding) for finding in comparison.findings]


def test_only_rows_for_which_a_condition_is_true_are_compared(world):
    world.on_both(TABLE)
    world.on_target("delete from t where id = 7; update t set v = 'x' where id = 8")
    assert told(world, where={"public.t": "id > 8"}) == []
    assert told(world, where={"public.t": "id = 7 or id = 9 -- two"}) == [
        "row public.t [7]: source (7,v7,2026-01-01 00:00:00+00), target (absent)"
    ]
    comparison = world.compare(narrowing=Narrowing(where={"public.t": "id > 100"}))
    assert comparison.compared["rows"] == 100


@pytest.mark.parametrize(
    "condition", ["nowhere = 1", "true) or (true) order by (1", "1 = 1; drop table t", "", "v"]
)
def test_a_condition_that_is_none_is_refused_by_its_name(world, condition):
    world.on_both(TABLE)
    with pytest.raises(UsageError, match=r"--where: the source .* of public\.t") as caught:
        world.compare(narrowing=Narrowing(where={"public.t": condition}))
    assert condition in caught.value.evidence


def test_an_ignored_column_is_left_out_with_all_that_is_said_of_it(world, pair):
    world.on_both(TABLE + "comment on column t.at is 'when'")
    world.on_target("""update t set at = '2027-01-01Z'; alter table t alter at set not null;
        comment on column t.at is 'then'; update t set v = 'x' where id = 3""")
    assert told(world, ignored=("public.t.at",)) == ["row public.t [3] v: source v3, target x"]
    assert told(world, ignored=("public.*.?t",)) == ["row public.t [3] v: source v3, target x"]
    world.on_target("update t set v = 'v3' where id = 3; alter table t drop at")
    seen = world.compare(
        narrowing=Narrowing(ignored=("public.t.at",)), tools=pair.server_pair.tools
    )
    assert (seen.equality, seen.why) == (Equality.EQUAL, None)


def test_a_key_is_told_where_the_table_has_none(world):
    world.on_both("create table u (a int, b text); insert into u values (1, 'x'), (2, 'y')")
    world.on_target("update u set b = 'z' where a = 2")
    assert told(world, keys={"public.u": ("a",)}) == ["row public.u [2] b: source y, target z"]


def test_a_key_that_tells_no_rows_apart_is_refused(world):
    world.on_both("create table u (a int, b text); insert into u values (1, 'x'), (2, 'y')")
    world.on_target("insert into u values (2, 'z')")
    with pytest.raises(UsageError, match=r"--key: a does not tell the rows of public\.u apart"):
        world.compare(narrowing=Narrowing(keys={"public.u": ("a",)}))
    assert told(world, keys={"public.u": ("a",)}, where={"public.u": "b <> 'z'"}) == []


RENAMED = {"tables": {"public.t": 'other."New"'}, "columns": {"public.t": {"v": '"W"'}}}


def test_a_table_and_a_column_may_have_other_names(world, pair):
    world.on_source(TABLE + "create index on t (v); comment on table t is 'old'")
    world.on_source("create table s (id serial primary key); select nextval('s_id_seq')")
    world.on_target("create schema other; create table other.s2 (id serial primary key)")
    world.on_target(
        TABLE
        + """alter table t rename v to "W"; alter table t rename to "New";
        alter table "New" set schema other; select nextval('other.s2_id_seq')"""
    )
    world.on_source("create schema other")
    renamed = {**RENAMED, "tables": {**RENAMED["tables"], "public.s": "other.s2"}}
    tools = pair.server_pair.tools
    seen = world.compare(narrowing=Narrowing(**renamed), tools=tools)
    assert (seen.findings, seen.why) == ((), None)
    assert seen.compared["rows"] == 200
    world.on_target("""update other."New" set "W" = 'x' where id = 9;
        select nextval('other.s2_id_seq'); alter table other."New" alter at type date""")
    found = told(world, **renamed)
    assert "row public.t [9] v: source v9, target x" in found
    assert "sequence-state public.s.id last_value: source 1, target 2" in found
    assert "column public.t.at definition: source timestamp with time zone, target date" in found


@pytest.mark.parametrize(
    ("narrowing", "said"),
    [
        ({"where": {"public.no": "true"}}, "--where: the source has no table public.no"),
        ({"keys": {"public.no": ("id",)}}, "--key: the source has no table public.no"),
        ({"keys": {"public.t": ("no",)}}, "--key: public.t has no column no on the source"),
        ({"ignored": ("public.t.no",)}, "--ignore-column: no table has public.t.no"),
        ({"tables": {"public.no": "public.t"}}, "--map: the source has no table public.no"),
        ({"tables": {"public.t": "public.no"}}, "--map: the target has no table public.no"),
        ({"columns": {"public.t": {"no": "v"}}}, "--map-column: public.t has no column no"),
        ({"columns": {"public.t": {"v": "no"}}}, "--map-column: public.t has no column no"),
    ],
)
def test_a_name_that_is_nowhere_is_refused(world, narrowing, said):
    world.on_both(TABLE)
    with pytest.raises(UsageError) as caught:
        world.compare(narrowing=Narrowing(**narrowing))
    assert said in caught.value.what


def test_nothing_is_narrowed_by_itself():
    assert not Narrowing()
    assert list(Narrowing().left_out()) == []


def test_what_is_narrowed_is_said_as_left_out(world):
    world.on_both(TABLE + "create table s (id int)")
    world.on_target("alter table s rename to s2")
    asked = {"where": {"public.t": "v <> 'a secret'"}, "ignored": ("public.t.at",),
             "keys": {"public.t": ("id",)}, "tables": {"public.s": "public.s2"}}  # fmt: skip
    comparison = world.compare(narrowing=Narrowing(**asked))
    assert comparison.equality is Equality.EQUAL
    assert comparison.left_out[1:] == (
        "rows of public.t but those where v <> 'a secret'",
        "the column public.t.at",
        "the key of public.t: its rows are told apart by id",
        "all but columns, rows and states of owned sequences of public.s, which is public.s2 on the"
        " target; and another public.s there",
    )
    hidden = world.compare(narrowing=Narrowing(**asked, secret=True))
    assert "rows of public.t but those where a condition holds" in hidden.left_out


def test_a_named_table_brings_the_one_of_another_name_with_what_belongs_to_it(world, pair):
    world.on_source("create table t (id serial primary key); create table other (id int)")
    world.on_target("create table u (id serial primary key); select nextval('u_id_seq')")
    names = Narrowing(tables={"public.t": "public.u"})
    scope = Scope(include_tables=("public.t",))
    seen = world.compare(scope, narrowing=names, tools=pair.server_pair.tools)
    (finding,) = seen.findings
    assert (finding.kind, finding.object) == ("sequence-state", "public.t.id")
    world.on_target("insert into u values (7)")
    seen = world.compare(scope, narrowing=names)
    assert "row public.t" in seen.totals
    left = Scope(roles=(), exclude_tables=("public.t", "public.other"))
    assert world.compare(left, narrowing=names).findings == ()


def test_an_index_of_a_table_that_is_not_dumped_is_a_difference_and_no_contradiction(world, pair):
    world.on_both(TABLE)
    world.on_target("create index extra on t (v)")
    narrowed = Narrowing(ignored=("public.t.at",))
    seen = world.compare(narrowing=narrowed, tools=pair.server_pair.tools)
    assert (seen.equality, seen.doubts) == (Equality.DIFFERENT, ())
    assert [finding.object for finding in seen.findings] == ["public.extra"]


@pytest.mark.parametrize("table", [TABLE, TABLE.replace("int primary key", "int")])
def test_a_table_of_another_name_is_read_there_and_nowhere_else(world, table):
    world.on_both(table)  # the target's own: not what is asked for
    world.on_target("update t set v = 'own' where id = 1; alter table t add n int")
    world.on_target(table.replace("table t", "table t2").replace("into t ", "into t2 "))
    world.on_target("update t2 set v = 'x' where id = 50; delete from t2 where id = 60")
    found = told(world, tables={"public.t": "public.t2"})
    rows = [line for line in found if line.startswith(("row", "multiplicity"))]
    assert len(rows) == (2 if "primary" in table else 3)
    assert not any("t2" in line or "own" in line for line in rows)
    assert len(found) == len(rows)


@pytest.mark.parametrize("kind", ["int", "text"])
def test_a_key_that_may_be_null_is_refused(world, kind):
    """A digest of NULL is NULL, which no sum sees."""
    world.on_both(f"create table u (k {kind}, v int); insert into u values (1, 1)")
    world.on_source("insert into u values (null, 1)")
    world.on_target("insert into u values (null, 2)")
    with pytest.raises(UsageError, match="does not tell the rows") as caught:
        told(world, keys={"public.u": ("k",)})
    assert caught.value.evidence == "a row has NULL there"
    assert told(world, keys={"public.u": ("k",)}, where={"public.u": "k is not null"}) == []


def test_a_column_of_the_targets_own_gives_way_to_one_that_is_mapped(world):
    world.on_source("create table u (id int primary key, a int); insert into u values (1, 5)")
    world.on_target("""create table u (id int primary key, a int, b int);
        insert into u values (1, 7, 5)""")
    mapped = {"public.u": {"a": "b"}}
    assert told(world, columns=mapped) == []
    world.on_target("update u set b = 6")
    assert told(world, columns=mapped) == ["row public.u [1] a: source 5, target 6"]


def test_a_condition_that_closes_our_bracket_is_refused(world):
    world.on_both(TABLE)
    with pytest.raises(UsageError, match="--where: the source"):
        told(world, where={"public.t": "id > 8) and (false"})
