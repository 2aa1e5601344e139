from dataclasses import replace
from pathlib import Path

import pytest

from assay.report.terminal import LINES, summary
from assay.run.cause import Cause, Gravity, Origin
from assay.run.events import LeftOut
from tests.assay.run.made import CHECK, RUST, SELF_TEST, a_run, cause, judged, phase, skipped

SYNC = Cause(
    "sync|42703", "sync", "column srsubstate does not exist", Origin.SERVER_ERROR, Gravity.FAILED,
    'column "srsubstate" does not exist', "42703", "SELECT srsubstate FROM pg_stat_subscription",
)  # fmt: skip
HARM = replace(cause("live|source"), origin=Origin.FINDING, gravity=Gravity.SOURCE_HARMED)
OWNER = replace(cause("init|owner"), origin=Origin.FINDING, gravity=Gravity.OWNERS_LOST)


def red(case, why, outcome="FAILED_LOUD", **given):
    """A case with a good copy and a stream that is red by this cause."""
    return judged(case, phase(), phase(outcome, "live", cause=why, **given))


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
    lines = lines[[line.text for line in lines].index("seren 2.5.1 on PostgreSQL 17") :]
    text = [line.text for line in lines]
    assert text[1].split() == ["FAITHFUL", "SILENT_WRONG"]
    assert text[2].split() == ["data-types", "2", "*1"]
    assert lines[2].markup == {"red": True}
    assert "  * not as required" in text


def test_a_tool_that_tells_no_version_is_named_alone(shown):
    (line,) = [one.text for one in shown(judged(version="")) if "on PostgreSQL" in one.text]
    assert line == "seren on PostgreSQL 17"


def test_the_matrix_counts_assisted_phases_apart_and_marks_them_as_well(shown):
    known = phase("REFUSED", expected=True, gap="known")
    lines = shown(judged("a", known, phase("SILENT_WRONG", "verify", assisted=True)))
    lines = lines[[line.text for line in lines].index("seren 2.5.1 on PostgreSQL 17") :]
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
    first = text.index("not as required, without a cause (2 cases):") + 1
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


def test_it_begins_with_the_cause_of_most_cases_and_how_to_see_one(shown):
    text = [line.text for line in shown(*(red(f"c{n}", SYNC) for n in range(38)), red("o", OWNER))]
    assert text[:5] == [
        "what is wrong, the worst first (2 causes):",
        "  38 cases: sync: column srsubstate does not exist"
        " (server log 42703, statement SELECT srsubstate FROM pg_stat_subscription)",
        "    by hand: assay reproduce run c0",
        "    again: pytest integration/cases/data-types/c0.sql --replicator seren:/opt/bin/seren"
        " --pg 17",
        "  1 case, owners lost: init: cannot copy: o",
    ]


def test_harm_to_the_source_is_the_first_cause_and_has_a_colour_of_its_own(shown):
    events = [red(f"c{n}", SYNC) for n in range(9)]
    lines = shown(*events, red("h", HARM, "FAITHFUL", harmed_source=True, expected=False))
    assert lines[1].text.startswith("  HARMED_SOURCE 1 case, source harmed: init: cannot copy: h")
    assert lines[1].markup == {"purple": True, "bold": True}
    assert lines[2].text == "    by hand: assay reproduce run h"
    head = next(
        line.text for line in lines if "FAILED_LOUD" in line.text and "sync" not in line.text
    )
    assert head.split() == ["HARMED_SOURCE", "FAITHFUL", "FAILED_LOUD"]
    row = next(line for line in lines if line.text.startswith("  data-types"))
    assert (row.text.split(), row.markup) == (["data-types", "*1", "10", "*9"], {"purple": True})


def test_the_command_names_the_run_of_a_case_that_was_judged_twice(shown):
    text = [line.text for line in shown(red("c", SYNC), replace(red("c", SYNC), replicator="noop"))]
    assert "    by hand: assay reproduce run c --replicator noop" in text


def test_each_phase_is_told_with_the_assisted_and_the_unreached_apart(shown):
    cases = (
        judged("a", phase(), phase("FAILED_LOUD", "live")),
        judged("b", phase("REFUSED"), phase("NOT_REACHED", "live"),
               phase("FAITHFUL", "verify", assisted=True)),
    )  # fmt: skip
    text = [line.text for line in shown(*cases)]
    start = text.index("  init: 1 REFUSED, 1 FAITHFUL")
    assert text[start + 1 : start + 3] == [
        "  live: 1 FAILED_LOUD, 1 NOT_REACHED",
        "  verify: 1 FAITHFUL (assisted)",
    ]


def test_a_cause_that_only_assisted_phases_show_says_so(shown):
    text = [line.text for line in shown(red("c", SYNC, assisted=True))]
    assert text[1].endswith("pg_stat_subscription): c (assisted)")


def test_gaps_that_come_and_go_are_shown_whether_they_came_or_not(shown):
    came = phase("FAILED_DIRTY", expected=True, gap="a race", intermittent=True)
    text = [
        line.text
        for line in shown(
            SELF_TEST, judged("a", came), judged("b", phase(intermittent=True)), judged("c")
        )
    ]
    assert "gaps that come and go: a init FAILED_DIRTY, b init not seen" in text
    assert text[-1] == "PASS, 3 judged, 1 known gap, 0 skipped, 2 intermittent gaps (1 seen)"


def test_the_causes_of_known_gaps_are_told_by_themselves_the_worst_first(shown):
    known = {"expected": True, "gap": "known"}
    events = [red(f"c{n}", SYNC, **known) for n in range(9)]
    events += [red(f"k{n}", cause(f"{n}", f"told {n}"), **known) for n in range(5)]
    events.append(red("h", HARM, "FAITHFUL", harmed_source=True, **known))
    lines = shown(SELF_TEST, *events)
    assert [line.text for line in lines[:2]] == [
        "known gaps by cause, the worst first (7 causes):",
        "  HARMED_SOURCE 1 case, source harmed: init: cannot copy: h",
    ]
    assert lines[1].markup == {"purple": True, "bold": True}
    assert lines[2].text.startswith("  9 cases: sync: column srsubstate does not exist")
    assert [line.text for line in lines[6:8]] == [
        "    by hand: assay reproduce run h",
        "  and 2 more causes of 2 cases",
    ]
    assert lines[-1].text.startswith("PASS, ")


def test_what_is_wrong_is_told_before_what_is_known(shown):
    text = [line.text for line in shown(red("a", SYNC, expected=True, gap="known"), red("b", SYNC))]
    assert text[0] == "what is wrong, the worst first (1 cause):"
    assert text[1].endswith("pg_stat_subscription): b")
    known = text.index("known gaps by cause, the worst first (1 cause):")
    assert text[known + 1].endswith("pg_stat_subscription): a")


@pytest.mark.parametrize("kind", ["many causes", "many legs", "many tests", "many workers"])
def test_no_run_prints_more_lines_than_fit(shown, kind):
    events = {
        "many causes": [red(f"c{n}", cause(f"{n}", f"told {n}")) for n in range(400)],
        "many legs": [
            judged("c", "UNKNOWN", pg=f"{n}:17", category=f"{n % 7}") for n in range(400)
        ],
        "many tests": [replace(RUST, target=f"{n}") for n in range(400)]
        + [replace(CHECK, endpoint=f"{n}", result="FAIL") for n in range(400)],
        "many workers": [replace(SELF_TEST, worker=f"gw{n}", missed=("x",)) for n in range(400)],
    }[kind]
    lines = shown(*events)
    assert len(lines) <= LINES
    assert lines[-1].text.startswith(("FAIL", "UNKNOWN"))
