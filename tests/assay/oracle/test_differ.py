"""Differences between item lists: one finding for each property, nothing for what hangs on it."""

from __future__ import annotations

from assay.oracle.differ import counts, differences
from assay.oracle.finding import Finding
from assay.oracle.item import Item
from assay.oracle.kinds import Kind
from assay.oracle.scope import Declared, Scope

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
    assert not any(counts(items).values())
    assert counts([TABLE])["objects"] == 1
