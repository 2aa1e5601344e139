"""How far names reach: a parent takes its children, a table its sequences, wherever they lie."""

from __future__ import annotations

import pytest

from assay.names import MARKER_TABLE
from assay.oracle.words.extent import Extent
from assay.oracle.words.left_out import left_out
from assay.oracle.words.scope import Declared, Scope

ABOVE = {
    "parts.p_1": frozenset({"app.p"}),
    "parts.p_1a": frozenset({"app.p", "parts.p_1"}),
    "app.t_id_seq": frozenset({"app.t"}),
}
NAMES = ("app.p", "app.t", "app.t_id_seq", "app.u", "parts.p_1", "parts.p_1a", "parts.x")
SCHEMAS = {name: name.partition(".")[0] for name in NAMES}


def reached(**scope) -> set[str]:
    extent = Extent(Scope(**scope), ABOVE, SCHEMAS)
    return {n for n in NAMES if extent.has_relation("source", n, schema=SCHEMAS[n])}


def test_the_marker_takes_part_on_neither_side():
    for side in ("source", "target"):
        marker = f"public.{MARKER_TABLE}"
        assert not Extent(Scope()).has_relation(side, marker, schema="public")


def test_included_and_excluded_tables_may_have_wildcards():
    scope = {"include_tables": ("app.*",), "exclude_tables": ("app.t_*",)}
    assert reached(**scope) == {"app.p", "app.t", "app.u", "parts.p_1", "parts.p_1a"}


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"include_tables": ("app.p",)}, {"app.p", "parts.p_1", "parts.p_1a"}),
        ({"include_tables": ("parts.p_1",)}, {"parts.p_1", "parts.p_1a"}),
        ({"include_tables": ("app.t",)}, {"app.t", "app.t_id_seq"}),
        ({"include_tables": ()}, set()),
        ({"schemas": ("parts",)}, {"parts.p_1", "parts.p_1a", "parts.x"}),
        ({"schemas": ("app",)}, set(NAMES) - {"parts.x"}),
        ({"exclude_tables": ("app.p",)}, {"app.t", "app.t_id_seq", "app.u", "parts.x"}),
        ({"exclude_tables": ("app.t_id_seq",)}, set(NAMES) - {"app.t_id_seq"}),
        ({"include_tables": ("app.p",), "exclude_tables": ("parts.p_1",)}, {"app.p"}),
        # What is looked at again is named by itself, within the scope that it is part of.
        ({"schemas": ("app",), "include_tables": ("parts.p_1a",)}, {"parts.p_1a"}),
    ],
)  # fmt: skip
def test_what_belongs_to_a_relation_goes_with_it(scope, expected):
    assert reached(**scope) == expected


def test_a_parent_without_its_rows_has_none_of_its_children():
    extent = Extent(Scope(schema_only_tables=("app.p",)), ABOVE, SCHEMAS)
    assert [name for name in NAMES if not extent.has_rows_of(name)] == [
        "app.p", "parts.p_1", "parts.p_1a",
    ]  # fmt: skip


def test_schema_only_has_no_rows_at_all():
    assert not Extent(Scope(parts="schema")).has_rows_of("app.t")
    assert Extent(Scope(parts="data")).has_rows_of("app.t")


def test_a_declaration_holds_for_its_side_and_the_whole_name():
    declared = Declared(target={"table": ("public\\.helper",)})
    extent = Extent(Scope(declared=declared))
    assert not extent.has_relation("target", "public.helper", schema="public")
    assert extent.has_relation("source", "public.helper", schema="public")
    assert extent.has_relation("target", "public.helpers", schema="public")


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({}, []),
        ({"exclude_tables": ("app.p",)}, ["relations: app.p, parts.p_1, parts.p_1a"]),
        ({"schema_only_tables": ("app.t",)}, ["the rows of app.t, app.t_id_seq"]),
        ({"roles": ()}, ["roles and tablespaces"]),
        ({"roles": ("b", "a")}, ["roles but a, b, and tablespaces of others"]),
        ({"sequences": "skip"}, ["the state of sequences"]),
        ({"parts": "schema"}, ["rows, the state of sequences, large objects"]),
    ],
)
def test_what_was_left_out_is_said(scope, expected):
    assert list(left_out(Extent(Scope(**scope), ABOVE, SCHEMAS))) == expected


@pytest.mark.parametrize("scope", [{"include_tables": ("app.t",)}, {"schemas": ("app",)}])
def test_what_lies_outside_of_what_is_named_is_said(scope):
    (said,) = left_out(Extent(Scope(**scope), ABOVE, SCHEMAS))
    assert "large objects" in said
    assert "roles" in said


def test_rows_that_lie_elsewhere_are_said():
    (said,) = left_out(Extent(Scope()), foreign=["app.far"])
    assert said == "the rows of foreign tables, which lie elsewhere: app.far"
    assert left_out(Extent(Scope(parts="schema")), foreign=["app.far"]) == (
        "rows, the state of sequences, large objects",
    )
