from pathlib import Path

import pytest

from assay.report.records import from_events
from assay.report.terminal import summary


@pytest.fixture
def shown(started, finished):
    """The summary of a run with these events, as lines of text."""

    def lines(*events):
        run = from_events([started, *events, finished])
        return list(summary(run, folder=Path("run"), width=100))

    return lines


def test_the_last_line_is_the_verdict_in_its_colour(shown, judged, self_test):
    last = shown(self_test(), judged())[-1]
    assert last.text == "PASS, 1 judged, 0 known gaps, 0 skipped"
    assert last.markup == {"bold": True, "green": True}
    assert shown(judged(outcome="SILENT_WRONG"))[-1].markup == {"bold": True, "red": True}


def test_the_matrix_marks_what_is_not_as_required(shown, judged):
    text = [line.text for line in shown(judged("a"), judged("b", "SILENT_WRONG"))]
    assert text[0] == "seren 2.5.1 on PostgreSQL 17"
    assert text[1].split() == ["FAITHFUL", "SILENT_WRONG"]
    assert text[2].split() == ["data-types", "1", "*1"]


def test_a_bad_case_comes_with_its_finding_and_a_command(shown, judged):
    text = [line.text for line in shown(judged(outcome="SILENT_WRONG"))]
    assert "  SILENT_WRONG dt-x (init): row public.t [id=1] v: source '1.500', target '1.5'" in text
    assert (
        "run one again: pytest integration/cases/data-types/dt-x.sql"
        " --replicator seren:/opt/bin/seren --pg 17"
    ) in text


def test_fifteen_bad_cases_are_listed_and_the_rest_counted(shown, judged):
    text = [line.text for line in shown(*(judged(f"c{n}", "FAILED_LOUD") for n in range(20)))]
    assert sum(line.startswith("  FAILED_LOUD") for line in text) == 15
    assert "  and 5 more" in text


def test_skips_are_counted_by_what_is_missing(shown, judged, skipped):
    events = [skipped("a", "gap"), skipped("b"), skipped("c")]
    text = [line.text for line in shown(judged(), *events)]
    assert "skipped: 3 (cutover 2, gap 1)" in text


def test_phases_left_out_are_counted(shown, judged):
    left_out = [{"phase": "cutover", "requires": "cutover"}]
    text = [line.text for line in shown(judged(skipped_phases=left_out))]
    assert "phases left out: 1 (cutover 1)" in text


def test_a_missing_self_test_is_said(shown, judged):
    text = [line.text for line in shown(judged())]
    assert "self-test: none was made" in text
    assert "  no self-test planted any damage" in text


def test_no_control_character_reaches_the_terminal(shown, judged):
    event = judged(outcome="FAILED_LOUD", why="\x1b[2J\x07gone\nnext")
    for line in shown(event):
        assert line.text.isprintable()
