import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from assay.conformance.evidence import Answer, Barrier, Stage, Trouble
from assay.oracle.words.finding import Finding
from assay.process import Execution
from assay.report.draw import draw
from assay.report.html import render
from assay.run.cause import Gravity, Origin
from assay.run.events import CaseJudged, LeftOut
from assay.run.record import load
from benchmarks.many_cases import make
from tests.assay.run.made import ERROR, FINDING, RUST, SELF_TEST, cause, judged, phase, skipped

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
            if isinstance(event, CaseJudged):
                evidence(event.case, **given).save(folder / event.evidence)
        return Page(render(load(folder), folder))

    return drawn


def test_a_case_shows_finding_sql_output_logs_and_reproduction(page):
    shown = page(judged("dt-x", "SILENT_WRONG", sql="create table t (v numeric);")).text
    for part in ("SILENT_WRONG", "public.t", "id=1", "create table t", "seren init", "exit 0",
                 "copied 1 row", "checkpoint starting", "psql -d app -f case.sql",
                 "--replicator seren:/opt/bin/seren --pg 17", "evidence/dt-x.json"):  # fmt: skip
        assert part in shown


def test_a_rust_test_speaks_for_itself(page):
    change = Finding("table", "public.t", target="table", side="target")
    failed = replace(RUST, test="it_copies", result="failed", why="tests/it.rs:3:5: boom",
                     output="copying\n", compared="DIFFERENT", changes=(change,))  # fmt: skip
    lacking = replace(RUST, test="mysql", result="skipped", why="needs TEST_MYSQL_URL")
    shown = page(failed, lacking).text
    for part in ("1 Rust test failed", "tests/it.rs:3:5: boom", "copying", "data DIFFERENT",
                 "table public.t on the target: before (absent), now table",
                 "needs TEST_MYSQL_URL", "a fresh pair for each Rust test"):  # fmt: skip
        assert part in shown
    assert "no case was judged" not in shown


def test_what_a_tool_left_says_on_which_side(page):
    left = Finding("table", "public.half", target="table", side="target")
    shown = page(judged("dt-x", phase("FAILED_DIRTY", findings=(left,)))).text
    assert "on the target: before, now" in shown


def test_the_differing_part_is_marked_on_both_sides(run_folder):
    found = replace(FINDING, source="a-c", target="a+c")
    folder = run_folder(judged("dt-x", phase("SILENT_WRONG", findings=(found,))))
    text = render(load(folder), folder)
    assert 'a<mark class="source">-</mark>c' in text
    assert 'a<mark class="target">+</mark>c' in text


def test_a_gap_that_comes_and_goes_is_told_whether_it_came_or_not(run_folder):
    came = phase("REFUSED", expected=True, gap="a race", intermittent=True)
    folder = run_folder(judged("a", came), judged("b", phase(intermittent=True)), judged("c"))
    text = render(load(folder), folder)
    assert text.count('<span class="tag">known gap, comes and goes</span></h3>') == 1
    assert text.count('<span class="tag">known gap not seen, comes and goes</span></h3>') == 1


def test_hostile_names_do_not_break_the_page(page):
    hostile = phase(
        "SILENT_WRONG", HOSTILE, why=HOSTILE, gap=HOSTILE, proof=HOSTILE,
        cause=cause(HOSTILE, HOSTILE), findings=(Finding(*[HOSTILE] * 6),),
    )  # fmt: skip
    event = judged(
        "x", hostile, title=HOSTILE, category=HOSTILE, replicator=HOSTILE, version=HOSTILE,
        pg=HOSTILE, sql=HOSTILE, nodeid=HOSTILE, left_out=(LeftOut(HOSTILE, "x"),),
        leaked=(HOSTILE,),
    )  # fmt: skip
    execution = Execution((HOSTILE,), 1, HOSTILE, HOSTILE, 1.0, phase=HOSTILE)
    stuck = Barrier(crossed=False, seconds=30.0, stuck=HOSTILE)
    found = page(
        event,
        skipped(HOSTILE, HOSTILE),
        replace(SELF_TEST, missed=(HOSTILE,), worker=HOSTILE),
        replace(RUST, test=HOSTILE, target=HOSTILE, why=HOSTILE, nodeid=HOSTILE,
                output=HOSTILE, changes=(Finding("table", HOSTILE, side="target"),)),
        replace(ERROR, nodeid=HOSTILE, when=HOSTILE, why=HOSTILE),
        stages=(Stage(HOSTILE, executions=(execution,), barrier=stuck, not_compared=HOSTILE,
                      source_errors=(HOSTILE,)),),
        premises=(Answer(HOSTILE, held=False, error=HOSTILE),),
        logs={HOSTILE: HOSTILE},
        reproduction=HOSTILE,
        trouble=Trouble(HOSTILE, HOSTILE),
    )  # fmt: skip
    assert found.open == []
    assert found.names.count("script") == 1
    assert "img" not in found.names
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert "\x1b" not in found.text
    assert "alert(1)" in found.text


def test_the_page_asks_for_nothing_from_outside(run_folder):
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


def test_matrix_cells_lead_to_their_first_case_without_scripts(page):
    found = page(judged("a"), judged("b"), judged("c", "SILENT_WRONG"))
    links = {value for name, value in found.attributes if name == "href" and value[0] == "#"}
    ids = {value for name, value in found.attributes if name == "id"}
    assert links == {"#case-1", "#case-2"}
    assert {link[1:] for link in links} <= ids


def test_a_huge_output_is_cut_with_a_note(page):
    shown = page(judged("dt-x", "FAILED_LOUD"), output="x" * 5_000_000).text
    assert len(shown) < 60_000
    assert "4988000 characters left out" in shown


def test_many_findings_are_capped_and_counted(page):
    many = phase("SILENT_WRONG", findings=(FINDING,) * 60, omitted=7)
    assert "and 17 more" in page(judged("dt-x", many)).text


def test_missing_evidence_is_said(run_folder):
    folder = run_folder(judged())
    assert (
        "the evidence cannot be read: FileNotFoundError" in Page(render(load(folder), folder)).text
    )


def test_a_stuck_stream_shows_what_the_servers_knew(page):
    stage = Stage("live", barrier=Barrier(False, 30.0, stuck="slot s inactive"))
    shown = page(judged("dt-x", phase("FAILED_LOUD", "live")), stages=(stage,)).text
    assert "no marker row crossed the stream within 30 s" in shown
    assert "slot s inactive" in shown


def test_every_phase_shows_its_outcome_and_its_own_commands(page):
    case = judged(
        "dt-x",
        phase(),
        phase("FAILED_LOUD", "live", why="live: exit 7: lost"),
        phase("SILENT_WRONG", "verify", assisted=True),
        phase("NOT_REACHED", "cutover", why="live failed, and cutover needs the tool's own stream"),
    )
    calls = [Execution(("tool", word), 0, f"said by {word}", "", 1.0, phase=word)
             for word in ("init", "sync", "verify")]  # fmt: skip
    stages = (
        Stage("init", executions=(calls[0],)),
        Stage("live", executions=(calls[1],)),
        Stage("verify", assisted=True, executions=(calls[2],)),
    )
    shown = page(case, stages=stages).text
    places = [
        shown.index(text, shown.index("required FAITHFUL"))
        for text in ("FAITHFUL init", "said by init", "FAILED_LOUD live", "live: exit 7: lost",
                     "said by sync", "SILENT_WRONG verify", "The tool's own copy had failed",
                     "said by verify", "NOT_REACHED cutover", "needs the tool's own stream")
    ]  # fmt: skip
    assert places == sorted(places)


def test_harm_is_the_word_of_its_case_and_phase(page):
    harmed = phase("FAITHFUL", "live", expected=False, harmed_source=True, why="source harmed: x")
    shown = page(judged("b", "SILENT_WRONG"), judged("a", phase(), harmed)).text
    shown = shown[shown.index("every category") :]
    assert shown.count("HARMED_SOURCE") == 2
    assert shown.index("HARMED_SOURCE") < shown.index("FAITHFUL live")


def test_phases_are_counted_and_what_was_not_reached_too(page):
    found = page(
        judged("a", phase("FAILED_LOUD"), phase("NOT_REACHED", "live"),
               phase("SILENT_WRONG", "verify", assisted=True))
    )  # fmt: skip
    titles = [value for name, value in found.attributes if name == "title"]
    assert {"1 FAILED_LOUD", "1 NOT_REACHED"} <= set(titles)
    assert "1 SILENT_WRONG" not in titles
    shown = {value for name, value in found.attributes if name == "data-outcome"}
    assert "FAILED_LOUD NOT_REACHED SILENT_WRONG ASSISTED" in shown
    assert {"1 ASSISTED"} <= set(titles)


def test_what_a_case_left_behind_is_shown(page):
    assert "Left behind, not declared" in page(judged(leaked=("role x",))).text


def test_a_run_of_which_nothing_is_known_is_still_drawn(run_folder):
    folder = run_folder(whole=False)
    draw(folder)
    text = (folder / "index.html").read_text()
    assert "no case was judged" in text
    assert "None was made" in text


def test_seventy_five_cases_stay_below_two_megabytes(run_folder, evidence):
    log = "2026-01-02 03:04:05 UTC [1] LOG:  logical decoding found consistent point\n" * 5000
    folder = run_folder(*(judged(f"c{n}") for n in range(75)))
    for number in range(75):
        made = evidence(f"c{number}", "row\n" * 9000, logs={"source": log, "target": log})
        made.save(folder / f"evidence/c{number}.json")
    draw(folder)
    assert (folder / "index.html").stat().st_size < 2_000_000


def test_the_page_begins_with_causes_that_lead_to_their_cases(page):
    sync = replace(cause("sync|1", "column srsubstate does not exist"), phase="sync")
    harm = replace(cause("live|h", "a slot is left"), gravity=Gravity.SOURCE_HARMED)
    red = [judged(f"c{n}", phase(), phase("FAILED_LOUD", "live", cause=sync)) for n in range(3)]
    bad = phase("FAITHFUL", "live", cause=harm, expected=False, harmed_source=True)
    found = page(*red, judged("z", phase(), bad), judged("fine"))
    body = found.text[found.text.index("What is wrong") :]
    order = ["a slot is left", "HARMED_SOURCE", "assay reproduce", " z", "3", "sync:",
             "column srsubstate does not exist", "as the tool says", "c0", "c1", "c2", "Servers",
             "Outcomes by category", "every category"]  # fmt: skip
    place = 0
    for word in order:
        place = body.index(word, place) + 1
    links = [value for name, value in found.attributes if name == "href" and value[0] == "#"]
    ids = [value for name, value in found.attributes if name == "id"]
    assert {"#case-1", "#case-2", "#case-3", "#case-4", "#cause-1", "#cause-2"} <= set(links)
    assert {link[1:] for link in links} <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_causes_of_known_gaps_follow_those_of_what_is_wrong(page):
    sync = replace(cause("sync|1", "column srsubstate does not exist"), phase="sync")
    gap = phase("FAILED_LOUD", "live", cause=sync, expected=True, gap="known")
    red = judged("red", phase(), phase("FAILED_LOUD", "live", cause=sync))
    found = page(red, judged("gap", phase(), gap), judged("fine"))
    text = found.text
    wrong = text[text.index("What is wrong, by cause") : text.index("Known gaps, by cause")]
    known = text[text.index("Known gaps, by cause") : text.index("Servers")]
    assert ("reproduce" in wrong, " gap" in wrong) == (True, False)
    assert ("column srsubstate does not exist" in known, " gap" in known) == (True, True)
    ids = [value for name, value in found.attributes if name == "id"]
    links = [value for name, value in found.attributes if name == "href"]
    assert len(ids) == len(set(ids))
    assert (links.count("#cause-1"), links.count("#cause-2")) == (1, 1)


def test_what_a_case_planted_itself_is_not_its_headline(page):
    planted = replace(FINDING, object="public.planted")
    told = replace(cause("verify|x", "says that both sides are equal"), origin=Origin.FINDING)
    case = judged("v", phase("SILENT_WRONG", "verify", cause=told, findings=(planted,), why="w"))
    found = page(case).text
    row = found[found.index("every category") : found.index("category data-types")]
    assert "says that both sides are equal" in row
    assert "planted" not in row


def test_four_hundred_red_cases_weigh_less_than_five_megabytes(tmp_path):
    folder = make(tmp_path / "run", 400)
    draw(folder)
    text = (folder / "index.html").read_text()
    assert len(text.encode()) < 5_000_000
    page = Page(text)
    assert page.open == []
    assert page.text.count("characters left out; all of it: evidence/") > 400
    assert page.text.count("more, counted but not listed here") > 20
