"""Differences between item lists: one finding for each property, nothing for what hangs on it."""

from __future__ import annotations

import re

from assay.oracle.catalog.differ import count_objects, differences
from assay.oracle.catalog.item import Item
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.scope import Declared, Scope

TABLE = Item(Kind.TABLE, "public.t", {"definition": "table"}, "relation public.t")
COLUMN = Item(
    Kind.COLUMN,
    "public.t.c",
    {"definition": "integer", "default": "1"},
    "column public.t.c",
    of="relation public.t",
)


def acl(owner: str, **entries: str) -> Item:
    named = {entry.replace("owner", "<owner>"): state for entry, state in entries.items()}
    return Item(Kind.ACL, "public.t", named, of="relation public.t", owner=owner)


def found(source, target, **scope) -> list[Finding]:
    return differences(source, target, scope=Scope(**scope), database="shop")


def test_equal_lists_have_no_difference_in_any_order():
    assert found([TABLE, COLUMN], [COLUMN, TABLE]) == []


def test_a_missing_table_is_one_finding_without_its_columns():
    assert found([TABLE, COLUMN], []) == [Finding("table", "public.t", source="table")]


def test_an_extra_column_shows_its_type():
    assert found([TABLE], [TABLE, COLUMN]) == [Finding("column", "public.t.c", target="integer")]


def test_a_lost_default_is_a_property_with_none():
    other = Item(Kind.COLUMN, "public.t.c", {"definition": "integer"}, of="relation public.t")
    assert found([TABLE, COLUMN], [TABLE, other]) == [
        Finding("column", "public.t.c", None, "default", "1", None)
    ]


def test_a_lost_grant_is_one_entry():
    source = acl("postgres", **{"owner=SELECT/alice": "granted", "owner=SELECT/owner": "granted"})
    target = acl("postgres", **{"owner=SELECT/owner": "granted"})
    assert found([TABLE, source], [TABLE, target]) == [
        Finding("acl", "public.t", None, "postgres=SELECT/alice", "granted", None)
    ]


def test_another_owner_does_not_change_the_entries():
    entries = {"owner=SELECT/owner": "granted"}
    assert found([TABLE, acl("a", **entries)], [TABLE, acl("b", **entries)]) == []


def test_the_order_of_columns_is_compared_among_those_both_have():
    def table(order: str) -> Item:
        return Item(Kind.TABLE, "public.t", {"column order": order}, "relation public.t")

    assert found([table('["a", "b", "c"]')], [table('["a", "c"]')]) == []
    (finding,) = found([table('["a", "b"]')], [table('["b", "a"]')])
    assert (finding.column, finding.source, finding.target) == ("column order", "a, b", "b, a")


def test_a_databases_setting_is_named_after_the_database():
    setting = Item(Kind.DATABASE_SETTING, "database", {"work_mem": "5MB"})
    assert found([setting], []) == [
        Finding("database-setting", "shop", None, "work_mem", "5MB", None)
    ]


def test_a_declared_replica_identity_and_trigger_state_are_excused():
    def table(identity: str) -> Item:
        return Item(Kind.TABLE, "public.t", {"replica identity": identity})

    def trigger(state: str) -> Item:
        return Item(Kind.TRIGGER, "public.t.g", {"enabled": state})

    source, target = [table("d"), trigger("O")], [table("f"), trigger("D")]
    assert len(found(source, target)) == 2
    names = ("public\\.t",)
    declared = Declared(source={"replica-identity": names}, target={"trigger-state": names})
    assert found(source, target, declared=declared) == []


def test_bytes_that_are_no_utf8_do_not_break_a_finding():
    (finding,) = found([Item(Kind.SCHEMA, "s\udcff", {}, "schema s\udcff")], [])
    assert finding.object == "s\\xff"


def test_public_and_plpgsql_are_no_proof_that_something_was_compared():
    items = [Item(Kind.SCHEMA, "public"), Item(Kind.EXTENSION, "plpgsql")]
    assert not any(count_objects(items).values())
    assert count_objects([TABLE])["objects"] == 1


def sequence(last: int, called: str = "true") -> Item:
    properties = {"last_value": str(last), "is_called": called, "increment": "1", "cache": "1"}
    return Item("sequence-state", "public.s", properties)


def test_the_state_of_a_sequence_is_judged_as_the_scope_says():
    exact = differences([sequence(5)], [sequence(7)], scope=Scope())
    assert exact == [Finding("sequence-state", "public.s", None, "last_value", "5", "7")]
    assert differences([sequence(5)], [sequence(7)], scope=Scope(sequences="ahead")) == []
    behind = differences([sequence(7)], [sequence(5)], scope=Scope(sequences="ahead"))
    assert [finding.target for finding in behind] == ["next is 6 (behind)"]


def test_what_is_counted_and_as_what():
    items = [
        sequence(5), sequence(6), Item("large-object", "1"), Item("large-object", "2"),
        Item("role", "me"), Item("role", "you"), Item("role", "them"),
        Item("table", "public.t"), Item("index", "public.i"), Item("acl", "public.t"),
        Item("database-setting", "(database)"), Item("schema", "public"),
        Item("extension", "plpgsql"),
    ]  # fmt: skip
    assert count_objects(items) == {"objects": 2, "sequences": 2, "large objects": 2, "roles": 3}
    assert count_objects([]) == {"objects": 0, "sequences": 0, "large objects": 0, "roles": 0}


def test_findings_stand_by_kind_then_by_name():
    source = [Item("view", "a"), Item("table", "b"), Item("table", "a"), Item("odd", "a")]
    found = differences(source, [], scope=Scope())
    assert [(f.kind, f.object) for f in found] == [
        ("table", "a"), ("table", "b"), ("view", "a"), ("odd", "a"),
    ]  # fmt: skip
    assert {(f.source, f.target) for f in found} == {("present", None)}


def test_what_hangs_on_a_missing_thing_is_left_out_and_the_rest_is_not():
    hanging = [Item("index", "public.i", of="relation public.t"), Item("view", "public.w")]
    source = [Item("table", "public.t", ref="relation public.t"), *hanging]
    assert [f.object for f in differences(source, [], scope=Scope())] == ["public.t", "public.w"]
    assert [f.object for f in differences([], source, scope=Scope())] == ["public.t", "public.w"]


def test_annotations_of_unlike_things_of_one_name_are_told_apart():
    def comment(text: str, of: str) -> Item:
        return Item("comment", "x", {"comment": text}, of=of)

    source = [comment("a", "type x"), comment("b", "function x")]
    target = [comment("z", "type x"), comment("b", "function x")]
    assert differences(source, target, scope=Scope()) == [
        Finding("comment", "x", None, "comment", "a", "z")
    ]


def test_an_owner_stands_in_an_entry_of_either_side():
    entry = {"<owner>=SELECT/bob": "granted"}
    given = Item("acl", "t", entry, of="relation t", owner="ann")
    none = Item("acl", "t", {}, of="relation t", owner="eve")
    (lost,) = differences([given], [none], scope=Scope())
    assert (lost.column, lost.source, lost.target) == ("ann=SELECT/bob", "granted", None)
    (added,) = differences([none], [given], scope=Scope())
    assert (added.column, added.source, added.target) == ("ann=SELECT/bob", None, "granted")


def test_a_declared_trigger_state_is_by_table_even_where_names_hold_dots():
    scope = Scope(declared=Declared(target={"trigger-state": (re.escape('"a.b"."c.d"'),)}))

    def trigger(state: str, name: str = '"a.b"."c.d".watch') -> Item:
        return Item("trigger", name, {"enabled": state, "definition": "x"})

    assert differences([trigger("O")], [trigger("D")], scope=scope) == []
    other = '"a.b"."c.e".watch'
    assert differences([trigger("O", other)], [trigger("D", other)], scope=scope) == [
        Finding("trigger", other, None, "enabled", "O", "D")
    ]
    changed = Item("trigger", '"a.b"."c.d".watch', {"enabled": "O", "definition": "y"})
    (found,) = differences([trigger("O")], [changed], scope=scope)
    assert found.column == "definition"


def test_the_database_is_called_by_its_name_and_bytes_are_made_printable():
    source = Item("database", "(database)", {"encoding": "UTF8"})
    target = Item("database", "(database)", {"encoding": "LATIN\udce9"})
    (found,) = differences([source], [target], scope=Scope(), database="shop")
    assert (found.object, found.column) == ("shop", "encoding")
    assert (found.source, found.target) == ("UTF8", "LATIN\\xe9")
    (plain,) = differences([source], [], scope=Scope())
    assert plain.object == "database"
