"""What people and programs read: summary first, no line forged, JSON as the schema says."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import assay.report
from assay.compare.document import as_json, several_as_json
from assay.compare.text import as_text, several_as_text
from assay.oracle.self_test.run import SelfTest
from assay.oracle.words.collector import Collector
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import Finding, conclude
from assay.report.answer import Answer, together
from assay.report.text import visible

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
    return "\n".join(as_text(Answer("postgresql://a/x", "postgresql://b/x", comparison, **options)))


@pytest.mark.parametrize("self_test", [None, SELF_TEST])
@pytest.mark.parametrize(
    "comparison", [DIFFERENT, conclude([], compared={}), conclude([], compared={"rows": 1})]
)
def test_json_is_what_its_schema_says(comparison, self_test):
    whole = as_json(Answer("s", "t", comparison, self_test))
    jsonschema.validate(json.loads(json.dumps(whole)), SCHEMA)


def test_the_schema_refuses_what_is_not_described():
    whole = as_json(Answer("s", "t", DIFFERENT, None))
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
    assert said in text(comparison)
    whole = as_json(Answer("s", "t", comparison, None))
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
    assert "not made" in text(DIFFERENT)


def test_no_name_forges_a_line():
    assert visible("a\nEQUAL\x1b[0m") == "a\\nEQUAL\\x1b[0m"


def test_each_relation_has_a_line_of_its_own_before_the_details():
    collector = Collector(2)
    for table in ("public.a", "public.b", "public.c"):
        collector.extend(Finding("row", table, str(n), "v", "x", "y") for n in range(50))
    collector.add(Finding("row", "public.c", "51", None, "(51)", None))
    collector.add(Finding("row", "public.c", "52", None, None, "(52)"))
    collector.add(Finding("multiplicity", "public.d", "(x)", None, "3", "1"))
    comparison = conclude(collector.kept, compared={"rows": 9}, omitted=collector.omitted,
                          totals=dict(collector.totals), rows=collector.rows)  # fmt: skip
    lines = [" ".join(line.split()) for line in text(comparison).splitlines()]
    at = lines.index("rows of missing extra changed")
    assert lines[at + 1 : at + 6] == [
        "public.a 0 0 50", "public.b 0 0 50", "public.c 1 1 50", "public.d 2 0 0", ""]  # fmt: skip
    assert {"public.a", "public.b"} < set(lines)


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("a", "a  ", "source a, target 'a  '"),
        ("a\u00a0b", "a b", "source a\\xa0b, target a b"),
        ("a\u200bb", "ab", "source a\\u200bb, target ab"),
        ("p\u0430y", "pay", "source p\\u0430y, target pay"),
        ("e\u0301", "\u00e9", "source e\\u0301, target \\xe9"),
        ("M\u00fcller", "Muller", "source M\u00fcller, target Muller"),
        ("x" * 300 + "a", "x" * 300 + "b", f"source …{'x' * 40}a, target …{'x' * 40}b"),
        ("bell\x07", "bell", "source bell\\x07, target bell"),
    ],
)
def test_what_tells_two_values_apart_can_be_seen(source, target, said):
    comparison = conclude([Finding("row", "t", "1", "v", source, target)], compared={"rows": 1})
    assert text(comparison).splitlines()[-1] == f"  row [1] v: {said}"


def test_a_name_of_two_alphabets_is_shown_by_its_codes():
    assert (
        visible("p\u0430y, \u0441\u043e\u0441\u043d\u0430")
        == "p\\u0430y, \u0441\u043e\u0441\u043d\u0430"
    )
    assert visible("x\u00b5m \u03b1 M\u00fcller") == "x\u00b5m \u03b1 M\u00fcller"


def test_a_body_of_many_lines_is_shown_by_its_lines():
    body = Finding("function", "f()", None, "definition", "a\nb\nc", "a\nb  \nc")
    shown = text(conclude([body], compared={"objects": 1})).splitlines()
    assert shown[-5:] == ["  function definition: - source, + target", "      a", "    - b",
                          "    + b\\x20\\x20", "      c"]  # fmt: skip


def test_what_could_not_be_told_has_its_evidence_and_remedy_on_lines_of_their_own():
    doubts = [Doubt("public.u: no privilege", "target", "seen\nso", "grant it"), Doubt("more")]
    seen = conclude([], compared={"rows": 1}, doubts=doubts)
    assert text(seen).splitlines()[:5] == [
        "UNKNOWN: could not tell",
        "  not told  target public.u: no privilege",
        "  evidence  seen\\nso",
        "  to fix    grant it",
        "  not told  more",
    ]
    whole = as_json(Answer("s", "t", seen))
    jsonschema.validate(json.loads(json.dumps(whole)), SCHEMA)
    assert whole["doubts"][0] == {
        "side": "target", "what": "public.u: no privilege", "evidence": "seen\nso",
        "remedy": "grant it",
    }  # fmt: skip


def test_a_narrowed_run_says_so_in_its_verdict_and_what_is_left_out_in_one_place():
    seen = conclude([], compared={"rows": 1}, left_out=["the column x"])
    lines = text(seen).splitlines()
    assert lines[0] == "EQUAL: the target is the source, but for what is left out"
    assert lines.count("  left out  the column x") == 1
    assert as_json(Answer("s", "t", seen))["left_out"] == ["the column x"]


def test_many_pairs_are_summed():
    one = conclude([], compared={"rows": 1}, left_out=["roles"])
    other = conclude([Finding("row", "t", "1", None, "x")], compared={"rows": 2})
    answers = [Answer("s", "t", one), Answer("s2", "t2", other)]
    whole = together(answers)
    assert (whole.equality, whole.compared["rows"]) == ("DIFFERENT", 3)
    assert [finding.object for finding in whole.findings] == ["t2: t"]
    lines = list(several_as_text(answers, whole))
    assert lines[:3] == [
        "2 pairs: 1 EQUAL, 1 DIFFERENT",
        "  compared  3 rows; byte for byte; 0.0 s",
        "  left out  roles",
    ]
    assert several_as_json(answers, whole)["compared"] == {"rows": 3}
