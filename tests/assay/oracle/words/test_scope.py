"""Scopes: tables in and out, and what each side declares."""

from __future__ import annotations

from assay.names import MARKER_TABLE
from assay.oracle.words.scope import Declared, Scope


def test_the_marker_takes_part_on_neither_side():
    for side in ("source", "target"):
        assert not Scope().has_relation(side, f"public.{MARKER_TABLE}")


def test_included_and_excluded_tables_may_have_wildcards():
    scope = Scope(include_tables=("app.*",), exclude_tables=("app.log_?",))
    assert scope.has_relation("source", "app.orders")
    assert not scope.has_relation("source", "app.log_1")
    assert not scope.has_relation("source", "public.orders")


def test_including_nothing_is_not_including_everything():
    assert not Scope(include_tables=()).has_relation("source", "public.t")


def test_schemas_narrow_to_what_lies_in_one():
    scope = Scope(schemas=("app", "x*"))
    assert [name for name in ("app", "xy", "other", "") if scope.has_schema(name)] == ["app", "xy"]
    assert Scope().has_schema("")


def test_a_pattern_that_matches_nothing_is_idle():
    scope = Scope(("app.t", "app.gone"), ("x.*",), ("app.?",), schemas=("app", "nowhere"))
    assert scope.idle(["app.t"], ["app"]) == ["app.gone", "x.*", "nowhere"]
    assert Scope().idle([], []) == []


def test_schema_only_has_no_rows_at_all():
    assert not Scope(parts="schema").has_rows_of("app.t")
    assert Scope(parts="data").has_rows_of("app.t")


def test_a_declaration_holds_for_its_side_and_the_whole_name():
    declared = Declared(target={"table": ("public\\.helper",)})
    scope = Scope(declared=declared)
    assert not scope.has_relation("target", "public.helper")
    assert scope.has_relation("source", "public.helper")
    assert scope.has_relation("target", "public.helpers")


def test_roles_none_is_every_role_and_empty_is_none():
    assert Scope().has_role("source", "alice")
    assert not Scope(roles=()).has_role("source", "alice")
    assert not Scope(declared=Declared(source={"role": ("tool_.*",)})).has_role("source", "tool_x")
