"""An answer as programs read it; comparison.schema.json describes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from assay import __version__
from assay.errors import AssayError
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import Comparison, Finding
from assay.report.answer import Answer


def as_json(answer: Answer) -> dict[str, Any]:
    """The document of one pair."""
    comparison, self_test = answer.comparison, answer.self_test
    return {
        "assay": __version__,
        "equality": comparison.equality,
        "why": comparison.why,
        "doubts": [_doubt(doubt) for doubt in comparison.doubts],
        "left_out": list(comparison.left_out),
        "used": list(comparison.used),
        "refused": None,
        "source": answer.source,
        "target": answer.target,
        "servers": list(answer.servers),
        "date": answer.date,
        "compared": comparison.compared,
        "proof": comparison.proof,
        "proved": comparison.proved,
        "rows": comparison.rows,
        "findings": [_finding(finding) for finding in comparison.findings],
        "omitted": comparison.omitted,
        "totals": comparison.totals,
        "warnings": list(comparison.warnings),
        "seconds": comparison.seconds,
        "position": comparison.position,
        "cost": {side: asdict(cost) for side, cost in comparison.cost.items()},
        "self_test": None
        if self_test is None
        else {
            "planted": self_test.planted,
            "detected": self_test.detected,
            "missed": list(self_test.missed),
            "seconds": self_test.seconds,
            "went": list(self_test.went),
        },
    }


def several_as_json(answers: Sequence[Answer], together: Comparison) -> dict[str, Any]:
    """The document of many pairs: what they come to `together`, and each pair's own document."""
    return {
        "assay": __version__,
        "equality": together.equality,
        "compared": together.compared,
        "proof": together.proof,
        "proved": together.proved,
        "left_out": list(together.left_out),
        "seconds": together.seconds,
        "pairs": [as_json(answer) for answer in answers],
    }


def refusal_as_json(error: AssayError, answer: Answer) -> dict[str, Any]:
    """The document of a comparison that was not begun."""
    parts = {"what": error.what, "evidence": error.evidence, "remedy": error.remedy}
    return {**as_json(answer), "refused": parts}


def _doubt(doubt: Doubt) -> dict[str, str | None]:
    names = ("side", "what", "evidence", "remedy")
    return {name: getattr(doubt, name) for name in names}


def _finding(finding: Finding) -> dict[str, str | None]:
    names = ("kind", "object", "key", "column", "source", "target")
    return {name: getattr(finding, name) for name in names}
