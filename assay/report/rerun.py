"""The command that runs one case again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from assay.report.matrix import pg_name
from assay.run.events import CaseJudged


def command(case: CaseJudged, options: Mapping[str, Any]) -> str:
    """A line for a shell: a case file by its path, anything else by its node id."""
    path, _, _ = case.nodeid.partition("::")
    what = path if path.endswith(".sql") else case.nodeid
    argv = ["pytest", what, "--replicator", _given(case.replicator, options.get("replicator"))]
    folders = [f"--pg-bin={one}" for one in options.get("pg_bin") or ()]
    return shlex.join([*argv, "--pg", pg_name(case.pg), *folders])


def _given(name: str, values: str | Sequence[str] | None) -> str:
    """How the replicator was named on the command line: ``seren`` was ``seren:/path``."""
    given = [values] if isinstance(values, str) else list(values if values is not None else ())
    if name in given:
        return name
    named = [value for value in given if value.startswith(f"{name}:")]
    if len(named) == 1:
        return named[0]
    return given[0] if len(given) == 1 else name
