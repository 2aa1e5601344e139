"""An earlier run to be held against: what is not worse than there does not fail."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.conformance.expectations import Gap, Gaps
from assay.conformance.outcome import Outcome
from assay.errors import UsageError

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
    """What it came to."""

    outcome: Outcome
    harmed_source: bool = False


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


@dataclass(frozen=True, slots=True)
class Settled:
    """Whether an outcome is as expected, and the gap by which it is."""

    expected: bool
    gap: Gap | None = None


def worse(before: Seen, now: Seen) -> bool:
    """Whether an outcome got worse; what was not proved now is worse than anything."""
    if now.outcome is Outcome.UNKNOWN or (now.harmed_source and not before.harmed_source):
        return True
    return before.outcome is not Outcome.UNKNOWN and now.outcome.rank > before.outcome.rank


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known beforehand of one tool: its gaps, and an earlier run."""

    gaps: Gaps
    baseline: Baseline | None = None

    def settle(self, key: Key, now: Seen, *, required: bool) -> Settled:
        """Hold an outcome against what the case requires, the known gap and the earlier run.

        `required` says whether it is what the case asks for. A known gap is strict unless there is
        an earlier run: then only what got worse fails.
        """
        gap = self.gaps.of(key.case, key.phase, pg=key.pg)
        if gap is not None and gap.fits(now.outcome, harmed_source=now.harmed_source):
            return Settled(expected=True, gap=gap)
        if required and (gap is None or self.baseline is not None):
            return Settled(expected=True)
        excuse = self.baseline.excuse(key, now) if self.baseline is not None else None
        if excuse is None:
            return Settled(expected=False, gap=gap)
        instead = Gap(key.case, key.phase, now.outcome, excuse, now.harmed_source, key.pg)
        return Settled(expected=True, gap=instead)


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
            Outcome(one["outcome"]), harmed_source=one["harmed_source"]
        )
        for one in outcomes
    }
