"""Known gaps of a replicator by phase: strict, each with a reason, read from one TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from assay.conformance.case import PHASES
from assay.conformance.outcome import Outcome
from assay.errors import UsageError

_KEYS = {"case", "phase", "outcome", "reason", "harmed_source", "pg"}
_PHASES = tuple(dict.fromkeys((*PHASES, "status")))


@dataclass(frozen=True, slots=True)
class Gap:
    """The exact outcome that a phase of a case is known to have; better or worse fails.

    `pg` limits it to one version pair, such as ``17:18``.
    """

    case: str
    phase: str
    outcome: Outcome
    reason: str
    harmed_source: bool = False
    pg: str | None = None

    def fits(self, outcome: Outcome, *, harmed_source: bool) -> bool:
        """Whether this is the outcome that was seen."""
        return outcome is self.outcome and harmed_source is self.harmed_source


@dataclass(frozen=True, slots=True)
class Gaps:
    """All known gaps of one replicator."""

    entries: tuple[Gap, ...] = ()

    def of(self, case: str, phase: str, *, pg: str) -> Gap | None:
        """The gap of a phase of a case on a version pair."""
        asked = (case, phase)
        fitting = (g for g in self.entries if (g.case, g.phase) == asked and g.pg in (None, pg))
        return next(fitting, None)


def read(path: Path, *, cases: Collection[str]) -> Gaps:
    """Read a file of known gaps; no file, no gaps.

    UsageError has a line for each entry with an unknown case, phase or outcome, or no reason.
    """
    if not path.exists():
        return Gaps()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("gap", [])
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path.name} is no TOML.", evidence=str(error)) from error
    wrong = [
        f"gap {number}: {fault}"
        for number, entry in enumerate(entries, 1)
        for fault in _faults(entry, cases)
    ]
    if wrong:
        raise UsageError(
            f"{path.name} lists gaps that cannot be.",
            evidence="\n".join(wrong),
            remedy="see docs/writing-a-driver.md, known gaps",
        )
    return Gaps(tuple(map(_gap, entries)))


def _faults(entry: dict[str, object], cases: Collection[str]) -> list[str]:
    found = [
        f"unknown key {key!r}; use: {', '.join(sorted(_KEYS))}" for key in sorted({*entry} - _KEYS)
    ]
    case, phase, outcome = (entry.get(key) for key in ("case", "phase", "outcome"))
    if case not in cases:
        found.append(f"there is no case {case!r}; name its file without .sql")
    if phase not in _PHASES:
        found.append(f"{phase!r} is no phase; use: {', '.join(_PHASES)}")
    proved = [word.value for word in Outcome if word is not Outcome.UNKNOWN]
    if outcome not in proved:
        found.append(f"{outcome!r} is no outcome of a gap; use: {', '.join(proved)}")
    if not str(entry.get("reason", "")).strip():
        found.append('a gap needs a reason: reason = "why, with a link"')
    return found


def _gap(entry: dict[str, object]) -> Gap:
    pg = entry.get("pg")
    return Gap(
        case=str(entry["case"]),
        phase=str(entry["phase"]),
        outcome=Outcome(str(entry["outcome"])),
        reason=str(entry["reason"]),
        harmed_source=entry.get("harmed_source", False) is True,
        pg=None if pg is None else str(pg),
    )
