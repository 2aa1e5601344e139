"""Writes the journal's schema from the events: ``python -m assay.run``."""

from __future__ import annotations

from pathlib import Path

from assay.run.events import SCHEMA, schema_text

if __name__ == "__main__":
    (Path(__file__).resolve().parents[2] / SCHEMA).write_text(schema_text(), encoding="utf-8")
