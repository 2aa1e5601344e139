"""Where benchmarks of the oracle leave the results that every run reports."""

from __future__ import annotations

import json
from typing import Any

from assay.oracle.self_test.measured import FILE, measured


def keep(what: str, result: dict[str, Any]) -> None:
    """Replace the result of one of the benchmarks."""
    text = json.dumps(measured() | {what: result}, indent=1, ensure_ascii=False, sort_keys=True)
    FILE.write_text(f"{text}\n", encoding="utf-8")
