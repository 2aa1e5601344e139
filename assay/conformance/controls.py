"""Whether a negative control was caught by the case that names it, in the way it names."""

from __future__ import annotations

from fnmatch import fnmatchcase

from assay.conformance.case import CaughtBy
from assay.conformance.judge import Judgement
from assay.run.outcome import Outcome


def caught(judgement: Judgement, by: CaughtBy) -> str | None:
    """None when the control was seen as the case says; else what was seen instead."""
    if unproved := next((p for p in judgement.phases if p.outcome is Outcome.UNKNOWN), None):
        return f"{by.control} is UNKNOWN in {unproved.phase}: {unproved.why}"
    gravest = judgement.gravest
    if gravest.outcome is Outcome.FAITHFUL and not gravest.harmed_source:
        return f"{by.control} is {gravest.outcome} here: {gravest.why or 'nothing was seen'}"
    if by.outcome is not None:
        if any(phase.outcome is by.outcome for phase in judgement.phases if phase.own):
            return None
        return f"{by.control} is {gravest.outcome}, not {by.outcome}: {gravest.why}"
    kind, thing = by.kind or "", by.object or ""
    if any(f.kind == kind and fnmatchcase(f.object, thing) for f in judgement.findings):
        return None
    seen = "; ".join(str(f) for f in judgement.findings[:5]) or gravest.why
    return f"{by.control} was not caught by {kind} {thing}, but: {seen}"
