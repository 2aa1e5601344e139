"""Known gaps: exact outcomes of phases, each with a reason."""

from __future__ import annotations

import pytest

from assay.conformance.expectations import Gap, read
from assay.conformance.outcome import Outcome
from assay.errors import UsageError

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


def test_a_gap_fits_exactly_its_outcome(tmp_path):
    gap = gaps(tmp_path, GAP).of("so-no-pk", "live", pg="17:17")
    assert gap == Gap("so-no-pk", "live", Outcome.FAILED_LOUD, "stops, see #1")
    assert gap.fits(Outcome.FAILED_LOUD, harmed_source=False)
    assert not gap.fits(Outcome.FAILED_LOUD, harmed_source=True)
    assert not gap.fits(Outcome.FAITHFUL, harmed_source=False)
    assert not gap.fits(Outcome.FAILED_DIRTY, harmed_source=False)


def test_a_gap_is_of_one_phase(tmp_path):
    found = gaps(tmp_path, GAP + GAP.replace("live", "init").replace("LOUD", "DIRTY"))
    assert found.of("so-no-pk", "init", pg="17:17").outcome is Outcome.FAILED_DIRTY
    assert found.of("so-no-pk", "live", pg="17:17").outcome is Outcome.FAILED_LOUD
    assert found.of("so-no-pk", "status", pg="17:17") is None


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
        (("live", "lively"), "'lively' is no phase; use: validate, init, live,"),
        (('phase = "live"', ""), "None is no phase"),
        (("FAILED_LOUD", "XFAIL"), "'XFAIL' is no outcome of a gap; use: FAITHFUL"),
        (("FAILED_LOUD", "UNKNOWN"), "'UNKNOWN' is no outcome"),
        (("stops, see #1", " "), "a gap needs a reason"),
        (("reason", "because"), "unknown key 'because'; use: case,"),
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
        Gap("so-no-pk", "live", Outcome.FAILED_LOUD, "stops, see #1", True, "17:18"),
    )
