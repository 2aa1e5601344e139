"""`verdicts.json`: a run for programs."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assay.conformance.outcome import Outcome
from assay.oracle.self_test.measured import measured
from assay.report.records import JudgedCase, Run

NAME = "verdicts.json"


def verdicts(run: Run) -> dict[str, Any]:
    """The content of `verdicts.json`, of the shape that its schema describes."""
    conclusion = run.conclusion
    counted = Counter(case.outcome for case in run.judged)
    return {
        "verdict": conclusion.verdict.value,
        "line": conclusion.line,
        "reasons": list(conclusion.reasons),
        "run": {"id": run.id, "started": run.started, "seed": run.seed, "assay": run.assay},
        "servers": [asdict(server) for server in run.servers],
        "replicators": [{"name": name, "version": version} for name, version in run.replicators],
        "outcomes": [_outcome(case) for case in run.judged],
        "counts": {outcome.value: counted[outcome] for outcome in Outcome if counted[outcome]},
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


def _outcome(case: JudgedCase) -> dict[str, Any]:
    return {
        "case": case.case,
        "category": case.category,
        "phase": case.phase,
        "replicator": case.replicator,
        "pg": case.pg,
        "outcome": case.outcome.value,
        "proof": case.proof,
        "harmed_source": case.harmed_source,
        "expected": case.expected,
        "gap": case.gap,
        "why": case.why,
        "seconds": case.seconds,
        "findings": [asdict(finding) for finding in case.findings],
        "omitted": case.omitted,
        "skipped_phases": [
            {"phase": phase, "requires": requires} for phase, requires in case.skipped_phases
        ],
        "evidence": case.evidence,
    }
