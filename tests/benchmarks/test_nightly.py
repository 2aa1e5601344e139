"""The nightly page says what was run, how it ended, and fails where a job failed."""

from __future__ import annotations

import pytest

from assay.process import Execution
from benchmarks.nightly import JOBS, Job, Result, report


def result(*, code=0, said="", exits=(0,), timed_out=False):
    job = Job("one", ("-c", "pass"), "something", exits=exits)
    return Result(job, Execution((), code, said, "", 1.4, timed_out=timed_out))


@pytest.mark.parametrize(
    ("seen", "ok"),
    [
        (result(), True),
        (result(code=1), False),
        (result(code=1, exits=(1,)), True),
        (result(exits=(1,)), False),  # a control that is green
        (result(timed_out=True), False),
        (result(code=None), False),
    ],
)
def test_a_job_is_ok_only_with_a_declared_exit_code_in_time(seen, ok):
    assert seen.ok is ok


def test_the_last_word_is_the_verdict_else_the_last_line():
    assert result(said="x\nPASS, 75 judged\n\nbye\n").line == "PASS, 75 judged"
    assert result(said="x\nmedian 3\n\n").line == "median 3"
    assert result().line == "it said nothing"


def test_the_page_names_what_failed_and_what_was_not_run():
    page = report([result(code=2, said="a|b")], started="now", tested="abc")
    assert "| one | FAILED, exit 2 | 1 | a\\|b | something |" in page
    assert "Failed: one." in page
    assert f"Not run: {', '.join(job.name for job in JOBS)}." in page


def test_names_of_jobs_are_unique():
    names = [job.name for job in JOBS]
    assert len(set(names)) == len(names)
