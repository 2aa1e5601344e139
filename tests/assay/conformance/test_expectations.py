"""Known gaps: exact outcomes, each with a reason."""

from __future__ import annotations

import pytest

from assay.conformance.expectations import Gap, read
from assay.conformance.judge import Judgement
from assay.conformance.outcome import Outcome
from assay.errors import UsageError

GAP = '[[gap]]\ncase = "so-no-pk"\noutcome = "FAILED_LOUD"\nreason = "stops, see #1"\n'


def gaps(tmp_path, text):
    path = tmp_path / "tool.toml"
    path.write_text(text)
    return read(path, cases={"so-no-pk"})


def test_a_gap_fits_exactly_its_outcome(tmp_path):
    gap = gaps(tmp_path, GAP).of("so-no-pk", pg="17:17")
    assert gap == Gap("so-no-pk", Outcome.FAILED_LOUD, "stops, see #1")
    assert gap.fits(Judgement(Outcome.FAILED_LOUD, "live", None))
    assert not gap.fits(Judgement(Outcome.FAILED_LOUD, "live", None, harmed_source=True))
    assert not gap.fits(Judgement(Outcome.FAITHFUL, "live", None))
    assert not gap.fits(Judgement(Outcome.FAILED_DIRTY, "live", None))


def test_a_gap_may_be_limited_to_one_version_pair(tmp_path):
    found = gaps(tmp_path, GAP + 'pg = "17:18"\n')
    assert found.of("so-no-pk", pg="17:17") is None
    assert found.of("so-no-pk", pg="17:18") is not None


def test_no_file_means_no_gaps(tmp_path):
    assert read(tmp_path / "none.toml", cases=()).entries == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("so-no-pk", "so-typo"), "there is no case 'so-typo'"),
        (("FAILED_LOUD", "XFAIL"), "'XFAIL' is no outcome"),
        (("FAILED_LOUD", "UNKNOWN"), "'UNKNOWN' is no outcome"),
        (("stops, see #1", " "), "a gap needs a reason"),
        (("reason", "because"), "unknown key 'because'"),
        (("[[gap]]", "[[gap"), "tool.toml is no TOML"),
    ],
)
def test_a_malformed_entry_is_named(tmp_path, change, said):
    with pytest.raises(UsageError, match=r".") as caught:
        gaps(tmp_path, GAP.replace(*change))
    assert said in str(caught.value)
