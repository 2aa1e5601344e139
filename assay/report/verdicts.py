"""`verdicts.json`: a run for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from assay.oracle.self_test.measured import measured
from assay.report.matrix import apart
from assay.run.events import CaseJudged
from assay.run.record import Run

NAME = "verdicts.json"


def verdicts(run: Run) -> dict[str, Any]:
    """The content of `verdicts.json`, of the shape that its schema describes."""
    conclusion = run.conclusion
    own, assisted = apart([phase for _, phase in run.phases])
    outcomes = [outcome for case in run.judged for outcome in _outcomes(case)]
    return {
        "verdict": conclusion.verdict.value,
        "line": conclusion.line,
        "reasons": list(conclusion.reasons),
        "run": {
            "id": run.start.run,
            "started": run.start.started,
            "seed": run.start.seed,
            "assay": run.start.assay,
        },
        "shards": [
            {
                "index": part.shard.index,
                "of": part.shard.of,
                "run": part.start.run,
                "ended": part.ended,
            }
            for part in run.parts
        ],
        "servers": [asdict(server) for server in run.servers],
        "replicators": [{"name": name, "version": version} for name, version in run.replicators],
        "outcomes": sorted(outcomes, key=lambda outcome: not outcome["harmed_source"]),
        "counts": own,
        "assisted": assisted,
        "leaks": [
            {"case": case.case, "replicator": case.replicator, "pg": case.pg, "left": case.leaked}
            for case in run.judged
            if case.leaked
        ],
        "left_out": [one for case in run.judged for one in _left_out(case)],
        "skipped": [
            {
                "case": skip.case,
                "category": skip.category,
                "replicator": skip.replicator,
                "pg": skip.pg,
                "requires": skip.requires,
            }
            for skip in run.skipped
        ],
        "self_test": {
            "planted": sum(test.planted for test in run.self_tests),
            "detected": sum(test.detected for test in run.self_tests),
            "missed": sorted({name for test in run.self_tests for name in test.missed}),
            "seconds": max((test.seconds for test in run.self_tests), default=0.0),
        },
        "oracle": measured(),
        "rust_tests": [asdict(test) for test in run.rust_tests],
        "checks": [asdict(check) for check in run.checks],
        "errors": [asdict(trouble) for trouble in run.troubles],
    }


def save(run: Run, folder: Path) -> None:
    """Write `verdicts.json`; a lone surrogate of a broken text is written as its JSON escape."""
    text = json.dumps(verdicts(run), indent=1, ensure_ascii=False) + "\n"
    (folder / NAME).write_text(text, encoding="utf-8", errors="backslashreplace")


def _outcomes(case: CaseJudged) -> Iterator[dict[str, Any]]:
    """One entry for each phase."""
    for phase in case.phases:
        told: dict[str, Any] = msgspec.to_builtins(phase)
        yield {
            "case": case.case,
            "category": case.category,
            "replicator": case.replicator,
            "pg": case.pg,
            **told,
            "seconds": case.seconds,
            "evidence": case.evidence,
        }


def _left_out(case: CaseJudged) -> Iterator[dict[str, Any]]:
    for one in case.left_out:
        yield {"case": case.case, "replicator": case.replicator, "pg": case.pg, **asdict(one)}
