"""Events of a made-up run, and its folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from assay.report.journal import Journal
from jsonschema import Draft202012Validator

import assay.report
from assay.conformance.case import Expected
from assay.conformance.evidence import Evidence, Stage
from assay.process import Execution
from assay.run.outcome import Outcome

SCHEMAS = Path(assay.report.__file__).parent / "schemas"
Make = Callable[..., dict[str, Any]]

FINDING = {
    "kind": "row",
    "object": "public.t",
    "key": "id=1",
    "column": "v",
    "source": "1.500",
    "target": "1.5",
}


@pytest.fixture
def started() -> dict[str, Any]:
    """The first event of a run of `seren`."""
    return {
        "event": "run-started",
        "run": "0a1b2c3d",
        "started": "2026-01-02T03:04:05.678Z",
        "seed": 7,
        "assay": "0.1.0",
        "argv": ["-m", "integration"],
        "options": {"replicator": ["seren:/opt/bin/seren"]},
    }


@pytest.fixture
def finished() -> dict[str, Any]:
    """The last event."""
    return {"event": "run-finished", "exit": 0, "seconds": 1.5, "verdict": "PASS", "line": ""}


@pytest.fixture
def self_test() -> Make:
    """Makes self-test events."""

    def make(**given: Any) -> dict[str, Any]:
        event = {"event": "self-test", "planted": 3, "detected": 3, "missed": [], "seconds": 0.2}
        return {**event, "worker": "main", "pg": "17:17", **given}

    return make


@pytest.fixture
def judged() -> Make:
    """Makes case-judged events; a SILENT_WRONG one has a finding and is not expected."""

    def make(case: str = "dt-x", outcome: str = "FAITHFUL", **given: Any) -> dict[str, Any]:
        wrong = outcome == "SILENT_WRONG"
        event = {
            "event": "case-judged",
            "case": case,
            "category": "data-types",
            "title": "A value arrives.",
            "phase": "init",
            "replicator": "seren",
            "version": "2.5.1",
            "pg": "17:17",
            "outcome": outcome,
            "proof": "bytes",
            "harmed_source": False,
            "expected": outcome == "FAITHFUL",
            "why": "row public.t [id=1] v: source 1.500, target 1.5" if wrong else None,
            "gap": None,
            "seconds": 0.5,
            "findings": [dict(FINDING)] if wrong else [],
            "omitted": 0,
            "servers": [
                {"role": role, "version": "17.10", "provider": "wheel"}
                for role in ("source", "target")
            ],
            "evidence": f"evidence/{case}.json",
            "nodeid": f"integration/cases/data-types/{case}.sql::{case}[seren-17:17]",
            "skipped_phases": [],
        }
        return {**event, **given}

    return make


@pytest.fixture
def skipped() -> Make:
    """Makes case-skipped events."""

    def make(case: str = "dt-y", requires: str = "cutover", **given: Any) -> dict[str, Any]:
        event = {"event": "case-skipped", "case": case, "category": "data-types"}
        event |= {"replicator": "seren", "pg": "17:17", "requires": requires, "nodeid": case}
        return {**event, **given}

    return make


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
            "stages": (Stage("init", (call,)),),
            "logs": {"source": "LOG: checkpoint starting", "target": ""},
            "reproduction": "psql -d app -f case.sql",
        }
        return Evidence(**{**values, **given})

    return make


@pytest.fixture
def run_folder(tmp_path: Path, started: dict[str, Any], finished: dict[str, Any]) -> Any:
    """Writes the journal of a run with these events in between, and gives its folder."""

    def write(*events: dict[str, Any], whole: bool = True) -> Path:
        folder = tmp_path / "run"
        journal = Journal(folder)
        for event in (started, *events, *((finished,) if whole else ())):
            journal.append(event)
        journal.close()
        return folder

    return write


@pytest.fixture
def hold() -> Callable[[str, Any], None]:
    """Holds a value against one of our schemas."""

    def check(name: str, value: Any) -> None:
        schema = json.loads((SCHEMAS / name).read_text())
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(value)

    return check
