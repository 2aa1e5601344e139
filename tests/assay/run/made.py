"""Events of a made-up run, and its folder."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

import assay.report
from assay.oracle.words.finding import Finding
from assay.run.cause import Cause, Gravity, Origin
from assay.run.events import (
    CaseJudged,
    CaseSkipped,
    CheckJudged,
    Event,
    ItemFailed,
    PhaseJudged,
    RunFinished,
    RunStarted,
    RustTested,
    SelfTested,
    Server,
)
from assay.run.journal import Journal
from assay.run.outcome import Outcome
from assay.run.record import Run, from_events

SCHEMAS = Path(assay.report.__file__).parent / "schemas"
FINDING = Finding("row", "public.t", "id=1", "v", "1.500", "1.5")
STARTED = RunStarted(
    run="0a1b2c3d",
    started="2026-01-02T03:04:05.678Z",
    seed=7,
    assay="0.1.0",
    argv=("-m", "integration"),
    options={"replicator": ["seren:/opt/bin/seren"]},
)
FINISHED = RunFinished(0, 1.5, "PASS", "")
SELF_TEST = SelfTested(3, 3, (), 0.2, "main", "17:17")
RUST = RustTested("t", "it", "failed", 1, None, "n")
CHECK = CheckJudged("local", "health", "api", "PASS")
ERROR = ItemFailed("x", "setup", "no server")


def phase(outcome: str = "FAITHFUL", name: str = "init", **given: Any) -> PhaseJudged:
    """One phase; what is SILENT_WRONG has a finding, and only what is FAITHFUL is expected."""
    wrong = outcome == "SILENT_WRONG"
    values: dict[str, Any] = {
        "expected": outcome in ("FAITHFUL", "NOT_REACHED"),
        "proof": "bytes",
        "why": str(FINDING) if wrong else None,
        "findings": (FINDING,) if wrong else (),
    }
    return PhaseJudged(name, Outcome(outcome), **{**values, **given})


def judged(case: str = "dt-x", *outcomes: str | PhaseJudged, **given: Any) -> CaseJudged:
    """A case with these phases; a word is what came of `init`, none is FAITHFUL."""
    told = outcomes or ("FAITHFUL",)
    values: dict[str, Any] = {
        "category": "data-types",
        "title": "A value arrives.",
        "replicator": "seren",
        "version": "2.5.1",
        "pg": "17:17",
        "phases": tuple(phase(one) if isinstance(one, str) else one for one in told),
        "seconds": 0.5,
        "evidence": f"evidence/{case}.json",
        "nodeid": f"integration/cases/data-types/{case}.sql::{case}[seren-17:17]",
        **given,
    }
    servers = tuple(Server(r, "17.10", "wheel", values["pg"]) for r in ("source", "target"))
    return CaseJudged(case, **{"servers": servers, **values})


def skipped(case: str = "dt-y", requires: str = "cutover", **given: Any) -> CaseSkipped:
    """A case that was not run for want of a capability."""
    values = {"category": "data-types", "replicator": "seren", "pg": "17:17", "nodeid": case}
    return CaseSkipped(case, requires=requires, **{**values, **given})


def a_run(*events: Event, whole: bool = True) -> Run:
    """The run of these events."""
    return from_events([STARTED, *events, *((FINISHED,) if whole else ())])


def write(folder: Path, *events: Event, whole: bool = True) -> Path:
    """Write the journal of a run of these events; its folder."""
    journal = Journal(folder)
    for event in (STARTED, *events, *((FINISHED,) if whole else ())):
        journal.append(event)
    journal.close()
    return folder


def hold(name: str, value: Any) -> None:
    """Hold a value against one of our schemas."""
    _validator(name).validate(value)


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / name).read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def cause(signature: str = "init|exit 1", headline: str = "cannot copy") -> Cause:
    """A cause that the tool itself told."""
    return Cause(signature, "init", headline, Origin.TOOL_MESSAGE, Gravity.FAILED, headline)
