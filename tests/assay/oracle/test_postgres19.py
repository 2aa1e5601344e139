"""What PostgreSQL 19 has that no version had, and what it makes or prints otherwise."""

from __future__ import annotations

import pytest

from assay.oracle.words.finding import Equality
from assay.oracle.words.scope import Scope
from tests.assay.versions import NEW_PAIR, NEWEST, versions

pytestmark = pytest.mark.servers

GRAPH = """
create schema app;
create table app.person (id int primary key, name text, born date);
create table app.place (id int primary key, name text);
create table app.knows (id int primary key, a int references app.person,
  b int references app.person, c int references app.person, since date);
create property graph app.g
  vertex tables (app.person label human properties (name) label being properties (born),
    app.place properties all columns)
  edge tables (app.knows source key (a) references person (id)
    destination key (b) references person (id) properties (since, id + 1 as n));
comment on property graph app.g is 'ties';
grant select on property graph app.g to pg_monitor;
"""


def seen(both_ways, **options) -> list[tuple[str, str, str | None]]:
    """What is found in every direction, the same in each; pg_dump must not disagree."""
    found = []
    for one in both_ways.compared(tools=True, **options):
        assert one.why is None
        assert "dump" not in {finding.kind for finding in one.findings}
        found.append([(str(each.kind), each.object, each.column) for each in one.findings])
    assert all(one == found[0] for one in found)
    return found[0]


@versions(NEWEST)
def test_the_same_graph_made_in_another_order_is_the_same(both_ways):
    both_ways.on_old(GRAPH)
    first, second = "app.person label human properties (name)", "label being properties (born)"
    assert GRAPH.count(f"{first} {second},\n    app.place properties all columns") == 1
    both_ways.on_new(
        GRAPH.replace(
            f"{first} {second},\n    app.place properties all columns",
            "app.place properties all columns, app.person label being properties (born)"
            " label human properties (name)",
        )
    )
    assert seen(both_ways) == []


@versions(NEWEST)
@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("drop property graph app.g", [("app.g", None)]),
        ("alter property graph app.g drop vertex tables (place)",
         [("app.g", "property id"), ("app.g", "vertex place")]),
        ("alter property graph app.g alter vertex table person add label other no properties",
         [("app.g", "vertex person")]),
        ("alter property graph app.g alter vertex table person drop label being",
         [("app.g", "property born"), ("app.g", "vertex person")]),
        ("alter property graph app.g alter vertex table place alter label place"
         " drop properties (name)", [("app.g", "vertex place")]),
        ("alter property graph app.g drop edge tables (knows);"
         " alter property graph app.g add edge tables (app.knows source key (a) references"
         " person (id) destination key (c) references person (id)"
         " properties (since, id + 1 as n))", [("app.g", "edge knows")]),
        ("alter property graph app.g drop edge tables (knows);"
         " alter property graph app.g add edge tables (app.knows source key (a) references"
         " person (id) destination key (b) references person (id)"
         " properties (since, id + 2 as n))", [("app.g", "edge knows")]),
        ("alter property graph app.g drop edge tables (knows);"
         " alter property graph app.g add edge tables (app.knows key (a, b) source key (a)"
         " references person (id) destination key (b) references person (id)"
         " properties (since, id + 1 as n))", [("app.g", "edge knows")]),
        ("alter property graph app.g rename to h", [("app.g", None), ("app.h", None)]),
    ],
)  # fmt: skip
def test_a_changed_graph_is_found_and_pg_dump_agrees(both_ways, change, found):
    both_ways.on_both(GRAPH)
    both_ways.on_new(change)
    assert [(name, column) for kind, name, column in seen(both_ways)] == found


@versions(NEWEST)
@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("alter property graph app.g owner to pg_monitor", ("owner", "app.g", "property graph")),
        ("comment on property graph app.g is 'other'", ("comment", "app.g", "comment")),
        ("grant select on property graph app.g to public",
         ("acl", "app.g", "postgres=SELECT/PUBLIC")),
        ("revoke select on property graph app.g from pg_monitor",
         ("acl", "app.g", "postgres=SELECT/pg_monitor")),
    ],
)  # fmt: skip
def test_what_hangs_on_a_graph_is_found_and_pg_dump_agrees(both_ways, change, found):
    both_ways.on_both(GRAPH)
    both_ways.on_new(change)
    assert found in seen(both_ways)


@versions(NEWEST)
def test_a_graph_that_nobody_was_granted_equals_one_whose_grant_was_taken_back(both_ways):
    both_ways.on_both("create schema app; create property graph app.g")
    both_ways.on_new("grant select on property graph app.g to public;"
                     " revoke select on property graph app.g from public")  # fmt: skip
    assert seen(both_ways) == []


@versions(NEW_PAIR)
def test_a_graph_that_the_older_server_cannot_have_is_missing_there(both_ways):
    tables = GRAPH[: GRAPH.index("create property graph")]
    both_ways.on_both(tables)
    both_ways.on_new("create property graph app.g vertex tables (app.person)")
    assert seen(both_ways) == [("property-graph", "app.g", None)]


PUBLISHED = """
create table t (id int primary key); create table u (id int primary key);
create table w (id int primary key); create sequence s;
create publication every for all tables except (table t, u);
create publication numbers for all sequences;
create publication few for table t where (id > 1);
"""


@versions(NEWEST)
@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("drop publication every; create publication every for all tables except (table t)",
         "except"),
        ("drop publication every; create publication every for all tables", "except"),
        ("drop publication every; create publication every for all tables except (table u, w)",
         "except"),
        ("drop publication numbers; create publication numbers for all tables, all sequences",
         "definition"),
        ("drop publication numbers; create publication numbers", "all sequences"),
        ("alter publication few set table t where (id > 2)", "tables"),
    ],
)  # fmt: skip
def test_a_changed_publication_is_found_and_pg_dump_agrees(both_ways, change, column):
    both_ways.on_both(PUBLISHED)
    both_ways.on_new(change)
    found = seen(both_ways)
    assert {kind for kind, _, _ in found} == {"publication"}
    assert column in [named for _, _, named in found]


SUBSCRIBED = """
create extension postgres_fdw;
create server far foreign data wrapper postgres_fdw options (host 'nowhere');
create server other foreign data wrapper postgres_fdw options (host 'elsewhere');
create user mapping for current_user server far options (user 'me', password 'secret');
create user mapping for current_user server other options (user 'me', password 'secret');
create subscription heard server far publication p with (connect = false, slot_name = none);
create subscription plain connection 'host=nowhere' publication p
  with (connect = false, slot_name = none);
"""


@versions(NEWEST)
@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("alter subscription heard server other", ("heard", "server")),
        ("alter subscription heard connection 'host=nowhere'", ("heard", "server")),
        ("alter subscription plain set (max_retention_duration = 5)",
         ("plain", "maximal retention")),
        ("alter subscription plain set (wal_receiver_timeout = '5s')",
         ("plain", "receiver time-out")),
        ("update pg_subscription set subretaindeadtuples = true where subname = 'plain'",
         ("plain", "retains dead tuples")),
        ("update pg_subscription set subretentionactive = true where subname = 'plain'",
         ("plain", "retention active")),
    ],
)  # fmt: skip
def test_a_changed_subscription_is_found_and_pg_dump_agrees(both_ways, change, found):
    both_ways.on_both(SUBSCRIBED)
    try:
        both_ways.on_new(change)
        assert ("subscription", *found) in seen(both_ways)
    finally:
        both_ways.on_both("drop subscription heard; drop subscription plain")


@versions(NEWEST)
def test_what_19_publishes_and_subscribes_to_is_the_same_where_it_is(both_ways):
    both_ways.on_old(PUBLISHED + SUBSCRIBED)
    both_ways.on_new(PUBLISHED.replace("(table t, u)", "(table u, t)") + SUBSCRIBED)
    try:
        assert seen(both_ways) == []
    finally:
        both_ways.on_both("drop subscription heard; drop subscription plain")


@versions(NEWEST)
def test_a_wrapper_s_connection_function_is_compared(both_ways):
    both_ways.on_both(
        "create extension postgres_fdw; create foreign data wrapper w connection"
        " postgres_fdw_connection"
    )
    assert seen(both_ways) == []
    both_ways.on_new("alter foreign data wrapper w no connection")
    assert seen(both_ways) == [("foreign", "w", "connection")]


INDEXED = """
create extension btree_gist; create table t (id int primary key, ip inet, net cidr, "a b" inet);
create index named on t using gist (ip {0}, net inet_ops); create index partly on t using gist
  (ip inet_ops) where ip is not null; create index kept on t using gist (ip {1}, "a b" {1});
alter table t add constraint alone exclude using gist (ip {0} with &&);
"""


@versions(NEW_PAIR)
def test_an_operator_class_whose_default_moved_is_the_same_class(both_ways):
    both_ways.on_old(INDEXED.format("inet_ops", ""))
    both_ways.on_new(INDEXED.format("", "gist_inet_ops"))
    assert seen(both_ways) == [("extension", "btree_gist", "definition")]


@versions(NEW_PAIR)
def test_the_same_words_may_mean_another_operator_class(both_ways):
    both_ways.on_both(
        "create extension btree_gist; create table t (ip inet, d daterange,"
        " primary key (ip, d without overlaps)); create index i on t using gist (ip)"
    )
    assert seen(both_ways) == [
        ("index", "public.i", "operator classes"),
        ("index", "public.t_pkey", "operator classes"),
        ("extension", "btree_gist", "definition"),
    ]


WORDS = """
create table keyed (id int primary key, words text, v tsvector
  generated always as (to_tsvector('english', words)) stored, given tsvector);
create table loose (words text, v tsvector
  generated always as (to_tsvector('english', words)) stored);
insert into keyed (id, words) values (1, 'university'), (2, 'cat'); insert into loose values ('{}');
"""


@versions(NEW_PAIR)
def test_tokens_that_the_newer_server_made_anew_are_a_difference_with_its_cause(both_ways):
    both_ways.on_both(WORDS.format("international"))
    for one in both_ways.compared():
        assert one.equality is Equality.DIFFERENT
        assert {(f.object, f.key) for f in one.findings if f.kind == "row"} == {
            ("public.keyed", "1")
        }
        causes = [text for text in one.warnings if "stemmers" in text]
        assert [text.partition(" ")[0] for text in causes] == ["public.keyed.v", "public.loose.v"]


@versions(NEW_PAIR)
def test_no_cause_is_named_where_nothing_of_the_kind_differs(both_ways):
    both_ways.on_both(WORDS.format("cat") + "delete from keyed where id = 1")
    both_ways.on_new("update keyed set given = 'x'")
    for one in both_ways.compared():
        assert [f.column for f in one.findings] == ["given"]
        assert [text for text in one.warnings if "stemmers" in text] == []


@versions(NEWEST)
@pytest.mark.parametrize("large", [0, 16 << 20], ids=["digested", "merged"])
def test_a_table_repacked_concurrently_under_our_snapshot_is_never_equal(both_ways, large):
    both_ways.on_both(
        """create table a (id int primary key); create table b (id int primary key);
        insert into a values (1); insert into b select generate_series(1, 1000)"""
    )

    def repack(step: str) -> None:
        if step.startswith("rows of public.a"):
            both_ways.on_both("repack (concurrently) b")

    for one in both_ways.compared(progress=repack, large=large, small=-1):
        assert one.equality is Equality.UNKNOWN
        assert "public.b was truncated, rewritten or dropped meanwhile" in one.why


@versions(NEWEST)
def test_a_graph_that_is_named_is_compared(both_ways):
    both_ways.on_both(GRAPH)
    both_ways.on_new("alter property graph app.g alter vertex table person drop label being")
    named = Scope(include_tables=("app.g", "app.person"), parts="schema", roles=())
    for seen in both_ways.compared(named):
        assert {one.object for one in seen.findings} == {"app.g"}
