"""Known gaps of a replicator by phase: strict, each with a reason, read from one TOML file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assay.conformance.phases import STEPS
from assay.errors import UsageError
from assay.run.events import PhaseJudged
from assay.run.outcome import Outcome

_KNOWABLE = tuple(o for o in Outcome if o not in (Outcome.UNKNOWN, Outcome.NOT_REACHED))
_FLAGS = ("harmed_source", "intermittent")
_KEYS = {"cases", "phase", "outcome", "cause", "reason", "pg", *_FLAGS}
_PAIR = re.compile(r"[\w.]+:[\w.]+")

Entry = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Gap:
    """The exact outcome that a replicator is known to have in a phase; better or worse fails.

    `cause` is a piece of the words or the signature of what it comes from; by another one it is
    another defect. `intermittent`: it comes and goes, so the outcome as required passes as well,
    and so does another intermittent gap of the same phase.
    `pg` limits it to one version pair, such as ``17:18``.
    """

    case: str
    phase: str
    outcome: Outcome
    reason: str
    cause: str | None = None
    harmed_source: bool = False
    intermittent: bool = False
    pg: str | None = None

    def fits(self, judged: PhaseJudged) -> bool:
        """Whether this is the outcome that was seen, and what it comes from."""
        return self._same(judged) and self._instead(judged) is None

    def passes(self, judged: PhaseJudged) -> bool:
        """Whether it fits, or is one that comes and goes, and has not come."""
        return self.fits(judged) or (self.intermittent and judged.expected)

    def _same(self, judged: PhaseJudged) -> bool:
        seen = (judged.outcome, judged.harmed_source)
        return seen == (self.outcome, self.harmed_source)

    def why_not(self, judged: PhaseJudged) -> str:
        """What was known, where something else is seen."""
        if not self._same(judged):
            return f"known gap, but not as seen: {self.outcome}"
        return f"known gap by another cause: known is {self.cause!r}, seen {self._instead(judged)}"

    def _instead(self, judged: PhaseJudged) -> str | None:
        """The cause that is seen and not known; of a known one's company only what is graver."""
        if self.cause is None:
            return None
        known = [cause for cause in judged.causes if cause.holds(self.cause)]
        limit = min((cause.gravity.rank for cause in known), default=None)
        others = [cause for cause in judged.causes if cause not in known]
        strange = [one for one in others if limit is None or one.gravity.rank < limit]
        if strange:
            return f"{min(strange, key=lambda one: one.gravity.rank).words!r}"
        return None if known else "none"


def said_of(gaps: Sequence[Gap], judged: PhaseJudged) -> PhaseJudged:
    """A phase with gaps: expected where it is exactly one of them, else with what was known."""
    if judged.outcome is Outcome.NOT_REACHED:
        return judged
    for gap in gaps:
        if gap.fits(judged):
            return replace(judged, expected=True, gap=gap.reason, intermittent=gap.intermittent)
    if any(gap.passes(judged) for gap in gaps):
        return replace(judged, intermittent=True)
    told = [judged.why, *(gap.why_not(judged) for gap in gaps)]
    return replace(judged, expected=False, why="; ".join(filter(None, told)))


@dataclass(frozen=True, slots=True)
class Gaps:
    """All known gaps of one replicator."""

    entries: tuple[Gap, ...] = ()

    def of(self, case: str, phase: str, *, pg: str) -> tuple[Gap, ...]:
        """The gaps of a phase of a case on a version pair; those of that pair alone go first."""
        known = tuple(gap for gap in self._on(case, pg) if gap.phase == phase)
        return tuple(gap for gap in known if gap.pg is not None) or known

    def idle(self, case: str, judged: Collection[str], *, pg: str) -> list[str]:
        """The phases of a case's gaps that are none of these."""
        return sorted({gap.phase for gap in self._on(case, pg)} - set(judged))

    def _on(self, case: str, pg: str) -> list[Gap]:
        return [gap for gap in self.entries if gap.case == case and gap.pg in (None, pg)]


def read(path: Path, *, cases: Collection[str]) -> Gaps:
    """Read a file of known gaps; no file, no gaps.

    UsageError has a line for each fault: an unknown key, case, phase or outcome, a gap given twice,
    or without a reason.
    """
    if not path.exists():
        return Gaps()
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path.name} is no TOML.", evidence=str(error)) from error
    entries = told.get("gap", [])
    wrong = [f"unknown key {key!r}; a gap begins with [[gap]]" for key in sorted({*told} - {"gap"})]
    if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
        wrong += [*_wrong(entries, cases)]
    else:
        wrong.append("a gap begins with [[gap]]")
    if wrong:
        raise UsageError(
            f"{path.name} lists gaps that cannot be.",
            evidence="\n".join(wrong),
            remedy="assay docs writing-a-driver tells of known gaps",
        )
    return Gaps(tuple(gap for entry in entries for gap in _gaps(entry)))


def _wrong(entries: Sequence[Entry], cases: Collection[str]) -> Iterator[str]:
    placed: dict[tuple[str, ...], int] = {}
    for number, entry in enumerate(entries, 1):
        for fault in _faults(entry, cases):
            yield f"gap {number}: {fault}"
        for case in _cases(entry):
            place = (case, *(str(entry.get(key)) for key in ("phase", "pg")))
            first = placed.setdefault(place, number)
            both = (entries[first - 1], entry)
            if first != number and not all(one.get("intermittent") is True for one in both):
                yield f"gap {number}: {case} has one of this phase in gap {first}; keep one"


def _faults(entry: Entry, cases: Collection[str]) -> Iterator[str]:
    for key in sorted({*entry} - _KEYS):
        yield f"unknown key {key!r}; use: {', '.join(sorted(_KEYS))}"
    named = _cases(entry)
    if not named:
        yield 'a gap names its cases: cases = ["so-no-pk"]'
    for case in named:
        if case not in cases:
            yield f"there is no case {case!r}; name its file without .sql"
    for case in sorted({case for case in named if named.count(case) > 1}):
        yield f"{case} is named twice"
    if (phase := entry.get("phase")) not in tuple(STEPS):
        yield f"{phase!r} is no phase; use: {', '.join(STEPS)}"
    if (outcome := entry.get("outcome")) not in _KNOWABLE:
        yield f"{outcome!r} is no outcome of a gap; use: {', '.join(_KNOWABLE)}"
    if not _text(entry.get("reason")):
        yield 'a gap needs a reason: reason = "why, with a link"'
    if "cause" in entry and not _text(entry["cause"]):
        yield 'a cause is a piece of its words in the report: cause = "column x does not exist"'
    for key in _FLAGS:
        if type(entry.get(key, True)) is not bool:
            yield f"{key} is true or false"
    if "pg" in entry and not _PAIR.fullmatch(str(entry["pg"])):
        yield f'{entry["pg"]!r} is no version pair; write pg = "17:18"'


def _cases(entry: Entry) -> tuple[str, ...]:
    """The cases that it names; none where they are no list of texts."""
    named = entry.get("cases")
    whole = isinstance(named, list) and all(isinstance(case, str) for case in named)
    return tuple(named) if isinstance(named, list) and whole else ()


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _gaps(entry: Entry) -> Iterator[Gap]:
    """One for each of its cases."""
    cause, pg = (entry.get(key) for key in ("cause", "pg"))
    harmed, intermittent = (entry.get(key) is True for key in _FLAGS)
    for case in _cases(entry):
        yield Gap(
            case=case,
            phase=str(entry["phase"]),
            outcome=Outcome(str(entry["outcome"])),
            reason=str(entry["reason"]),
            cause=None if cause is None else str(cause),
            harmed_source=harmed,
            intermittent=intermittent,
            pg=None if pg is None else str(pg),
        )
