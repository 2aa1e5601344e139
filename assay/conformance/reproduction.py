"""How to see a case by hand, with psql and the tool alone."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from assay.conformance.case import Case, Section
from assay.conformance.evidence import Stage

_SIDE = {"setup": "SOURCE", "gap": "SOURCE", "live": "SOURCE", "premise": "SOURCE"}
_BEFORE_TOOL = ("setup", "target", "premise")


def script(case: Case, stages: Sequence[Stage]) -> str:
    """Shell lines in the order of what was done; SOURCE and TARGET stand for libpq URLs."""
    lines = ["# SOURCE and TARGET: libpq URLs of two empty databases; passwords in PGPASSFILE"]
    for section in case.sections:
        if section.kind in _BEFORE_TOOL:
            lines += _psql(section)
    for stage in stages:
        lines.append(f"# {stage.phase}")
        for kind in ("gap", "live", "plant") if stage.phase in ("live", "verify") else ():
            lines += [line for section in case.of(kind) for line in _psql(section)]
        lines += [shlex.join(e.argv) + f"   # exit {e.exit}" for e in stage.executions]
    for kind in ("holds", "after"):
        lines += [line for section in case.of(kind) for line in _psql(section)]
    return "\n".join(lines)


def _psql(section: Section) -> list[str]:
    url = f'"${_SIDE.get(section.kind, "TARGET")}"'
    options = " -1" if section.single else ""
    note = f"  # {section.kind}"
    note += f" in database {section.database}" if section.database else ""
    note += f" as {section.role}" if section.role else ""
    return [f"psql -X{options} -d {url} <<'SQL'{note}", section.sql.strip("\n"), "SQL"]
