from pathlib import Path

import pytest

from assay.report.terminal import summary
from assay.run.events import LeftOut
from tests.assay.run.made import SELF_TEST, a_run, judged, phase, skipped


@pytest.fixture
def shown():
    """The summary of a run with these events, as lines of text."""

    def lines(*events):
        return list(summary(a_run(*events), folder=Path("run"), width=100))

    return lines


def test_the_last_line_is_the_verdict_in_its_colour(shown):
    last = shown(SELF_TEST, judged())[-1]
    assert last.text == "PASS, 1 judged, 0 known gaps, 0 skipped"
    assert last.markup == {"bold": True, "green": True}
    assert shown(judged("x", "SILENT_WRONG"))[-1].markup == {"bold": True, "red": True}


def test_the_matrix_marks_what_is_not_as_required(shown):
    lines = shown(judged("a"), judged("b", phase(), phase("SILENT_WRONG", "live")))
    text = [line.text for line in lines]
    assert text[0] == "seren 2.5.1 on PostgreSQL 17"
    assert text[1].split() == ["FAITHFUL", "SILENT_WRONG"]
    assert text[2].split() == ["data-types", "2", "*1"]
    assert lines[2].markup == {"red": True}
    assert "  * not as required" in text


def test_the_matrix_counts_assisted_phases_apart_and_marks_them_as_well(shown):
    known = phase("REFUSED", expected=True, gap="known")
    lines = shown(judged("a", known, phase("SILENT_WRONG", "verify", assisted=True)))
    assert lines[1].text.split() == ["REFUSED", "assisted"]
    assert lines[2].text.split() == ["data-types", "1", "*1"]
    assert lines[2].markup == {"red": True}


def test_a_bad_case_comes_with_its_finding_and_a_command(shown):
    case = judged("dt-x", phase(), phase("SILENT_WRONG", "live"))
    text = [line.text for line in shown(case)]
    assert (
        "  dt-x: init FAITHFUL, live SILENT_WRONG: row public.t [id=1] v: source '1.500',"
        " target '1.5'"
    ) in text
    assert (
        "run one again: pytest integration/cases/data-types/dt-x.sql"
        " --replicator seren:/opt/bin/seren --pg 17"
    ) in text


def test_harm_is_named_before_the_case_and_listed_first(shown):
    harmed = judged("b", phase("FAITHFUL", expected=False, harmed_source=True, why="slot left"))
    text = [line.text for line in shown(judged("a", "SILENT_WRONG"), harmed)]
    first = text.index("not as required, the worst first:") + 1
    assert text[first] == "  HARMED_SOURCE b: init FAITHFUL: slot left"


def test_what_a_case_left_behind_is_told(shown):
    text = [line.text for line in shown(judged("a", leaked=("role x", "slot y")))]
    assert "  a: init FAITHFUL: left behind, not declared: role x; slot y" in text


def test_fifteen_bad_cases_are_listed_and_the_rest_counted(shown):
    text = [line.text for line in shown(*(judged(f"c{n}", "FAILED_LOUD") for n in range(20)))]
    assert sum("init FAILED_LOUD" in line for line in text) == 15
    assert "  and 5 more" in text


def test_skips_are_counted_by_what_is_missing(shown):
    text = [line.text for line in shown(judged(), skipped("a", "gap"), skipped("b"), skipped("c"))]
    assert "skipped: 3 (cutover 2, gap 1)" in text


def test_phases_left_out_are_counted(shown):
    left_out = (LeftOut("cutover", "cutover"), LeftOut("live", "streaming"))
    text = [line.text for line in shown(judged(left_out=left_out))]
    assert "phases left out: 2 (cutover 1, live for want of streaming 1)" in text


def test_a_missing_self_test_is_said(shown):
    text = [line.text for line in shown(judged())]
    assert "self-test: none was made" in text
    assert "  no self-test planted any damage" in text


def test_no_control_character_reaches_the_terminal(shown):
    for line in shown(judged("x", phase("FAILED_LOUD", why="\x1b[2J\x07gone\nnext"))):
        assert line.text.isprintable()
