"""Draws a run's files from its journal and its evidence, whenever they are wanted."""

from __future__ import annotations

from pathlib import Path

from assay.report import html, verdicts
from assay.run.record import Run, load


def draw(report_dir: Path) -> Run:
    """Write `verdicts.json` and `index.html` of the run whose journal lies in `report_dir`."""
    run = load(report_dir)
    verdicts.save(run, report_dir)
    html.save(run, report_dir)
    return run
