"""Where suites, contract and documents lie: inside the package, beside it in a clone."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _found(installed: str, in_clone: str) -> Path:
    inside = _PACKAGE / installed
    return inside if inside.is_dir() else _PACKAGE.parent / in_clone


CONFORMANCE = _found("suite", "integration")
SMOKE = _found("smoke_suite", "smoke")
CONTRACT = _found("contract", "aws/contract")  # of the job API
DOCUMENTS = _found("docs", "docs")
CASES = CONFORMANCE / "cases"
EXPECTATIONS = CONFORMANCE / "expectations"
