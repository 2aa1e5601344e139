"""How long each case has taken, to deal cases to shards by it."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from assay.errors import UsageError
from assay.run import record

NAME = "durations.json"  # of the suite: measured with the reference replicator


def load(path: Path) -> dict[str, float]:
    """Seconds by case: of a file that `text` made, or of a run by its report directory."""
    if path.is_dir():
        return measured([path])
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, float])
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            "These are no measured durations.",
            evidence=f"{path}: {error}",
            remedy="name the report directory of a run, or a file of seconds by case",
        ) from error


def measured(runs: Iterable[Path]) -> dict[str, float]:
    """Seconds by case, the median of all runs, replicators and versions."""
    seen: dict[str, list[float]] = {}
    for folder in runs:
        for case in record.load(folder).judged:
            seen.setdefault(case.case, []).append(case.seconds)
    return {case: round(statistics.median(seconds), 2) for case, seconds in sorted(seen.items())}


def text(seconds: Mapping[str, float]) -> str:
    """As it stands in a file."""
    return json.dumps(dict(sorted(seconds.items())), indent=1) + "\n"
