"""Whether a negative control was caught by the case that names it, in the way it names."""

from __future__ import annotations

from fnmatch import fnmatchcase

from assay.conformance.case import CaughtBy
from assay.conformance.judge import Judgement
from assay.conformance.outcome import Outcome


def caught(judgement: Judgement, by: CaughtBy) -> str | None:
    """None when the control was seen as the case says; else what was seen instead."""
    if judgement.outcome in (Outcome.FAITHFUL, Outcome.UNKNOWN) and not judgement.harmed_source:
        return f"{by.control} is {judgement.outcome} here: {judgement.why or 'nothing was seen'}"
    if by.outcome is not None:
        if judgement.outcome is by.outcome:
            return None
        return f"{by.control} is {judgement.outcome}, not {by.outcome}: {judgement.why}"
    kind, thing = by.kind or "", by.object or ""
    if any(f.kind == kind and fnmatchcase(f.object, thing) for f in judgement.findings):
        return None
    seen = "; ".join(str(f) for f in judgement.findings[:5]) or judgement.why
    return f"{by.control} was not caught by {kind} {thing}, but: {seen}"
