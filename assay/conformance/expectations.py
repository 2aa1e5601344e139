"""Known gaps of a replicator: strict, each with a reason, read from one TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assay.conformance.phases import STEPS
from assay.errors import UsageError
from assay.run.events import PhaseJudged
from assay.run.outcome import Outcome

_KNOWABLE = tuple(o for o in Outcome if o not in (Outcome.UNKNOWN, Outcome.NOT_REACHED))
_KEYS = {"case", "phase", "outcome", "reason", "harmed_source", "assisted", "pg"}


@dataclass(frozen=True, slots=True)
class Gap:
    """The exact outcome that a replicator is known to have in a phase; better or worse fails.

    `assisted`: on a copy that the suite had to make, since an earlier phase fails. `pg` limits it
    to one version pair, such as ``17:18``.
    """

    case: str
    phase: str
    outcome: Outcome
    reason: str
    harmed_source: bool = False
    assisted: bool = False
    pg: str | None = None

    def fits(self, judged: PhaseJudged) -> bool:
        """Whether this is the outcome that was seen, on a copy of the tool's own or of ours."""
        return (judged.outcome, judged.harmed_source, judged.assisted) == (
            self.outcome, self.harmed_source, self.assisted,
        )  # fmt: skip

    def said_of(self, judged: PhaseJudged) -> PhaseJudged:
        """The phase, expected where it is exactly this gap, else with what was known of it."""
        if judged.outcome is Outcome.NOT_REACHED:
            return judged
        if self.fits(judged):
            return replace(judged, expected=True, gap=self.reason)
        why = f"known gap, but not as seen: {self.outcome}"
        return replace(judged, expected=False, why=f"{judged.why}; {why}" if judged.why else why)


@dataclass(frozen=True, slots=True)
class Gaps:
    """All known gaps of one replicator."""

    entries: tuple[Gap, ...] = ()

    def of(self, case: str, phase: str, *, pg: str) -> Gap | None:
        """The gap of a phase of a case on a version pair."""
        known = (g for g in self.entries if (g.case, g.phase) == (case, phase))
        return next((gap for gap in known if gap.pg in (None, pg)), None)

    def applied(
        self, phases: Sequence[PhaseJudged], *, case: str, pg: str
    ) -> tuple[PhaseJudged, ...]:
        """The outcomes of a case's phases, as these gaps expect them."""
        known = [(self.of(case, judged.phase, pg=pg), judged) for judged in phases]
        return tuple(judged if gap is None else gap.said_of(judged) for gap, judged in known)


def read(path: Path, *, cases: Collection[str]) -> Gaps:
    """Read `integration/expectations/<replicator>.toml`; no file, no gaps.

    UsageError names the entry when a case is unknown, an outcome is none, or a reason is missing.
    """
    if not path.exists():
        return Gaps()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("gap", [])
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path.name} is no TOML.", evidence=str(error)) from error
    return Gaps(tuple(_gap(path, number, entry, cases) for number, entry in enumerate(entries, 1)))


def _gap(path: Path, number: int, entry: dict[str, object], cases: Collection[str]) -> Gap:
    where = f"{path.name}, gap {number}"
    if unknown := set(entry) - _KEYS:
        raise UsageError(f"{where}: unknown key {sorted(unknown)[0]!r}.",
                         remedy=f"use: {', '.join(sorted(_KEYS))}")  # fmt: skip
    case, phase, outcome, reason = (
        str(entry.get(key, "")) for key in ("case", "phase", "outcome", "reason")
    )
    if case not in cases:
        raise UsageError(f"{where}: there is no case {case!r}.",
                         remedy="name a file of integration/cases without .sql")  # fmt: skip
    if phase not in STEPS:
        raise UsageError(f"{where}: {phase!r} is no phase.", remedy=f"use: {', '.join(STEPS)}")
    if outcome not in _KNOWABLE:
        raise UsageError(
            f"{where}: {outcome!r} is no outcome.", remedy=f"use: {', '.join(_KNOWABLE)}"
        )
    if not reason.strip():
        raise UsageError(f"{where}: a gap needs a reason.", remedy='reason = "why, with a link"')
    pg = entry.get("pg")
    harmed, assisted = (entry.get(key, False) is True for key in ("harmed_source", "assisted"))
    return Gap(case, phase, Outcome(outcome), reason, harmed, assisted,
               str(pg) if pg is not None else None)  # fmt: skip
