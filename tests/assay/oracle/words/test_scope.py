"""Scopes: tables in and out, and what each side declares."""

from __future__ import annotations

from assay.oracle.words.scope import Declared, Scope


def test_schemas_narrow_to_what_lies_in_one():
    scope = Scope(schemas=("app", "x*"))
    assert [name for name in ("app", "xy", "other", "") if scope.has_schema(name)] == ["app", "xy"]
    assert Scope().has_schema("")


def test_a_pattern_that_matches_nothing_is_idle():
    scope = Scope(("app.t", "app.gone"), ("x.*",), ("app.?",), schemas=("app", "nowhere"))
    assert scope.idle(["app.t"], ["app"]) == ["app.gone", "x.*", "nowhere"]
    assert Scope().idle([], []) == []


def test_roles_none_is_every_role_and_empty_is_none():
    assert Scope().has_role("source", "alice")
    assert not Scope(roles=()).has_role("source", "alice")
    assert not Scope(declared=Declared(source={"role": ("tool_.*",)})).has_role("source", "tool_x")
