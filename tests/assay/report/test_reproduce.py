"""Which case of a run `assay reproduce` means, and what it says where it cannot know."""

from __future__ import annotations

import pytest

from assay import cli
from tests.assay.run.made import judged, phase

SCRIPT = "#!/bin/sh\necho here\n"


@pytest.fixture
def run(run_folder, evidence):
    """A run with one case on two tools, and one whose tool was never called."""
    folder = run_folder(
        judged("dt-x", "SILENT_WRONG", replicator="one", evidence="evidence/one.json"),
        judged("dt-x", "FAITHFUL", replicator="two", evidence="evidence/two.json"),
        judged("dt-y", "SILENT_WRONG", replicator="one", evidence="evidence/y1.json"),
        judged("dt-y", "SILENT_WRONG", replicator="two", evidence="evidence/y2.json"),
        judged("dt-good", "FAITHFUL", evidence="evidence/one.json"),
        judged("dt-z", phase("UNKNOWN", why="the set-up failed"), evidence="evidence/z.json"),
    )
    for name in ("one", "two", "y1", "y2"):
        evidence(reproduction=f"{SCRIPT}echo {name}\n").save(folder / "evidence" / f"{name}.json")
    evidence(reproduction="").save(folder / "evidence" / "z.json")
    return folder


def called(capsys, *words):
    code = cli.main(["reproduce", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out, err


def test_of_several_the_one_that_is_red(run, capsys):
    assert called(capsys, run, "dt-x", "--print") == (0, f"{SCRIPT}echo one\n", "")
    assert called(capsys, run, "dt-x", "--replicator", "two", "--print")[1].endswith("two\n")


def test_several_that_are_red_have_to_be_told_apart(run, capsys):
    code, _, err = called(capsys, run, "dt-y", "--print")
    assert code == 4
    assert "--replicator one --pg 17:17; --replicator two --pg 17:17" in err
    one = called(capsys, run, "dt-y", "--replicator", "two", "--pg", "17", "--print")
    assert one[1].endswith("y2\n")


def test_an_unknown_case_and_one_without_a_script_are_said(run, capsys):
    code, _, err = called(capsys, run, "dt-q", "--print")
    assert code == 4
    assert "not as expected there: dt-x, dt-y, dt-z" in err
    code, _, err = called(capsys, run, "dt-z", "--print")
    assert code == 4
    assert "dt-z has no script: its tool was never called.\nEvidence: the set-up failed" in err


def test_a_case_that_was_faithful_has_nothing_to_show(run, capsys):
    code, _, err = called(capsys, run, "dt-good")
    assert code == 4
    assert "dt-good was FAITHFUL in that run" in err
    assert called(capsys, run, "dt-good", "--print") == (0, f"{SCRIPT}echo one\n", "")
