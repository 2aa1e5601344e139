"""What a run is asked, looked at before any server starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.conformance import catalogue
from assay.conformance.asked import Asked
from assay.errors import UsageError
from assay.replicators.drivers.manifest import load
from assay.replicators.registry import OURS, resolve
from assay.suites import EXPECTATIONS

ROOT = Path(__file__).parents[3]

TOOL = """
name = "tool"
capabilities = ["init"]
gaps = "my/gaps.toml"
[phases.init]
argv = ["sh", "-c", "exit 1"]
"""
GAP = '[[gap]]\ncases = ["{}"]\nphase = "init"\noutcome = "FAILED_LOUD"\nreason = "is broken"\n'


@pytest.fixture
def manifest(tmp_path):
    (tmp_path / "my").mkdir()
    (tmp_path / "my" / "gaps.toml").write_text(GAP.format("dt-enum"))
    path = tmp_path / "tool.toml"
    path.write_text(TOOL)
    return path


def test_every_case_of_the_suite_is_known_by_its_id():
    cases = catalogue.known()
    assert {"dt-enum", "se-argv-children", "st-streaming"} <= cases
    assert len(cases) > 70


def test_cases_of_ones_own_are_added(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "my-table.sql").write_text("-- T.\n")
    assert "my-table" in catalogue.known([tmp_path])
    (tmp_path / "mine" / "dt-enum.sql").write_text("-- T.\n")
    with pytest.raises(UsageError, match="dt-enum"):
        catalogue.known([tmp_path])
    with pytest.raises(UsageError, match="no folder"):
        catalogue.known([tmp_path / "none"])


def test_a_case_that_there_is_not_is_answered_with_what_is_near():
    with pytest.raises(UsageError, match="did you mean dt-enum"):
        catalogue.check_asked("dt-enumm", ["dt-enum", "so-no-pk"])


@pytest.mark.parametrize("expression", ["", "dt-enum", "dt-en", "dt-x or dt-y", "test_snapshot"])
def test_what_may_choose_something_is_left_to_pytest(expression):
    catalogue.check_asked(expression, ["dt-enum"])


def test_a_manifest_names_its_own_gaps(manifest):
    gaps = Asked().gaps_of(resolve(str(manifest)))
    assert [gap.reason for gap in gaps.of("dt-enum", "init", pg="17:17")] == ["is broken"]


def test_a_gap_of_a_case_that_there_is_not_is_told_beforehand(manifest):
    (manifest.parent / "my" / "gaps.toml").write_text(GAP.format("dt-enumm"))
    with pytest.raises(UsageError, match="no case 'dt-enumm'"):
        Asked().check([str(manifest)], keyword="")


def test_a_tool_that_cannot_start_is_told_beforehand(manifest):
    Asked().check([str(manifest), "reference", "lossy:row-lost"], keyword="")
    manifest.write_text(TOOL.replace('"sh"', '"./nosuch"'))
    with pytest.raises(UsageError, match=r"nosuch is not there"):
        Asked().check([str(manifest)], keyword="")


def test_an_earlier_run_that_there_is_not_is_told_beforehand(tmp_path):
    with pytest.raises(UsageError, match="no run to compare with"):
        Asked(against=tmp_path).check(["reference"], keyword="")


def test_known_gaps_that_are_not_there_are_said(manifest):
    (manifest.parent / "my" / "gaps.toml").unlink()
    with pytest.raises(UsageError, match="known gaps that are not there"):
        Asked().gaps_of(resolve(str(manifest)))


def test_every_list_of_known_gaps_is_of_a_tool_that_there_is():
    examples = {load(path).name for path in (ROOT / "docs" / "examples").glob("*.toml")}
    assert {path.stem for path in EXPECTATIONS.glob("*.toml")} <= {*OURS, *examples}
