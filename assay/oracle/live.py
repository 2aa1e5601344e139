"""A moving pair: at one proven position where possible, else what differs is looked at again.

A row that is equal in a later look was in flight. A difference that stays the same through every
look is one; what keeps changing never settled, and nothing is told about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from assay import clock
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.words.collector import Collector
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import Comparison, Equality, Finding, about, unknown
from assay.oracle.words.kinds import CONTENT, Kind
from assay.oracle.words.route import Route
from assay.oracle.words.scope import Scope
from assay.postgres.address import Address

_SCHEMA = Doubt("the schema changed while it was compared", remedy="compare again")
_TOO_MANY = "too many differ to tell whether they are in flight"

Thing = tuple[str, str, str | None]  # kind, object, key
Values = frozenset[tuple[str | None, str | None, str | None]]  # columns with both values


@dataclass(frozen=True, slots=True)
class Again:
    """How often, and after how many seconds each time, what differs is looked at again.

    `kept` findings are followed at most: more are no rows in flight.
    """

    looks: int = 5
    pause: float = 2.0
    kept: int = 10_000


def compare_live(
    source: Address,
    target: Address,
    question: Question,
    *,
    again: Again,
    progress: Callable[[str], None],
) -> Comparison:
    """Compare databases that are being written to.

    DIFFERENT where a position was proved or a difference stayed the same through every look;
    UNKNOWN where something never settled, or the schema changed meanwhile.
    """
    asked = replace(question, live=True, keep=again.kept)

    def look(followed: Followed) -> Comparison:
        scope, keys = followed.narrowed(question.scope), followed.keys()
        narrowed = replace(asked, scope=scope, tools=None, keys=keys)
        return compare(source, target, narrowed, progress=progress)

    seen = first = compare(source, target, asked, progress=progress)
    spoiled = {name for doubt in first.doubts for name in doubt.spoils}
    followed = Followed.of(f for f in first.findings if about(f) not in spoiled)
    if first.equality is not Equality.DIFFERENT or first.position:
        return first
    if first.omitted:
        return unknown(first, Doubt(_TOO_MANY))
    for number in range(1, again.looks + 1):
        clock.pause(again.pause)
        progress(f"look {number} of {again.looks} at {len(followed.things)} that differ")
        seen = look(followed)
        if new := [doubt for doubt in seen.doubts if doubt not in first.doubts]:
            return unknown(first, replace(new[0], what=f"look {number}: {new[0].what}"))
        if seen.omitted:  # what is not listed may be what is followed
            return unknown(first, Doubt(f"look {number}: {_TOO_MANY}"))
        if _told_otherwise(first, seen, followed):
            return unknown(first, _SCHEMA)
        followed = followed.after(seen.findings)
        if not followed.things or seen.position:
            break
    return _judged(first, followed, proved=seen.position, looks=number)


@dataclass(frozen=True, slots=True)
class Followed:
    """What differed at first and does still; `steady` counts looks in which it stayed the same."""

    things: dict[Thing, Values]
    steady: dict[Thing, int]
    findings: tuple[Finding, ...]
    schema_moved: bool = False

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Followed:
        """What a first look has found."""
        things = _grouped(findings)
        return cls(things, dict.fromkeys(things, 0), tuple(findings))

    def after(self, findings: Iterable[Finding]) -> Followed:
        """After another look; what is new in it was equal once and is not followed."""
        now = _grouped(findings)
        kept = {thing: now[thing] for thing in self.things if thing in now}
        steady = {
            thing: self.steady[thing] + 1 if self.things[thing] == look else 0
            for thing, look in kept.items()
        }
        gone = self.things.keys() - kept.keys()
        moved = self.schema_moved or any(kind not in CONTENT for kind, _, _ in gone)
        return Followed(kept, steady, tuple(f for f in findings if _thing(f) in kept), moved)

    def narrowed(self, scope: Scope) -> Scope:
        """Only the relations that differ, where nothing but their rows and states does."""
        kinds = {kind for kind, _, _ in self.things}
        if kinds - CONTENT:
            return scope
        if Kind.LARGE_OBJECT in kinds:  # no relation holds them
            return replace(scope, parts="data")
        return replace(
            scope, include_tables=tuple(sorted({name for _, name, _ in self.things})), parts="data"
        )

    def keys(self) -> dict[str, list[str]]:
        """The keys of rows that differ, by relation."""
        rows: dict[str, list[str]] = {}
        for kind, name, key in self.things:
            if kind == Kind.ROW and key is not None:
                rows.setdefault(name, []).append(key)
        return rows

    def settled(self, looks: int) -> list[Thing]:
        """What has stayed the same through every look."""
        return [thing for thing, count in self.steady.items() if count >= looks]


def _told_otherwise(first: Comparison, seen: Comparison, followed: Followed) -> bool:
    """Whether the rows of a relation have other keys by now, or none: they cannot be followed."""
    return any(
        seen.identified.get(name) != first.identified.get(name) for _, name, _ in followed.things
    )


def _judged(first: Comparison, followed: Followed, *, proved: str | None, looks: int) -> Comparison:
    waited = f"{looks} look{'s' * (looks != 1)}"
    before = len(_grouped(first.findings))
    flown = before - len(followed.things)
    notes = [*first.warnings, f"{flown} of {before} that differed at first were in flight"]
    sure = set(followed.things if proved else followed.settled(looks))
    moving = followed.things.keys() - sure
    kept = tuple(finding for finding in followed.findings if _thing(finding) in sure)
    counted = Collector(0)
    counted.extend(kept)
    if proved:
        notes.append(f"what differed was judged with both sides at {proved} of the source's log")
    if kept and moving:
        notes.append(f"{len(moving)} more never settled in {waited}")
    judged = replace(
        first,
        equality=Equality.DIFFERENT if kept else Equality.EQUAL,
        findings=kept,
        warnings=tuple(notes),
        totals=dict(counted.totals),
        rows=counted.rows,
        used=tuple(sorted({*first.used, Route.LIVE})),
    )
    if followed.schema_moved:
        return unknown(judged, _SCHEMA)
    if kept:
        return judged
    names = sorted({name for _, name, _ in moving})
    settled = f"{len(moving)} never settled in {waited}: {', '.join(names[:5])}"
    doubts = [*first.doubts, *([Doubt(settled)] if moving else [])]
    return unknown(replace(judged, doubts=tuple(doubts[:-1])), doubts[-1]) if doubts else judged


def _thing(finding: Finding) -> Thing:
    return finding.kind, finding.object, finding.key


def _grouped(findings: Iterable[Finding]) -> dict[Thing, Values]:
    """Findings by what they are about: a row that arrives late may then differ in a column."""
    things: dict[Thing, set[tuple[str | None, str | None, str | None]]] = {}
    for finding in findings:
        values = (finding.column, finding.source, finding.target)
        things.setdefault(_thing(finding), set()).add(values)
    return {thing: frozenset(values) for thing, values in things.items()}
