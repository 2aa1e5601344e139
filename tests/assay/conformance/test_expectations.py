"""Known gaps: exact outcomes of phases, each with a reason."""

from __future__ import annotations

import pytest

from assay.conformance import catalogue
from assay.conformance.baseline import Known
from assay.conformance.expectations import Gap, read
from assay.errors import UsageError
from assay.run.events import PhaseJudged
from assay.run.outcome import Outcome
from assay.suites import EXPECTATIONS

GAP = """
[[gap]]
case = "so-no-pk"
phase = "live"
outcome = "FAILED_LOUD"
reason = "stops, see #1"
"""


def gaps(tmp_path, text):
    path = tmp_path / "tool.toml"
    path.write_text(text)
    return read(path, cases={"so-no-pk"})


def live(outcome, **more):
    return PhaseJudged("live", outcome, **{"expected": False, **more})


def test_a_gap_fits_exactly_its_outcome(tmp_path):
    gap = gaps(tmp_path, GAP).of("so-no-pk", "live", pg="17:17")
    assert gap == Gap("so-no-pk", "live", Outcome.FAILED_LOUD, "stops, see #1")
    assert gap.fits(live(Outcome.FAILED_LOUD))
    assert not gap.fits(live(Outcome.FAILED_LOUD, harmed_source=True))
    assert not gap.fits(live(Outcome.FAILED_LOUD, assisted=True))
    assert not gap.fits(live(Outcome.FAITHFUL))
    assert not gap.fits(live(Outcome.FAILED_DIRTY))


def test_a_gap_is_of_one_phase_and_one_case(tmp_path):
    found = gaps(tmp_path, GAP)
    assert found.of("so-no-pk", "init", pg="17:17") is None
    assert found.of("so-other", "live", pg="17:17") is None
    again = gaps(tmp_path, GAP.replace("live", "init-again"))
    assert again.of("so-no-pk", "init", pg="17:17") is None
    assert again.of("so-no-pk", "init-again", pg="17:17") is not None


def test_a_gap_of_an_assisted_phase_is_said_to_be_one(tmp_path):
    gap = gaps(tmp_path, GAP + "assisted = true\n").of("so-no-pk", "live", pg="17:17")
    assert gap.fits(live(Outcome.FAILED_LOUD, assisted=True))
    assert not gap.fits(live(Outcome.FAILED_LOUD))


def applied(tmp_path, *phases):
    known = Known(gaps(tmp_path, GAP))
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
        assert found.of("so-no-pk", "live", pg="17:18").outcome is Outcome.REFUSED
        assert found.of("so-no-pk", "live", pg="17:17").outcome is Outcome.FAILED_LOUD


def test_two_gaps_of_one_place_cannot_be(tmp_path):
    with pytest.raises(UsageError, match="gaps that cannot be") as caught:
        gaps(tmp_path, GAP + GAP.replace("FAILED_LOUD", "REFUSED"))
    assert (
        caught.value.evidence == "gap 2: there is another gap of this case, phase and pg; keep one"
    )


def test_a_gap_may_be_limited_to_one_version_pair(tmp_path):
    found = gaps(tmp_path, GAP + 'pg = "17:18"\n')
    assert found.of("so-no-pk", "live", pg="17:17") is None
    assert found.of("so-no-pk", "live", pg="17:18") is not None


def test_no_file_means_no_gaps(tmp_path):
    assert read(tmp_path / "none.toml", cases=()).entries == ()
    assert gaps(tmp_path, "").entries == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("so-no-pk", "so-typo"), "there is no case 'so-typo'"),
        (("live", "lively"), "'lively' is no phase; use: validate, init, init-again, live,"),
        (('phase = "live"', ""), "None is no phase"),
        (("FAILED_LOUD", "XFAIL"), "'XFAIL' is no outcome of a gap; use: FAITHFUL"),
        (("FAILED_LOUD", "UNKNOWN"), "'UNKNOWN' is no outcome"),
        (("FAILED_LOUD", "NOT_REACHED"), "'NOT_REACHED' is no outcome"),
        (("live", "sync"), "'sync' is no phase"),
        (("stops, see #1", " "), "a gap needs a reason"),
        (("reason", 'pg = "17"\nreason'), "'17' is no version pair"),
        (("reason", 'assisted = "yes"\nreason'), "assisted is true or false"),
        (("reason", "because"), "unknown key 'because'; use: assisted, case,"),
    ],
)
def test_a_malformed_entry_is_named(tmp_path, change, said):
    with pytest.raises(UsageError, match=r"tool\.toml lists gaps") as caught:
        gaps(tmp_path, GAP.replace(*change))
    assert f"gap 1: {said}" in caught.value.evidence


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


def test_entries_keep_all_that_they_say(tmp_path):
    assert gaps(tmp_path, GAP + 'harmed_source = true\npg = "17:18"\n').entries == (
        Gap(
            "so-no-pk", "live", Outcome.FAILED_LOUD, "stops, see #1", harmed_source=True, pg="17:18"
        ),
    )


@pytest.mark.parametrize("path", sorted(EXPECTATIONS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_gaps_of_the_suite_are_each_of_a_case_and_given_once(path):
    entries = read(path, cases=catalogue.known()).entries
    assert entries
    assert len({(gap.case, gap.phase, gap.pg) for gap in entries}) == len(entries)
