"""Drives a trial through the phases that its case names."""

from __future__ import annotations

import psycopg

from assay.conformance.trial import Trial
from assay.errors import AssayError

TROUBLE = (AssayError, psycopg.Error, OSError)  # ours, never the tool's


def run_phases(trial: Trial) -> None:
    """Do what a SQL case says, phase by phase; trouble of ours is raised."""
    trial.prepare()
    for phase in trial.bench.case.phases:
        trial.do(phase)
