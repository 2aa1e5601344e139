"""What a comparison says: three values, exact differences, and how they were proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from assay.oracle.words.doubt import Doubt
from assay.oracle.words.route import Route

NOTHING = Doubt("nothing was compared")


class Equality(StrEnum):
    """EQUAL and DIFFERENT are proved; UNKNOWN says that nothing was."""

    EQUAL = "EQUAL"
    DIFFERENT = "DIFFERENT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Finding:
    """One exact difference.

    `kind` is a word from `words.kinds`; `object` the qualified name (`public.t`), `key` the
    row's key in canonical text, `column` a column or property, `source`/`target` both values, None
    meaning that the side has no such thing (an SQL NULL is the text ``NULL``). Where `side` names
    one, it is about that side alone: `source` is what was there before, `target` what is there now.
    """

    kind: str
    object: str
    key: str | None = None
    column: str | None = None
    source: str | None = None
    target: str | None = None
    side: str | None = None

    def __str__(self) -> str:
        where = self.object + (f" [{self.key}]" if self.key else "")
        where += f" {self.column}" if self.column else ""
        if self.side is not None:
            moved = f"before {_shown(self.source)}, now {_shown(self.target)}"
            return f"{self.kind} {where} on the {self.side}: {moved}"
        return f"{self.kind} {where}: source {_shown(self.source)}, target {_shown(self.target)}"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a comparison has cost one server: how long its snapshot was held, in how many sessions.

    `statement` and `lock` are the limits of each statement, as PostgreSQL writes durations.
    """

    snapshot: float
    sessions: int
    statement: str
    lock: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the oracle says of two databases.

    `compared` counts what was looked at (`{"relations": 3, "rows": 120, ...}`): nothing looked at
    is UNKNOWN. `proved` counts rows by how they were compared: ``bytes``, ``hash-256`` where long
    values are hashed, ``hash-64`` where a digest of each row was; `proof` is the weakest of them.
    `findings` may be capped; `omitted` counts the rest, and `totals` all of them by kind and
    object. `doubts` are what could not be told, beside what was found; `why` says it of UNKNOWN.
    `left_out` is what nobody asked about. `warnings` are facts that are no difference; `cost` is by
    side. `position` is a place in the source's log at which both sides were shown to be.
    `identified` names the columns that tell a relation's rows apart, none where equal rows were
    counted. `used` are the routes that led here. `rows` counts the ``missing``, ``extra`` and
    ``changed`` rows of each relation that differs in rows.
    """

    equality: Equality
    findings: tuple[Finding, ...] = ()
    omitted: int = 0
    compared: dict[str, int] = field(default_factory=dict)
    proved: dict[str, int] = field(default_factory=dict)
    why: str | None = None
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    totals: dict[str, int] = field(default_factory=dict)
    cost: dict[str, Cost] = field(default_factory=dict)
    position: str | None = None
    identified: dict[str, tuple[str, ...]] = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()
    left_out: tuple[str, ...] = ()
    used: tuple[Route, ...] = ()
    rows: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def proof(self) -> str:
        """How the rows that are proved least were compared."""
        hashes = [how for how in self.proved if how != "bytes"]
        return min(hashes, key=lambda how: int(how.partition("-")[2]), default="bytes")


def conclude(
    findings: Iterable[Finding],
    *,
    compared: dict[str, int],
    limit: int | None = 100,
    warnings: Iterable[str] = (),
    seconds: float = 0.0,
    omitted: int = 0,
    proved: Mapping[str, int] | None = None,
    doubts: Iterable[Doubt] = (),
    totals: dict[str, int] | None = None,
    cost: Mapping[str, Cost] | None = None,
    position: str | None = None,
    identified: Mapping[str, tuple[str, ...]] | None = None,
    left_out: Iterable[str] = (),
    used: Iterable[Route] = (),
    rows: Mapping[str, dict[str, int]] | None = None,
) -> Comparison:
    """A comparison from what was found: a finding that no doubt spoils is DIFFERENT.

    Otherwise a doubt is UNKNOWN, and so is nothing compared. `omitted` counts findings that the
    caller did not keep.
    """
    found, doubted = list(findings), tuple(doubts)
    kept = found if limit is None else found[:limit]
    counted = dict(Counter(map(about, found)) if totals is None else totals)
    if not counted and not doubted and not any(compared.values()):
        doubted = (NOTHING,)
    equality = _equality(counted, doubted)
    return Comparison(
        equality=equality,
        findings=tuple(kept),
        omitted=len(found) - len(kept) + omitted,
        compared=compared,
        proved=dict(proved or {}),
        why=_why(equality, doubted),
        warnings=tuple(warnings),
        seconds=round(seconds, 3),
        cost=dict(cost or {}),
        position=position,
        identified=dict(identified or {}),
        totals=counted,
        doubts=doubted,
        left_out=tuple(left_out),
        used=tuple(sorted(set(used))),
        rows=dict(rows or {}),
    )


def unknown(comparison: Comparison, doubt: Doubt) -> Comparison:
    """The same, where this keeps everybody from telling; its findings stay."""
    doubts = (*comparison.doubts, doubt)
    why = _why(Equality.UNKNOWN, doubts)
    return replace(comparison, equality=Equality.UNKNOWN, doubts=doubts, why=why)


def merge_comparisons(one: Comparison, other: Comparison, *, prefix: str = "") -> Comparison:
    """Both as one answer: sums, the weakest proof, DIFFERENT before UNKNOWN before EQUAL.

    `prefix` stands before the names of the other one's objects: those of another database.
    """
    doubts = (*one.doubts, *(_of(doubt, prefix) for doubt in other.doubts))
    equality = next(
        value
        for value in (Equality.DIFFERENT, Equality.UNKNOWN, Equality.EQUAL)
        if value in (one.equality, other.equality)
    )
    return Comparison(
        equality=equality,
        findings=(
            *one.findings,
            *(replace(f, object=f"{prefix}{f.object}") for f in other.findings),
        ),
        omitted=one.omitted + other.omitted,
        compared=_sums(one.compared, other.compared),
        proved=_sums(one.proved, other.proved),
        why=_why(equality, doubts),
        warnings=(*one.warnings, *(f"{prefix}{text}" for text in other.warnings)),
        seconds=round(one.seconds + other.seconds, 3),
        totals=_sums(one.totals, {_prefixed(name, prefix): n for name, n in other.totals.items()}),
        cost={**one.cost, **{s: _both(c, one.cost.get(s)) for s, c in other.cost.items()}},
        position=one.position if one.position == other.position else None,
        identified={
            **one.identified,
            **{f"{prefix}{n}": key for n, key in other.identified.items()},
        },
        doubts=doubts,
        left_out=tuple(dict.fromkeys((*one.left_out, *other.left_out))),
        used=tuple(sorted({*one.used, *other.used})),
        rows={**one.rows, **{f"{prefix}{name}": n for name, n in other.rows.items()}},
    )


def about(finding: Finding) -> str:
    """What a finding is counted under: its kind and its object."""
    return f"{finding.kind} {finding.object}"


def _equality(totals: Mapping[str, int], doubts: Iterable[Doubt]) -> Equality:
    told = list(doubts)
    if totals.keys() - {name for doubt in told for name in doubt.spoils}:
        return Equality.DIFFERENT
    return Equality.UNKNOWN if told else Equality.EQUAL


def _why(equality: Equality, doubts: Iterable[Doubt]) -> str | None:
    return "; ".join(map(str, doubts)) if equality is Equality.UNKNOWN else None


def _sums(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def _prefixed(name: str, prefix: str) -> str:
    kind, _, thing = name.partition(" ")
    return f"{kind} {prefix}{thing}"


def _of(doubt: Doubt, prefix: str) -> Doubt:
    spoils = tuple(_prefixed(name, prefix) for name in doubt.spoils)
    return replace(doubt, what=f"{prefix}{doubt.what}", spoils=spoils)


def _both(cost: Cost, before: Cost | None) -> Cost:
    """One snapshot after the other."""
    if before is None:
        return cost
    sessions = max(cost.sessions, before.sessions)
    return replace(cost, snapshot=round(cost.snapshot + before.snapshot, 3), sessions=sessions)


def _shown(value: str | None) -> str:
    if value is None:
        return "(absent)"
    return value if len(value) <= 120 else f"{value[:100]}… ({len(value)} characters)"
