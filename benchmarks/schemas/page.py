"""docs/benchmarks/random-schemas.md: the last result of each version pair, and counts by place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.clock import utc_now
from benchmarks.schemas.outcome import FOUND, MISSED, NOT_CARRIED, NOT_MADE, Outcome

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"
STORE, PAGE = FOLDER / "random-schemas.json", FOLDER / "random-schemas.md"
_HEAD = """# Random schemas, restored

Each schema is compared with its own `pg_dump | psql`, with the restore of that, and its copy with
the same things made in another order; then it is changed in one place, which has to be found where
the dump carries it. Written by
`python -m benchmarks.random_schemas --count 2000 --jobs 2 --pg PAIR --write`; known findings are
those that `benchmarks/schemas/known.toml` names with their reason."""


def result(outcome: Outcome, *, pg: str, seconds: float) -> dict[str, Any]:
    """What is kept of a run."""
    return {
        "pg": pg,
        "schemas": len(outcome.things),
        "objects": [min(outcome.things), max(outcome.things)],
        "alarms": len(outcome.alarms),
        "known": dict(outcome.excused),
        "mutants": {end: outcome.ended(end) for end in (FOUND, MISSED, NOT_CARRIED, NOT_MADE)},
        "refused": len(outcome.refused),
        "places": dict(outcome.places),
        "seconds": round(seconds),
        "when": utc_now(),
    }


def write(latest: Mapping[str, Any], *, store: Path = STORE, page: Path = PAGE) -> None:
    """Put a result in the place of the pair's last one, and write the page anew."""
    kept = json.loads(store.read_text(encoding="utf-8")) if store.exists() else {}
    kept[latest["pg"]] = latest
    store.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    page.write_text(text([kept[pair] for pair in sorted(kept)]), encoding="utf-8")


def text(results: Sequence[Mapping[str, Any]]) -> str:
    """The page."""
    runs = [
        (one["pg"], one["schemas"], "{} to {}".format(*one["objects"]), one["alarms"],
         sum(one["known"].values()), one["mutants"][FOUND],
         one["mutants"][FOUND] + one["mutants"][MISSED], one["mutants"][NOT_CARRIED],
         one["mutants"][NOT_MADE], one["seconds"], one["when"])
        for one in results
    ]  # fmt: skip
    head = ("PostgreSQL", "schemas", "objects each", "false alarms", "known findings",
            "mutants found", "of", NOT_CARRIED, NOT_MADE, "seconds", "when")  # fmt: skip
    names = sorted({place for one in results for place in one["places"]})
    counts = [(name, *(one["places"].get(name, 0) for one in results)) for name in names]
    reasons = sorted({reason for one in results for reason in one["known"]})
    parts = [
        _HEAD,
        _table(head, runs),
        *(["Known findings:\n\n" + "\n".join(f"* {one}" for one in reasons)] if reasons else []),
        "## How often each place came",
        _table(("place", *(one["pg"] for one in results)), counts),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)
