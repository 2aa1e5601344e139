"""What a comparison says: three values, exact differences, and how they were proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


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
    meaning that the side has no such thing (an SQL NULL is the text ``NULL``).
    """

    kind: str
    object: str
    key: str | None = None
    column: str | None = None
    source: str | None = None
    target: str | None = None

    def __str__(self) -> str:
        where = self.object + (f" [{self.key}]" if self.key else "")
        where += f" {self.column}" if self.column else ""
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
    `findings` may be capped; `omitted` counts
    the rest, and `totals` all of them by kind and object. `why` says the cause of UNKNOWN; what
    was found before it stays. `warnings` are facts that are no difference; `cost` is by side.
    `position` is a place in the source's log at which both sides were shown to be. `identified`
    names the columns that tell a relation's rows apart, none where equal rows were counted. `rows`
    counts the ``missing``, ``extra`` and ``changed`` rows of each relation that differs in rows.
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
    unknown: str | None = None,
    totals: dict[str, int] | None = None,
    cost: Mapping[str, Cost] | None = None,
    position: str | None = None,
    identified: Mapping[str, tuple[str, ...]] | None = None,
    rows: Mapping[str, dict[str, int]] | None = None,
) -> Comparison:
    """A comparison from what was found: nothing compared is UNKNOWN, one finding is DIFFERENT.

    `unknown` is a cause that kept the comparison from its end, `omitted` counts findings that the
    caller did not keep.
    """
    found = list(findings)
    kept = found if limit is None else found[:limit]
    equality, why = Equality.EQUAL, unknown
    if unknown is not None:
        equality = Equality.UNKNOWN
    elif found:
        equality = Equality.DIFFERENT
    elif not any(compared.values()):
        equality, why = Equality.UNKNOWN, "nothing was compared"
    return Comparison(
        equality=equality,
        findings=tuple(kept),
        omitted=len(found) - len(kept) + omitted,
        compared=compared,
        proved=dict(proved or {}),
        why=why,
        warnings=tuple(warnings),
        seconds=round(seconds, 3),
        cost=dict(cost or {}),
        position=position,
        identified=dict(identified or {}),
        rows=dict(rows or {}),
        totals=dict(Counter(f"{f.kind} {f.object}" for f in found) if totals is None else totals),
    )


def _shown(value: str | None) -> str:
    if value is None:
        return "(absent)"
    return value if len(value) <= 120 else f"{value[:100]}… ({len(value)} characters)"
