"""`assay init`: files that are right as they stand, and none that is overwritten."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from assay.cli import main
from assay.commands.init import FILES
from assay.conformance.case import parse
from assay.conformance.expectations import read
from assay.process import execute
from assay.replicators.drivers.manifest import load
from assay.suites import CASES, EXPECTATIONS


@pytest.fixture
def begun(tmp_path):
    """A repository in which `assay init` was called."""
    assert main(["init", str(tmp_path)]) == 0
    return tmp_path


def test_the_manifest_and_the_case_are_right_as_they_stand(begun):
    driver = load(begun / "replicator.toml")
    assert driver.name == "my-replicator"
    case = parse(begun / "assay-cases" / "own" / "my-orders.sql")
    assert (case.id, case.category, case.phases) == ("my-orders", "own", ("init",))
    assert {section.kind for section in case.sections} == {"setup", "premise", "holds"}


def test_its_gaps_are_those_of_the_example_that_the_suite_measures(begun):
    """Without them a stranger's first run would be red."""
    driver = load(begun / "replicator.toml")
    cases = [path.stem for path in CASES.rglob("*.sql")]
    ours = read(EXPECTATIONS / "pg_dump-restore.toml", cases=cases)
    (wanted,) = (replace(gap, reason="") for gap in ours.entries)
    (given,) = (replace(gap, reason="") for gap in read(driver.gaps, cases=cases).entries)
    assert given == wanted


@pytest.mark.parametrize("there", FILES.values())
def test_nothing_is_written_where_one_file_is_there(tmp_path, capsys, there):
    path = tmp_path / there
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    assert main(["init", str(tmp_path)]) == 4
    assert there in capsys.readouterr().err
    assert path.read_text() == "mine"
    assert [one for one in FILES.values() if (tmp_path / one).exists()] == [there]


@pytest.mark.actionlint
def test_the_workflow_is_one_that_actionlint_accepts(begun):
    program = shutil.which("actionlint")
    done = execute([program, str(begun / FILES["workflow.yml"])], env={}, timeout=60)
    assert done.ok, done.output
