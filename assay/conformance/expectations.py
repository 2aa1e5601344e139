"""Known gaps of a replicator by phase: strict, each with a reason, read from one TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from assay.conformance.phases import STEPS
from assay.errors import UsageError
from assay.run.events import PhaseJudged
from assay.run.outcome import Outcome

_KNOWABLE = tuple(o for o in Outcome if o not in (Outcome.UNKNOWN, Outcome.NOT_REACHED))
_PLACE = ("case", "phase", "pg")
_FLAGS = ("harmed_source", "assisted")
_KEYS = {*_PLACE, *_FLAGS, "outcome", "reason"}
_PAIR = re.compile(r"[\w.]+:[\w.]+")


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
        """The gap of a phase of a case on a version pair; one of that pair alone comes first."""
        known = [g for g in self._on(case, pg) if g.phase == phase]
        return max(known, key=lambda gap: gap.pg is not None, default=None)

    def idle(self, case: str, judged: Collection[str], *, pg: str) -> list[str]:
        """The phases of a case's gaps that are none of these."""
        return sorted({gap.phase for gap in self._on(case, pg)} - set(judged))

    def _on(self, case: str, pg: str) -> list[Gap]:
        return [gap for gap in self.entries if gap.case == case and gap.pg in (None, pg)]


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
        for fault in (*_faults(entry, cases), *_twice(entry, entries[: number - 1]))
    ]
    if wrong:
        raise UsageError(
            f"{path.name} lists gaps that cannot be.",
            evidence="\n".join(wrong),
            remedy="assay docs writing-a-driver tells of known gaps",
        )
    return Gaps(tuple(map(_gap, entries)))


def _faults(entry: dict[str, object], cases: Collection[str]) -> list[str]:
    found = [
        f"unknown key {key!r}; use: {', '.join(sorted(_KEYS))}" for key in sorted({*entry} - _KEYS)
    ]
    case, phase, outcome = (entry.get(key) for key in ("case", "phase", "outcome"))
    if case not in cases:
        found.append(f"there is no case {case!r}; name its file without .sql")
    if phase not in STEPS:
        found.append(f"{phase!r} is no phase; use: {', '.join(STEPS)}")
    if outcome not in _KNOWABLE:
        found.append(f"{outcome!r} is no outcome of a gap; use: {', '.join(_KNOWABLE)}")
    if not str(entry.get("reason", "")).strip():
        found.append('a gap needs a reason: reason = "why, with a link"')
    found += [f"{key} is true or false" for key in _FLAGS if type(entry.get(key, True)) is not bool]
    if "pg" in entry and not _PAIR.fullmatch(str(entry["pg"])):
        found.append(f'{entry["pg"]!r} is no version pair; write pg = "17:18"')
    return found


def _twice(entry: dict[str, object], earlier: list[dict[str, object]]) -> list[str]:
    place = [entry.get(key) for key in _PLACE]
    same = any([other.get(key) for key in _PLACE] == place for other in earlier)
    return ["there is another gap of this case, phase and pg; keep one"] if same else []


def _gap(entry: dict[str, object]) -> Gap:
    pg = entry.get("pg")
    harmed, assisted = (entry.get(key) is True for key in _FLAGS)
    return Gap(
        case=str(entry["case"]),
        phase=str(entry["phase"]),
        outcome=Outcome(str(entry["outcome"])),
        reason=str(entry["reason"]),
        harmed_source=harmed,
        assisted=assisted,
        pg=None if pg is None else str(pg),
    )
