"""What people and programs read: summary first, no line forged, JSON as the schema says."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import assay.report
from assay.compare.presentation import as_json, as_text, visible
from assay.oracle.self_test.run import SelfTest
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import Finding, conclude

SCHEMA = json.loads(
    (Path(assay.report.__file__).parent / "schemas" / "comparison.schema.json").read_text()
)
SELF_TEST = SelfTest(2, 1, ("a plant",), 0.5, ("a plant", "another"))
DIFFERENT = conclude(
    [
        Finding("row", "public.t", "7", "v", "a", "b"),
        Finding("row", "public.t", "8", None, "(8,x)", None),
        Finding("table", "public.new", target="table"),
        Finding("row", "public.t", "9", "w", "", "NULL"),
    ],
    compared={"relations": 1, "rows": 9},
    omitted=3,
    warnings=["order may differ"],
)


def text(comparison, **options) -> str:
    options = {"source": "postgresql://a/x", "target": "postgresql://b/x", **options}
    return "\n".join(as_text(comparison, **options))


@pytest.mark.parametrize("self_test", [None, SELF_TEST])
@pytest.mark.parametrize(
    "comparison", [DIFFERENT, conclude([], compared={}), conclude([], compared={"rows": 1})]
)
def test_json_is_what_its_schema_says(comparison, self_test):
    whole = as_json(comparison, source="s", target="t", self_test=self_test)
    jsonschema.validate(json.loads(json.dumps(whole)), SCHEMA)


def test_the_schema_refuses_what_is_not_described():
    whole = as_json(DIFFERENT, source="s", target="t", self_test=None)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**whole, "equality": "MAYBE"}, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**whole, "more": 1}, SCHEMA)


@pytest.mark.parametrize(
    ("proved", "proof", "said"),
    [
        ({}, "bytes", "; byte for byte;"),
        ({"bytes": 9}, "bytes", "; byte for byte;"),
        ({"hash-256": 9}, "hash-256", "; long values by sha256;"),
        ({"hash-64": 9}, "hash-64", "; by a digest of 64 bits each;"),
        (
            {"bytes": 1024, "hash-256": 1, "hash-64": 4998976},
            "hash-64",
            "; 1,024 rows byte for byte, 1 row long values by sha256,"
            " 4,998,976 rows by a digest of 64 bits each;",
        ),
    ],
)
def test_it_is_said_how_rows_were_proved(proved, proof, said):
    comparison = conclude([], compared={"rows": 9}, proved=proved)
    assert said in text(comparison, self_test=None)
    whole = as_json(comparison, source="s", target="t", self_test=None)
    jsonschema.validate(whole, SCHEMA)
    assert (whole["proof"], whole["proved"]) == (proof, proved)


def test_the_summary_comes_first_and_findings_by_object():
    lines = text(DIFFERENT, self_test=SELF_TEST).splitlines()
    assert lines[0] == "DIFFERENT: the target is not the source"
    assert "  found     7 differences in 2 objects" in lines
    at = lines.index("public.t")
    assert lines[at + 1 : at + 4] == [
        "  row [7] v: source a, target b",
        "  row [8]: missing on the target, source has (8,x)",
        "  row [9] w: source '', target NULL",
    ]
    assert lines[-1] == "3 more differences are not listed; --all lists every one"


def test_a_missing_self_test_is_said():
    assert "not made" in text(DIFFERENT, self_test=None)


def test_no_name_forges_a_line():
    assert visible("a\nEQUAL\x1b[0m") == "a\\nEQUAL\\x1b[0m"


def test_what_could_not_be_told_has_its_evidence_and_remedy_on_lines_of_their_own():
    doubts = [Doubt("public.u: no privilege", "target", "seen\nso", "grant it"), Doubt("more")]
    seen = conclude([], compared={"rows": 1}, doubts=doubts, left_out=["roles"])
    lines = text(seen, self_test=None).splitlines()
    assert lines[:5] == [
        "UNKNOWN: could not tell",
        "  not told  target public.u: no privilege",
        "    seen\\nso",
        "    grant it",
        "  not told  more",
    ]
    assert "  left out  roles" in lines
    whole = as_json(seen, source="s", target="t", self_test=None)
    jsonschema.validate(json.loads(json.dumps(whole)), SCHEMA)
    assert whole["doubts"][0] == {
        "side": "target", "what": "public.u: no privilege", "evidence": "seen\nso",
        "remedy": "grant it",
    }  # fmt: skip
