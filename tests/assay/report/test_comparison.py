"""A comparison as a page."""

from __future__ import annotations

from assay.oracle.self_test.run import SelfTest
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import Cost, Finding, conclude
from assay.report.answer import Answer
from assay.report.comparison import render

SEEN = SelfTest(planted=3, detected=3, missed=(), seconds=0.1, plants=("a", "b", "c"))


def page(*findings: Finding, self_test: SelfTest | None = SEEN, told=None, **given) -> str:
    told = told or {}
    comparison = conclude(
        findings,
        compared={"relations": 1, "rows": 2},
        proved={"bytes": 1, "hash-64": 1},
        cost={"source": Cost(1.5, 2, "30min", "30s")},
        **given,
    )
    return render(Answer("here", "there", comparison, self_test, **told))


def test_findings_stand_by_object_with_what_differs_marked():
    text = page(
        Finding("row", "app.t", "1", "v", "left side", "left hand"),
        Finding("row", "app.u", "1", "v", "x", None),
        Finding("row", "app.t", "2", "v", "NULL", ""),
    )
    assert text.count("app.t</h2>") == 1
    assert '<mark class="source">side</mark>' in text
    assert '<mark class="target">hand</mark>' in text
    assert "(empty)" in text
    assert "3 differences in 2 objects" in text


def test_equal_says_how_it_was_proved_and_that_it_could_see():
    text = page()
    assert "no difference was found" in text
    assert "a hash of 64 bits" in text
    assert "3 of 3 planted damages found" in text
    assert "2 sessions" in text


def test_a_missing_self_test_is_said():
    assert "nothing shows that this run could have seen" in page(self_test=None)


def test_unknown_shows_its_cause_and_nothing_is_markup():
    text = page(doubts=[Doubt("<script>alert(1)</script>")], warnings=["a <note>"])
    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text
    assert "a &lt;note&gt;" in text


def test_what_was_left_out_and_what_was_not_told_stand_on_the_page():
    doubt = Doubt("public.u: no privilege", "target", "seen <so>", "grant it")
    text = page(Finding("table", "public.t"), doubts=[doubt], left_out=["roles <all>"])
    assert "DIFFERENT" in text
    for part in (
        "target public.u: no privilege",
        "seen &lt;so&gt;",
        "grant it",
        "roles &lt;all&gt;",
    ):
        assert part in text


def test_it_says_when_what_and_of_which_servers():
    told = {"servers": ("17.10", "18.1"), "date": "2026-11-30T10:00:00Z",
            "options": "--schema-only"}  # fmt: skip
    text = page(told=told)
    for word in (*told["servers"], told["date"], told["options"]):
        assert word in text


def test_contents_lead_to_every_object_and_say_how_many_differences_it_has():
    text = page(Finding("row", "app.t", "1", "v", "a", "b"), Finding("index", "app.i", target="x"),
                totals={"row app.t": 7, "index app.i": 1},
                rows={"app.t": {"missing": 1, "extra": 2, "changed": 4}})  # fmt: skip
    assert '<a href="#object-1">app.t</a> <span class="count">7</span>' in text
    assert 'id="object-2">app.i' in text
    assert "row 7, index 1" in text
    assert "<td>1</td><td>2</td><td>4</td>" in text
    assert 'type="search"' in text


def test_a_body_stands_as_lines():
    text = page(Finding("function", "app.f()", None, "definition", "a\nb\nc", "a\n<x>\nc"))
    assert '<span class="source">-b</span><span class="target">+&lt;x&gt;</span>' in text
    assert '<span class="both"> a</span>' in text
