"""The gate opens only where every job ran and passed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from assay.errors import UsageError
from assay.github.gate import refused
from assay.process import execute

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("needs", "may_skip", "lines"),
    [
        ({"test": "success", "lint": "success"}, "", []),
        ({"test": "success", "attest": "skipped"}, "attest", []),
        ({"test": "success", "attest": "success"}, "attest", []),
        ({"test": "failure", "lint": "success"}, "", ["test: failure"]),
        ({"test": "skipped", "lint": "success"}, "", ["test: skipped"]),
        ({"test": "cancelled", "lint": "success"}, "", ["test: cancelled"]),
        ({"test": "success", "attest": "cancelled"}, "attest", ["attest: cancelled"]),
        ({"test": "success", "lint": ""}, "", ["lint: "]),
        ({"attest": "skipped"}, "attest", ["no job has run"]),
        ({}, "", ["no job has run"]),
    ],
)
def test_a_job_passes_only_by_success(needs, may_skip, lines):
    assert refused(needs, frozenset(may_skip.split())) == lines


def test_what_may_be_skipped_has_to_be_needed():
    with pytest.raises(UsageError, match="atest"):
        refused({"attest": "skipped"}, frozenset({"atest"}))


def gate(**env):
    """The step as a runner starts it: the machine's Python, nothing installed."""
    return execute((sys.executable, "-I", "-S", "-c", _START, str(ROOT)), env=env, timeout=30)


_START = """
import runpy, sys
sys.path.insert(0, sys.argv.pop())
runpy.run_module("assay.github.gate", run_name="__main__")
"""


def test_the_step_needs_no_package_and_says_each_result():
    needs = {"test": {"result": "success", "outputs": {}}, "suite": {"result": "skipped"}}
    done = gate(NEEDS=json.dumps(needs))
    assert done.exit == 1, done.stderr
    assert "test: success\nsuite: skipped\n::error title=gate::suite: skipped\n" in done.stdout
    assert gate(NEEDS=json.dumps(needs), MAY_SKIP="suite").exit == 0


@pytest.mark.parametrize("needs", ["", "[1]", "{", '{"a": {}}', '{"a": null}'])
def test_a_context_that_cannot_be_read_opens_nothing(needs):
    done = gate(NEEDS=needs)
    assert done.exit == 4
    assert "To fix: env: NEEDS" in done.stderr
