"""The run that the tests of this folder share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks import red_run


@dataclass(frozen=True, slots=True)
class RedRun:
    """Its report directory, and the first lines that it printed of what is wrong."""

    report: Path
    screen: str


@pytest.fixture(scope="session")
def red(tmp_path_factory):
    """A run of the tool with the twelve defects."""
    report = tmp_path_factory.mktemp("red") / "report"
    return RedRun(report, red_run.screen(red_run.run(report), report))
