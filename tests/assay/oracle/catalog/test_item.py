"""Items: names from parts, options as properties of their own, a JSON form."""

from __future__ import annotations

import json

import pytest

from assay.oracle.catalog.item import Item, item_from_row, qualified


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (["public", "t"], "public.t"),
        (["public", "T"], 'public."T"'),
        (["a.b", "c"], '"a.b".c'),
        (["x", 'q"q'], 'x."q""q"'),
        (["x", "1st"], 'x."1st"'),
        (["x", "a b"], 'x."a b"'),
    ],
)
def test_names_are_quoted_only_where_needed(parts, name):
    assert qualified(parts) == name


def test_options_become_properties():
    row = {
        "kind": "table",
        "class": "relation",
        "name": ["public", "t"],
        "props": {"option{}": ["fillfactor=70", "x=a=b"], "flag": True, "none": None, "list": [1]},
    }
    assert dict(item_from_row(row).properties) == {
        "option fillfactor": "70",
        "option x": "a=b",
        "flag": "true",
        "list": "[1]",
    }


def test_an_annotation_hangs_on_the_thing_it_describes():
    row = {"kind": "acl", "class": "relation", "name": ["public", "t"], "props": {"x": "granted"}}
    item = item_from_row(row)
    assert (item.ref, item.of) == ("", "relation public.t")


def test_an_item_survives_json():
    item = Item("table", "public.t", {"a": None}, "relation public.t", relation="public.t")
    assert Item.from_json(json.loads(json.dumps(item.to_json()))) == item
