"""An earlier run to be held against: what is not worse than there does not fail."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from assay.conformance.expectations import Gaps, said_of
from assay.errors import UsageError
from assay.run.cause import Gravity
from assay.run.events import PhaseJudged
from assay.run.outcome import Outcome

_FILE = "verdicts.json"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What was judged: a phase of a case, for a replicator, on a version pair."""

    case: str
    phase: str
    replicator: str
    pg: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What it came to; `gravity` is its cause's."""

    outcome: Outcome
    harmed_source: bool = False
    gravity: Gravity | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The outcomes of an earlier run; `name` is how it was given."""

    name: str
    seen: Mapping[Key, Seen] = field(default_factory=dict)

    def excuse(self, key: Key, now: Seen) -> str | None:
        """Why an outcome that is not as required does not fail; None where it does."""
        before = self.seen.get(key)
        if before is None or worse(before, now):
            return None
        harmed = ", source harmed" if before.harmed_source else ""
        return f"not worse than in {self.name}: {before.outcome}{harmed}"


def worse(before: Seen, now: Seen) -> bool:
    """Whether an outcome got worse, or the same one by a graver cause.

    What was not proved now is worse than anything.
    """
    if now.outcome is Outcome.UNKNOWN or (now.harmed_source and not before.harmed_source):
        return True
    if before.outcome in (Outcome.UNKNOWN, Outcome.NOT_REACHED):
        return False
    if before.gravity and now.gravity and now.outcome is before.outcome:
        return now.gravity.rank < before.gravity.rank
    return now.outcome.rank > before.outcome.rank


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known beforehand of one tool: its gaps, and an earlier run."""

    gaps: Gaps
    baseline: Baseline | None = None

    def applied(
        self, phases: Sequence[PhaseJudged], *, case: str, replicator: str, pg: str
    ) -> tuple[PhaseJudged, ...]:
        """The outcomes of a case's phases, as they are expected of this tool."""
        told = tuple(
            self._told(judged, Key(case, judged.phase, replicator, pg)) for judged in phases
        )
        idle = self.gaps.idle(case, [judged.phase for judged in phases], pg=pg)
        return told if self.baseline else _with_idle(told, idle)

    def _told(self, judged: PhaseJudged, key: Key) -> PhaseJudged:
        """A known gap is strict unless there is an earlier run: then only what got worse fails."""
        gaps = self.gaps.of(key.case, key.phase, pg=key.pg)
        if gaps and (self.baseline is None or any(gap.passes(judged) for gap in gaps)):
            return said_of(gaps, judged)
        if judged.expected or self.baseline is None:
            return judged
        gravity = judged.cause.gravity if judged.cause else None
        now = Seen(judged.outcome, judged.harmed_source, gravity)
        excuse = self.baseline.excuse(key, now)
        return judged if excuse is None else replace(judged, expected=True, gap=excuse)


def read(run: Path) -> Baseline:
    """The outcomes in a run's report directory; UsageError where there is no run."""
    path = run / _FILE
    try:
        outcomes = json.loads(path.read_text(encoding="utf-8"))["outcomes"]
        return Baseline(str(run), of_outcomes(outcomes))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{run} is no run to compare with.",
            evidence=f"{path}: {error}",
            remedy="--baseline DIR, the report directory of an earlier run",
        ) from error


def of_outcomes(outcomes: Iterable[Mapping[str, Any]]) -> dict[Key, Seen]:
    """The entries of `outcomes` in verdicts.json, by what they judge."""
    return {
        Key(one["case"], one["phase"], one["replicator"], one["pg"]): Seen(
            Outcome(one["outcome"]),
            harmed_source=one["harmed_source"],
            gravity=Gravity(one["cause"]["gravity"]) if one.get("cause") else None,
        )
        for one in outcomes
    }


def _with_idle(phases: tuple[PhaseJudged, ...], idle: Sequence[str]) -> tuple[PhaseJudged, ...]:
    """The gravest phase tells of gaps of phases that nobody judged: such a list is out of date."""
    if not idle or not phases:
        return phases
    worst = max(phases, key=lambda one: one.gravity)
    why = f"known gap of what was not judged here: {', '.join(idle)}"
    told = replace(worst, expected=False, why=f"{worst.why}; {why}" if worst.why else why)
    return tuple(told if one is worst else one for one in phases)
