"""A made-up run's folder and its evidence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.conformance.case import Expected
from assay.conformance.evidence import Evidence, Stage
from assay.process import Execution
from assay.run.events import Event
from assay.run.outcome import Outcome
from tests.assay.run.made import write


@pytest.fixture
def evidence() -> Callable[..., Evidence]:
    """Makes evidence of a case with one call of the tool."""

    def make(case: str = "dt-x", output: str = "copied 1 row\n", **given: Any) -> Evidence:
        call = Execution(("seren", "init"), 0, output, "", 0.4, phase="init")
        values: dict[str, Any] = {
            "case": case,
            "category": "data-types",
            "title": "A value arrives.",
            "replicator": "seren",
            "version": "2.5.1",
            "pg": "17:17",
            "expected": (Expected(Outcome.FAITHFUL),),
            "stages": (Stage("init", executions=(call,)),),
            "logs": {"source": "LOG: checkpoint starting", "target": ""},
            "reproduction": "psql -d app -f case.sql",
        }
        return Evidence(**{**values, **given})

    return make


@pytest.fixture
def run_folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes the journal of a run with these events, and gives its folder."""

    def written(*events: Event, whole: bool = True) -> Path:
        return write(tmp_path / "run", *events, whole=whole)

    return written
