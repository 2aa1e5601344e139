"""Whether a run is ours, told from its command line alone."""

from __future__ import annotations

import pytest

from assay.plugin import is_ours, joined
from assay.suites import CASES, CONFORMANCE


@pytest.mark.parametrize(
    "words",
    [
        ["--replicator", "x.toml"],
        ["--report-dir=out"],
        ["--shard-times=out"],
        ["--pyargs", "assay.suite"],
        ["--pyargs", "assay.smoke_suite"],
        [str(CONFORMANCE)],
        [f"{CASES}/data-types/dt-enum.sql::dt-enum[reference-17:17]"],
    ],
)
def test_an_option_or_a_suite_makes_a_run_ours(words):
    assert is_ours(["-q", *words])


@pytest.mark.parametrize(
    "words", [[], ["tests"], ["-m", "integration"], ["--replicators=x"], ["-k", "replicator"]]
)
def test_anything_else_does_not(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # in the clone `integration` is the suite's folder
    assert not is_ours(words)


def test_a_path_that_exists_is_joined_to_its_option(tmp_path):
    given = ["-x", "--replicator", str(tmp_path), "--cases", "none", "tests", "--seed", "3"]
    expected = ["-x", f"--replicator={tmp_path}", "--cases", "none", "tests", "--seed", "3"]
    assert joined(given) == expected


def test_a_path_after_another_option_is_left_alone(tmp_path):
    assert joined(["--rootdir", str(tmp_path)]) == ["--rootdir", str(tmp_path)]
    assert joined(["--replicator=noop", str(tmp_path)]) == ["--replicator=noop", str(tmp_path)]
