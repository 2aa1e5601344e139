"""What random schemas have shown: alarms, mutants, counts by place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from assay.oracle.words.finding import Finding
from assay.oracle.words.values import pair_of_values

FOUND, MISSED = "found", "missed"
NOT_MADE, NOT_CARRIED = "cannot be made", "not carried by the dump"


def described(finding: Finding) -> str:
    """A finding with what differs in full, or around the first difference."""
    if finding.source is None or finding.target is None:
        return str(finding)
    what = str(replace(finding, source="", target="")).removesuffix(": source , target ")
    source, target = pair_of_values(finding.source.encode(), finding.target.encode())
    return f"{what}: source {source}, target {target}"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A copy that means the same and was not found equal; `seed` is None where nobody can tell."""

    seed: int | None
    copy: str
    findings: tuple[str, ...]
    why: str | None = None

    def __str__(self) -> str:
        whose = "no schema's" if self.seed is None else f"seed {self.seed}"
        said = [f"{whose}, {self.copy}: {self.why or 'not equal'}"]
        return "\n".join((*said, *(f"  {finding}" for finding in self.findings)))


@dataclass(frozen=True, slots=True)
class Mutant:
    """What was changed in a schema, and how it ended: found, missed, or why it does not count."""

    seed: int
    place: str
    change: str
    sql: str
    end: str

    def __str__(self) -> str:
        return f"seed {self.seed}, {self.place}: {self.change}: {self.end}\n  {self.sql}"


@dataclass(slots=True)
class Outcome:
    """What batches of schemas have shown; outcomes add up.

    `things` has the size of each schema; `refused` are things that the source would not make, they
    count for nothing; `unrestored` are statements of dumps that failed.
    """

    things: list[int] = field(default_factory=list)
    places: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    unrestored: list[str] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    excused: Counter[str] = field(default_factory=Counter)
    mutants: list[Mutant] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Take what another outcome holds."""
        self.places += other.places
        self.excused += other.excused
        for name in ("things", "refused", "unrestored", "alarms", "mutants"):
            getattr(self, name).extend(getattr(other, name))

    @property
    def missed(self) -> list[Mutant]:
        """Mutants that the dump carries and the oracle did not see."""
        return [mutant for mutant in self.mutants if mutant.end == MISSED]

    def ended(self, end: str) -> int:
        """How many mutants ended so."""
        return sum(mutant.end == end for mutant in self.mutants)

    def table(self, places: Sequence[str]) -> Iterator[str]:
        """A line for each place: how many things, how many mutants of it, how many were found."""
        tried = Counter(m.place for m in self.mutants if m.end in (FOUND, MISSED))
        found = Counter(m.place for m in self.mutants if m.end == FOUND)
        yield f"{'place':24} {'things':>7} {'mutants':>8} {'found':>6}"
        for place in places:
            yield f"{place:24} {self.places[place]:7} {tried[place]:8} {found[place]:6}"

    def summary(self) -> str:
        """One line."""
        return (
            f"{len(self.things)} schemas of {min(self.things)} to {max(self.things)} objects, "
            f"{len(self.alarms)} false alarms, {sum(self.excused.values())} known findings; "
            f"{self.ended(FOUND)} of {self.ended(FOUND) + self.ended(MISSED)} mutants found, "
            f"{self.ended(NOT_CARRIED)} {NOT_CARRIED}, {self.ended(NOT_MADE)} {NOT_MADE}"
        )
