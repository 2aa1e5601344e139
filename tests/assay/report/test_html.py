import re
from html.parser import HTMLParser

import pytest

from assay.conformance.evidence import Barrier, Stage
from assay.report.draw import draw
from assay.report.html import render
from assay.report.records import load

HOSTILE = (
    "a\"b'</pre></script><script>alert(1)</script><img src=x onerror=alert(1)>\n{{ 7*7 }}\x1b[31m"
)
VOID = {"meta", "input", "br"}
OPTIONAL = {"dt", "dd", "th", "td", "li", "tr"}  # their end tags may be left out


class Page(HTMLParser):
    """Counts elements and checks that they are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.names, self.attributes, self.shown = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += attrs
        if tag not in VOID | OPTIONAL:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in OPTIONAL:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.shown.append(data)

    @property
    def text(self):
        return "".join(self.shown)


@pytest.fixture
def page(run_folder, evidence):
    """The page of a run with these events, read by a parser."""

    def drawn(*events, **given):
        folder = run_folder(*events)
        for event in events:
            if event["event"] == "case-judged":
                evidence(event["case"], **given).save(folder / event["evidence"])
        return Page(render(load(folder), folder))

    return drawn


def test_a_case_shows_finding_sql_output_logs_and_reproduction(page, judged):
    shown = page(judged(outcome="SILENT_WRONG", sql="create table t (v numeric);")).text
    for part in ("SILENT_WRONG", "public.t", "id=1", "create table t", "seren init", "exit 0",
                 "copied 1 row", "checkpoint starting", "psql -d app -f case.sql",
                 "--replicator seren:/opt/bin/seren --pg 17", "evidence/dt-x.json"):  # fmt: skip
        assert part in shown


def test_a_rust_test_speaks_for_itself(page):
    test = {"event": "rust-test", "name": "it_copies", "target": "it", "seconds": 1, "nodeid": "n"}
    change = {"kind": "table", "object": "public.t", "source": None, "target": "table"}
    shown = page(
        {**test, "result": "failed", "why": "tests/it.rs:3:5: boom", "output": "copying\n",
         "compared": "DIFFERENT", "changes": [{**change, "side": "target"}]},
        {**test, "name": "mysql", "result": "skipped", "why": "needs TEST_MYSQL_URL"},
    ).text  # fmt: skip
    for part in ("1 Rust test failed", "tests/it.rs:3:5: boom", "copying", "data DIFFERENT",
                 "table public.t on the target: before (absent), now table",
                 "needs TEST_MYSQL_URL", "a fresh pair for each Rust test"):  # fmt: skip
        assert part in shown
    assert "no case was judged" not in shown


def test_what_a_tool_left_says_on_which_side(page, judged):
    event = judged(outcome="SILENT_WRONG")
    event["findings"] = [{"kind": "table", "object": "public.half", "target": "table",
                          "side": "target"}]  # fmt: skip
    assert "on the target: before, now" in page(event).text


def test_the_differing_part_is_marked_on_both_sides(run_folder, judged):
    event = judged(outcome="SILENT_WRONG")
    event["findings"][0] |= {"source": "a-c", "target": "a+c"}
    folder = run_folder(event)
    text = render(load(folder), folder)
    assert 'a<mark class="source">-</mark>c' in text
    assert 'a<mark class="target">+</mark>c' in text


def test_hostile_names_do_not_break_the_page(page, judged, skipped, self_test):
    event = judged(
        "x", "SILENT_WRONG", title=HOSTILE, category=HOSTILE, replicator=HOSTILE, version=HOSTILE,
        pg=HOSTILE, why=HOSTILE, gap=HOSTILE, sql=HOSTILE, nodeid=HOSTILE, phase=HOSTILE,
        skipped_phases=[{"phase": HOSTILE, "requires": "x"}],
        findings=[dict.fromkeys(("kind", "object", "key", "column", "source", "target"), HOSTILE)],
    )  # fmt: skip
    rust = {"event": "rust-test", "name": HOSTILE, "target": HOSTILE, "result": "failed"}
    found = page(
        event,
        skipped(HOSTILE, HOSTILE),
        self_test(missed=[HOSTILE], worker=HOSTILE),
        {
            **rust,
            "seconds": 1,
            "why": HOSTILE,
            "nodeid": HOSTILE,
            "output": HOSTILE,
            "changes": [{"kind": "table", "object": HOSTILE, "side": "target"}],
        },
        {"event": "item-error", "nodeid": HOSTILE, "when": HOSTILE, "why": HOSTILE},
        output=HOSTILE,
        logs={HOSTILE: HOSTILE},
        reproduction=HOSTILE,
        trouble=HOSTILE,
    )
    assert found.open == []
    assert found.names.count("script") == 1
    assert "img" not in found.names
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert "\x1b" not in found.text
    assert "alert(1)" in found.text


def test_the_page_asks_for_nothing_from_outside(run_folder, judged):
    folder = run_folder(judged())
    text = render(load(folder), folder)
    page = Page(text)
    assert not [name for name, _ in page.attributes if name in ("src", "srcset", "data")]
    links = [value for name, value in page.attributes if name == "href"]
    assert links
    assert not [link for link in links if re.match(r"\w+:|//", link)]
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_matrix_cells_lead_to_their_first_case_without_scripts(page, judged):
    found = page(judged("a"), judged("b"), judged("c", "SILENT_WRONG"))
    links = {value for name, value in found.attributes if name == "href" and value[0] == "#"}
    ids = {value for name, value in found.attributes if name == "id"}
    assert links == {"#case-1", "#case-2"}
    assert {link[1:] for link in links} <= ids


def test_a_huge_output_is_cut_with_a_note(page, judged):
    shown = page(judged(outcome="FAILED_LOUD"), output="x" * 5_000_000).text
    assert len(shown) < 60_000
    assert "4988000 characters left out" in shown


def test_many_findings_are_capped_and_counted(page, judged):
    event = judged(outcome="SILENT_WRONG", omitted=7)
    event["findings"] *= 60
    assert "and 17 more" in page(event).text


def test_missing_evidence_is_said(run_folder, judged):
    folder = run_folder(judged())
    assert (
        "the evidence cannot be read: FileNotFoundError" in Page(render(load(folder), folder)).text
    )


def test_a_stuck_stream_shows_what_the_servers_knew(page, judged):
    stage = Stage("live", barrier=Barrier(False, 30.0, stuck="slot s inactive"))
    shown = page(judged(outcome="FAILED_LOUD"), stages=(stage,)).text
    assert "live: no marker row within 30 s" in shown
    assert "slot s inactive" in shown


def test_a_run_of_which_nothing_is_known_is_still_drawn(run_folder):
    folder = run_folder(whole=False)
    draw(folder)
    text = (folder / "index.html").read_text()
    assert "no case was judged" in text
    assert "None was made" in text


def test_seventy_five_cases_stay_below_two_megabytes(page, run_folder, judged, evidence):
    log = "2026-01-02 03:04:05 UTC [1] LOG:  logical decoding found consistent point\n" * 5000
    folder = run_folder(*(judged(f"c{n}") for n in range(75)))
    for number in range(75):
        made = evidence(f"c{number}", "row\n" * 9000, logs={"source": log, "target": log})
        made.save(folder / f"evidence/c{number}.json")
    draw(folder)
    assert (folder / "index.html").stat().st_size < 2_000_000
