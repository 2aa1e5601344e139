"""Known gaps: exact outcomes of phases, each with a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assay.conformance import catalogue
from assay.conformance.baseline import Known
from assay.conformance.expectations import Gap, read
from assay.errors import UsageError
from assay.run.cause import Cause, Gravity, Origin
from assay.run.events import PhaseJudged
from assay.run.outcome import Outcome
from assay.suites import EXPECTATIONS

GAP = """
[[gap]]
cases = ["so-no-pk"]
phase = "live"
outcome = "FAILED_LOUD"
reason = "stops, see #1"
"""
CAUSED = GAP + 'cause = "srsubstate"\n'
COMES_AND_GOES = GAP + "intermittent = true\n"
COLUMN = Cause(
    "live|42703|column srsubstate does not exist|SELECT", "live",
    "column srsubstate does not exist", Origin.SERVER_ERROR, Gravity.FAILED, "…",
)  # fmt: skip
OTHER = replace(COLUMN, signature="live|exit 3", headline="exit 3 without a word")
LEFT = replace(COLUMN, signature="live|debris|slot", headline="leaves a slot behind",
               gravity=Gravity.DEBRIS)  # fmt: skip
DOUBLED = replace(COLUMN, signature="live|row|doubled", headline="rows are doubled",
                  gravity=Gravity.ROWS_WRONG)  # fmt: skip


def gaps(tmp_path, text):
    path = tmp_path / "tool.toml"
    path.write_text(text)
    return read(path, cases={"so-no-pk"})


def live(outcome, **more):
    return PhaseJudged("live", outcome, **{"expected": False, **more})


def test_a_gap_fits_exactly_its_outcome(tmp_path):
    (gap,) = gaps(tmp_path, GAP).of("so-no-pk", "live", pg="17:17")
    assert gap == Gap("so-no-pk", "live", Outcome.FAILED_LOUD, "stops, see #1")
    assert gap.fits(live(Outcome.FAILED_LOUD))
    assert not gap.fits(live(Outcome.FAILED_LOUD, harmed_source=True))
    assert not gap.fits(live(Outcome.FAITHFUL))
    assert not gap.fits(live(Outcome.FAILED_DIRTY))


def test_a_gap_is_of_one_phase_and_one_case(tmp_path):
    found = gaps(tmp_path, GAP)
    assert found.of("so-no-pk", "init", pg="17:17") == ()
    assert found.of("so-other", "live", pg="17:17") == ()
    again = gaps(tmp_path, GAP.replace("live", "init-again"))
    assert again.of("so-no-pk", "init", pg="17:17") == ()
    assert again.of("so-no-pk", "init-again", pg="17:17")


def test_a_gap_is_the_same_on_a_copy_that_the_suite_had_to_make(tmp_path):
    (gap,) = gaps(tmp_path, GAP).of("so-no-pk", "live", pg="17:17")
    assert gap.fits(live(Outcome.FAILED_LOUD, assisted=True))


@pytest.mark.parametrize("cause", ["srsubstate", "42703", "live: column srsubstate does not"])
def test_a_cause_is_known_by_a_piece_of_its_words_or_of_its_signature(tmp_path, cause):
    (gap,) = gaps(tmp_path, CAUSED.replace("srsubstate", cause)).of("so-no-pk", "live", pg="17:17")
    assert gap.fits(live(Outcome.FAILED_LOUD, cause=COLUMN))
    assert not gap.fits(live(Outcome.FAILED_LOUD, cause=OTHER))
    assert not gap.fits(live(Outcome.FAILED_DIRTY, cause=COLUMN))


def test_a_known_cause_excuses_what_is_beside_it_unless_that_is_graver(tmp_path):
    (gap,) = gaps(tmp_path, CAUSED).of("so-no-pk", "live", pg="17:17")
    assert gap.fits(live(Outcome.FAILED_LOUD, cause=COLUMN, beside=(LEFT,)))
    assert not gap.fits(live(Outcome.FAILED_LOUD, cause=COLUMN, beside=(DOUBLED,)))
    assert gap.fits(live(Outcome.FAILED_LOUD, cause=LEFT, beside=(COLUMN,)))


def applied(tmp_path, *phases, text=GAP):
    known = Known(gaps(tmp_path, text))
    return known.applied(phases, case="so-no-pk", replicator="tool", pg="17:17")


def test_the_phase_that_fits_is_expected_and_the_others_are_as_they_were(tmp_path):
    init = PhaseJudged("init", Outcome.SILENT_WRONG, expected=False)
    assert applied(tmp_path, init, live(Outcome.FAILED_LOUD)) == (
        init, live(Outcome.FAILED_LOUD, expected=True, gap="stops, see #1"),
    )  # fmt: skip


def test_a_gap_that_closed_or_grew_is_red_and_said(tmp_path):
    why = "known gap, but not as seen: FAILED_LOUD"
    assert applied(tmp_path, live(Outcome.FAITHFUL, expected=True)) == (
        live(Outcome.FAITHFUL, why=why),
    )
    assert applied(tmp_path, live(Outcome.FAILED_DIRTY, why="left")) == (
        live(Outcome.FAILED_DIRTY, why=f"left; {why}"),
    )


@pytest.mark.parametrize(
    ("causes", "seen"),
    [
        ({"cause": OTHER}, "'live: exit 3 without a word'"),
        ({"cause": COLUMN, "beside": (LEFT, DOUBLED)}, "'live: rows are doubled'"),
        ({"cause": LEFT, "beside": (OTHER,)}, "'live: exit 3 without a word'"),
        ({}, "none"),
    ],
)
def test_a_gap_by_another_cause_is_red_and_both_are_said(tmp_path, causes, seen):
    (told,) = applied(tmp_path, live(Outcome.FAILED_LOUD, **causes), text=CAUSED)
    assert (told.expected, told.gap) == (False, None)
    assert told.why == f"known gap by another cause: known is 'srsubstate', seen {seen}"


def test_a_gap_that_comes_and_goes_passes_either_way_and_is_marked(tmp_path):
    came, away = live(Outcome.FAILED_LOUD), live(Outcome.FAITHFUL, expected=True)
    assert applied(tmp_path, came, text=COMES_AND_GOES) == (
        replace(came, expected=True, gap="stops, see #1", intermittent=True),
    )
    assert applied(tmp_path, away, text=COMES_AND_GOES) == (replace(away, intermittent=True),)
    (worse,) = applied(tmp_path, live(Outcome.FAILED_DIRTY), text=COMES_AND_GOES)
    assert (worse.expected, worse.intermittent) == (False, False)


def test_of_two_gaps_that_come_and_go_either_may_come(tmp_path):
    text = COMES_AND_GOES + COMES_AND_GOES.replace("FAILED_LOUD", "REFUSED").replace("#1", "#2")
    for outcome, reason in ((Outcome.FAILED_LOUD, "#1"), (Outcome.REFUSED, "#2")):
        (told,) = applied(tmp_path, live(outcome), text=text)
        assert (told.expected, told.gap) == (True, f"stops, see {reason}")
    (other,) = applied(tmp_path, live(Outcome.FAILED_DIRTY), text=text)
    assert not other.expected
    assert other.why == (
        "known gap, but not as seen: FAILED_LOUD; known gap, but not as seen: REFUSED"
    )


def test_a_gap_that_comes_and_goes_by_another_cause_is_red(tmp_path):
    text = CAUSED + "intermittent = true\n"
    (told,) = applied(tmp_path, live(Outcome.FAILED_LOUD, cause=OTHER), text=text)
    assert not told.expected


def test_a_gap_says_nothing_of_a_phase_that_was_not_reached(tmp_path):
    unreached = live(Outcome.NOT_REACHED, expected=True, why="init failed")
    assert applied(tmp_path, unreached) == (unreached,)


def test_a_gap_of_a_phase_that_the_case_does_not_have_is_red_and_said(tmp_path):
    init = PhaseJudged("init", Outcome.FAITHFUL, expected=True)
    (told,) = applied(tmp_path, init)
    assert not told.expected
    assert told.why == "known gap of what was not judged here: live"


def test_the_gap_of_one_version_pair_comes_before_that_of_all(tmp_path):
    pair = GAP.replace("FAILED_LOUD", "REFUSED") + 'pg = "17:18"\n'
    for text in (GAP + pair, pair + GAP):
        found = gaps(tmp_path, text)
        assert found.of("so-no-pk", "live", pg="17:18")[0].outcome is Outcome.REFUSED
        assert found.of("so-no-pk", "live", pg="17:17")[0].outcome is Outcome.FAILED_LOUD


def test_two_gaps_of_one_place_cannot_be(tmp_path):
    with pytest.raises(UsageError, match="gaps that cannot be") as caught:
        gaps(tmp_path, GAP + GAP.replace("FAILED_LOUD", "REFUSED"))
    assert caught.value.evidence == "gap 2: so-no-pk has one of this phase in gap 1; keep one"


def test_a_case_is_given_once_in_a_gap(tmp_path):
    with pytest.raises(UsageError, match="gaps that cannot be") as caught:
        gaps(tmp_path, GAP.replace('["so-no-pk"]', '["so-no-pk", "so-no-pk"]'))
    assert caught.value.evidence == "gap 1: so-no-pk is named twice"


def test_one_gap_of_several_cases_is_one_of_each(tmp_path):
    path = tmp_path / "tool.toml"
    path.write_text(CAUSED.replace('["so-no-pk"]', '["so-no-pk", "so-rls"]'))
    found = read(path, cases={"so-no-pk", "so-rls"}).entries
    one = Gap("so-no-pk", "live", Outcome.FAILED_LOUD, "stops, see #1", cause="srsubstate")
    assert found == (one, replace(one, case="so-rls"))


def test_a_gap_may_be_limited_to_one_version_pair(tmp_path):
    found = gaps(tmp_path, GAP + 'pg = "17:18"\n')
    assert found.of("so-no-pk", "live", pg="17:17") == ()
    assert found.of("so-no-pk", "live", pg="17:18")


def test_no_file_means_no_gaps(tmp_path):
    assert read(tmp_path / "none.toml", cases=()).entries == ()
    assert gaps(tmp_path, "").entries == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("so-no-pk", "so-typo"), "there is no case 'so-typo'"),
        (('["so-no-pk"]', "[]"), "a gap names its cases: cases = ["),
        (('["so-no-pk"]', '"so-no-pk"'), "a gap names its cases"),
        (('["so-no-pk"]', '["so-no-pk", 1]'), "a gap names its cases"),
        (("cases", "case"), "unknown key 'case'; use: cases, cause,"),
        (("live", "lively"), "'lively' is no phase; use: validate, init, init-again, live,"),
        (('phase = "live"', ""), "None is no phase"),
        (('"live"', '["live"]'), "['live'] is no phase"),
        (("FAILED_LOUD", "XFAIL"), "'XFAIL' is no outcome of a gap; use: FAITHFUL"),
        (("FAILED_LOUD", "UNKNOWN"), "'UNKNOWN' is no outcome"),
        (("FAILED_LOUD", "NOT_REACHED"), "'NOT_REACHED' is no outcome"),
        (("live", "sync"), "'sync' is no phase"),
        (("stops, see #1", " "), "a gap needs a reason"),
        (('"stops, see #1"', "1"), "a gap needs a reason"),
        (("reason", 'cause = " "\nreason'), "a cause is a piece of its words"),
        (("reason", "cause = 42703\nreason"), "a cause is a piece of its words"),
        (("reason", 'pg = "17"\nreason'), "'17' is no version pair"),
        (("reason", 'intermittent = "yes"\nreason'), "intermittent is true or false"),
        (("reason", "because"), "unknown key 'because'; use: cases, cause,"),
    ],
)
def test_a_malformed_entry_is_named(tmp_path, change, said):
    with pytest.raises(UsageError, match=r"tool\.toml lists gaps") as caught:
        gaps(tmp_path, GAP.replace(*change))
    assert f"gap 1: {said}" in caught.value.evidence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GAP.replace("[[gap]]", "[[gaps]]"), "unknown key 'gaps'; a gap begins with [[gap]]"),
        (GAP.replace("[[gap]]", "[gap]"), "a gap begins with [[gap]]"),
        ("gap = [1]", "a gap begins with [[gap]]"),
    ],
)
def test_a_file_holds_gaps_and_nothing_else(tmp_path, text, said):
    with pytest.raises(UsageError, match=r"tool\.toml lists gaps") as caught:
        gaps(tmp_path, text)
    assert caught.value.evidence == said


def test_every_fault_of_every_entry_is_told_at_once(tmp_path):
    second = GAP.replace("so-no-pk", "x").replace("FAILED_LOUD", "RED").replace("live", "")
    with pytest.raises(UsageError, match=r"gaps that cannot be") as caught:
        gaps(tmp_path, GAP + second)
    lines = caught.value.evidence.splitlines()
    assert [line.partition("'")[0] for line in lines] == [
        "gap 2: there is no case ", "gap 2: ", "gap 2: ",
    ]  # fmt: skip


def test_the_evidence_of_a_broken_file_says_where_it_breaks(tmp_path):
    with pytest.raises(UsageError, match=r"tool\.toml is no TOML") as caught:
        gaps(tmp_path, "[[gap")
    assert "Expected ']]'" in caught.value.evidence


def test_what_is_no_text_at_all_is_no_toml(tmp_path):
    (tmp_path / "tool.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match=r"tool\.toml is no TOML"):
        read(tmp_path / "tool.toml", cases=())


def test_entries_keep_all_that_they_say(tmp_path):
    more = 'harmed_source = true\nintermittent = true\npg = "17:18"\n'
    assert gaps(tmp_path, CAUSED + more).entries == (
        Gap("so-no-pk", "live", Outcome.FAILED_LOUD, "stops, see #1", cause="srsubstate",
            harmed_source=True, intermittent=True, pg="17:18"),
    )  # fmt: skip


@pytest.mark.parametrize("path", sorted(EXPECTATIONS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_gaps_of_the_suite_are_each_of_a_case_and_name_their_cause(path):
    entries = read(path, cases=catalogue.known()).entries
    assert entries
    assert [gap for gap in entries if gap.cause is None] == []


def test_the_example_of_the_documentation_can_be_read(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "writing-a-driver.md").read_text()
    (tmp_path / "tool.toml").write_text(page.split("```toml\n")[1].split("```")[0])
    found = read(tmp_path / "tool.toml", cases=catalogue.known()).entries
    assert [gap.case for gap in found] == ["so-identity-always", "so-serial-owned"]
