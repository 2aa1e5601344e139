"""Known gaps of a replicator: strict, each with a reason, read from one TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from assay.conformance.judge import Judgement
from assay.conformance.outcome import Outcome
from assay.errors import UsageError

_KEYS = {"case", "outcome", "reason", "harmed_source", "pg"}


@dataclass(frozen=True, slots=True)
class Gap:
    """The exact outcome that a replicator is known to have on a case; better or worse fails.

    `pg` limits it to one version pair, such as ``17:18``.
    """

    case: str
    outcome: Outcome
    reason: str
    harmed_source: bool = False
    pg: str | None = None

    def fits(self, judgement: Judgement) -> bool:
        """Whether this is the outcome that was seen."""
        return judgement.outcome is self.outcome and judgement.harmed_source is self.harmed_source


@dataclass(frozen=True, slots=True)
class Gaps:
    """All known gaps of one replicator."""

    entries: tuple[Gap, ...] = ()

    def of(self, case: str, *, pg: str) -> Gap | None:
        """The gap of a case on a version pair."""
        return next((g for g in self.entries if g.case == case and g.pg in (None, pg)), None)


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
    case, outcome, reason = (str(entry.get(key, "")) for key in ("case", "outcome", "reason"))
    if case not in cases:
        raise UsageError(f"{where}: there is no case {case!r}.",
                         remedy="name a file of integration/cases without .sql")  # fmt: skip
    if outcome not in set(Outcome) - {"UNKNOWN"}:
        raise UsageError(
            f"{where}: {outcome!r} is no outcome.", remedy=f"use: {', '.join(Outcome)}"
        )
    if not reason.strip():
        raise UsageError(f"{where}: a gap needs a reason.", remedy='reason = "why, with a link"')
    pg = entry.get("pg")
    harmed = entry.get("harmed_source", False) is True
    return Gap(case, Outcome(outcome), reason, harmed, str(pg) if pg is not None else None)
