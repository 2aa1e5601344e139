"""The nightly page says what was run, how it ended, and fails where a job failed."""

from __future__ import annotations

import json

import pytest

from assay.process import Execution
from benchmarks import nightly
from benchmarks.nightly import JOBS, Job, Row, report


def row(*, code=0, said="", exits=(0,), timed_out=False):
    job = Job(JOBS[0].name, ("-c", "pass"), "something", exits=exits)
    done = Execution((), code, said, "", 1.4, timed_out=timed_out)
    return Row.of(job, done, started="now", tested="abc")


@pytest.mark.parametrize(
    ("seen", "ok"),
    [
        (row(), True),
        (row(code=1), False),
        (row(code=1, exits=(1,)), True),
        (row(exits=(1,)), False),  # a control that is green
        (row(timed_out=True), False),
        (row(code=None), False),
    ],
)
def test_a_job_is_ok_only_with_a_declared_exit_code_in_time(seen, ok):
    assert seen.failed is not ok


def test_the_last_word_is_the_verdict_else_the_last_line():
    assert row(said="x\nPASS, 75 judged\n\nbye\n").line == "PASS, 75 judged"
    assert row(said="x\nmedian 3\n\n").line == "median 3"
    assert row().line == "it said nothing"


def test_the_page_names_what_failed_and_what_was_never_run():
    first, *others = JOBS
    page = report({first.name: row(code=2, said="a|b")})
    assert f"| {first.name} | FAILED, exit 2 | 1 | a\\|b | now | abc | {first.shows} |" in page
    assert f"Failed: {first.name}." in page
    assert f"Never run: {', '.join(job.name for job in others)}." in page


def test_a_job_keeps_its_last_result_until_it_runs_again(tmp_path, monkeypatch):
    monkeypatch.setattr(nightly, "RESULTS", tmp_path / "nightly.json")
    monkeypatch.setattr(nightly, "REPORT", tmp_path / "nightly.md")
    nightly.store({JOBS[0].name: row(said="PASS, 3 judged")})
    assert nightly.stored() == {JOBS[0].name: row(said="PASS, 3 judged")}


def test_names_of_jobs_are_unique():
    names = [job.name for job in JOBS]
    assert len(set(names)) == len(names)


def test_the_matrix_has_every_job_but_those_that_it_names(capsys):
    assert nightly.main(["--matrix"]) == 0
    told = capsys.readouterr()
    left_out = set(nightly.NOT_ON_A_RUNNER)
    assert set(json.loads(told.out)["job"]) == {job.name for job in JOBS} - left_out
    assert all(f"NOT RUN: {name}, for want of " in told.err for name in left_out)
    assert left_out < {job.name for job in JOBS}
