"""Are two databases the same? Catalogs, rows, sequences, large objects and roles of both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from assay import clock
from assay.errors import AssayError, TimedOut
from assay.oracle.collector import Collector
from assay.oracle.data import Plan, Relation, list_relations, plan
from assay.oracle.differ import counts, differences
from assay.oracle.digest import BITS, sampled
from assay.oracle.dump import second_opinion
from assay.oracle.finding import Comparison, Cost, Finding, conclude
from assay.oracle.fingerprint import RULES, Reading, read_items
from assay.oracle.gate import Gate
from assay.oracle.globals import opinion_on_globals, takes_part
from assay.oracle.item import Item, qualified
from assay.oracle.position import holds, reach
from assay.oracle.rows import compare_rows
from assay.oracle.scope import Scope, SideName
from assay.oracle.sequences import NO_STATE, unreadable_sequences
from assay.oracle.sessions import Sessions
from assay.oracle.side import Limits, Side, open_side
from assay.oracle.veil import Veil
from assay.oracle.warnings import rewritten, version_warnings
from assay.postgres.address import Address

Progress = Callable[[str], None]
ATTEMPTS = 3  # to find a moment in which nobody writes
DATA_RULES = ("rows", "multiplicity", "pinned-settings")
ALL_RULES = (*RULES, *DATA_RULES)


def compare(
    source: Address,
    target: Address,
    *,
    scope: Scope | None = None,
    limit: int | None = 100,
    progress: Progress | None = None,
    tools: Path | None = None,
    exact: bool = False,
    redact: bool = False,
    limits: Limits | None = None,
    live: bool = False,
    sample: float | None = None,
    keys: Mapping[str, Sequence[str]] | None = None,
    without: frozenset[str] = frozenset(),
) -> Comparison:
    """Compare two databases as `scope` says; never raises for what servers do.

    At most `limit` findings are kept, None keeps all. With `tools` (a folder with pg_dump) the
    dumps of both must agree with the catalogs. Large relations are digested first, by 64 bits for
    each row, and read only where the digests differ; `exact` reads them all. `redact` keeps what
    rows hold out of findings, `limits` bound what it costs the servers. `live` looks for
    one proven position of a moving pair first. `sample` reads so many of a hundred rows, the
    same on both sides, and is never EQUAL. Of relations that `keys` names only rows with these
    keys are read, where their findings' keys tell which. `without` switches rules off, for the
    oracle's own tests only.
    """
    work = _Work(
        addresses=(source, target),
        scope=scope if scope is not None else Scope(),
        progress=progress if progress is not None else _silent,
        tools=tools,
        exact=exact,
        limits=limits if limits is not None else Limits(),
        live=live,
        sample=sample,
        keys=keys if keys is not None else {},
        without=without,
        found=Collector(limit, Veil() if redact else None),
    )
    started = clock.monotonic()
    try:
        work.run()
    except (AssayError, psycopg.Error, OSError) as error:
        work.causes.append(f"{work.doing}: {_said(error)}")
    return conclude(
        work.found.kept,
        compared=work.compared,
        limit=None,
        warnings=work.warnings,
        seconds=clock.monotonic() - started,
        omitted=work.found.omitted,
        proved=work.proved,
        unknown="; ".join(work.causes) or None,
        totals=dict(work.found.totals),
        cost=work.cost,
        position=work.position,
        identified=work.identified,
    )


@dataclass(slots=True)
class _Work:
    """One comparison while it runs: what was found, what was looked at, what stood in the way."""

    addresses: tuple[Address, Address]
    scope: Scope
    progress: Progress
    tools: Path | None
    exact: bool
    limits: Limits
    live: bool
    sample: float | None
    keys: Mapping[str, Sequence[str]]
    without: frozenset[str]
    found: Collector
    compared: dict[str, int] = field(default_factory=dict)
    causes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    proved: dict[str, int] = field(default_factory=dict)
    identified: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cost: dict[str, Cost] = field(default_factory=dict)
    sessions: Sessions | None = None
    gate: Gate | None = None
    position: str | None = None
    doing: str = "connecting"

    def run(self) -> None:
        """Schema first, then rows relation by relation, each side in its one snapshot."""
        with ExitStack() as stack:
            sides = self._open(stack)
            self._say("reading catalogs")
            with ThreadPoolExecutor(2) as pool:
                read = [pool.submit(self._items, side) for side in sides]
                source, target = self._seen([future.result() for future in read])
            found = differences(source, target, scope=self.scope, database=sides[0].database)
            self.found.extend(found)
            self.compared = {**counts(source), "relations": 0, "rows": 0}
            self.warnings += version_warnings(sides)
            if self.sample is None:
                self.sessions = Sessions(sides, self.addresses, stack)
                self.gate = Gate(sides, self.sessions, exact=self.exact)
            if self.scope.parts != "schema":
                self._sequences(sides)
                self._rows(sides)
            self.warnings += self.sessions.notes if self.sessions is not None else []
            if self.sample is not None:
                part = f"a sample: about {self.sample:g} % of the rows were compared"
                (self.warnings if self.found.count else self.causes).append(part)
            self._say("checking that nothing was rewritten meanwhile")
            self.causes += rewritten(sides)
            if self.tools is not None and self.scope.parts != "data":
                self._opinions(sides, found, tools=self.tools)

    def _opinions(self, sides: tuple[Side, Side], found: list[Finding], *, tools: Path) -> None:
        """What pg_dump says, and pg_dumpall where all that it is about was compared."""
        self._say("asking pg_dump for a second opinion")
        asked = self.addresses
        opinions = [second_opinion(asked, sides, tools=tools, scope=self.scope, found=found)]
        if takes_part(sides, self.scope):
            self._say("asking pg_dumpall for a second opinion")
            opinions.append(opinion_on_globals(asked, sides, tools=tools, found=found))
        for opinion in opinions:
            self.found.extend(opinion.findings)
            self.causes += opinion.causes

    def _open(self, stack: ExitStack) -> tuple[Side, Side]:
        """Both snapshots; of a moving pair at one proven position, where there is one."""
        for _ in range(ATTEMPTS if self.live else 0):
            self._say("waiting for one position of both sides")
            reached = reach(*self.addresses)
            if reached is None:
                break
            with ExitStack() as trial:
                sides = self._snapshots(trial)
                if holds(reached, self.addresses[0]):
                    self.position = reached.lsn
                    stack.push(trial.pop_all())
                    return sides
        return self._snapshots(stack)

    def _snapshots(self, stack: ExitStack) -> tuple[Side, Side]:
        pinned = "pinned-settings" not in self.without
        names: tuple[SideName, SideName] = ("source", "target")

        def enter(address: Address, name: SideName) -> Side:
            opened = open_side(address, name=name, pinned=pinned, limits=self.limits)
            return stack.enter_context(opened)

        with ThreadPoolExecutor(2) as pool:
            source, target = pool.map(enter, self.addresses, names)
        stack.callback(self._reckon, (source, target))
        return source.common_with(target), target.common_with(source)

    def _reckon(self, sides: tuple[Side, Side]) -> None:
        """What it has cost, when the snapshots end."""
        for side in sides:
            held = round(clock.monotonic() - side.since, 3)
            opened = self.sessions.of if self.sessions is not None else ()
            used = {own[0].name: len(own) for own in opened}
            limits = (side.limits.statement, side.limits.lock)
            self.cost[side.name] = Cost(held, used.get(side.name, 1), *limits)

    def _in_time(self, side: Side) -> None:
        """Servers before 17 do not limit whole transactions: between relations we do."""
        if clock.monotonic() - side.since > side.limits.snapshot * 60:
            raise TimedOut(
                f"The snapshot of the {side.name} was held for {side.limits.snapshot:g} minutes.",
                remedy="give --max-snapshot more minutes, or compare parts with --table",
            )

    def _items(self, side: Side) -> Reading:
        return read_items(side, scope=self.scope, without=self.without)

    def _seen(self, readings: list[Reading]) -> tuple[list[Item], list[Item]]:
        """Both sides' items; what only a superuser may read keeps us from telling."""
        hidden = sorted({name for reading in readings for name in reading.hidden})
        if hidden:
            self.causes.append(f"only a superuser may read: {', '.join(hidden)}")
        source, target = (reading.items for reading in readings)
        return source, target

    def _sequences(self, sides: tuple[Side, Side]) -> None:
        """Their states are items; here is said which of these could not be read."""
        if self.scope.sequences != "skip":
            self.causes += [
                f"{side.name} {qualified(name)}: {NO_STATE}"
                for side in sides
                for name, holder in unreadable_sequences(side)
                if self._takes_part(side, name) and self._takes_part(side, holder)
            ]

    def _rows(self, sides: tuple[Side, Side]) -> None:
        pairs = list(self._relations(sides))
        for number, (source, target) in enumerate(pairs, 1):
            for side in sides:
                self._in_time(side)
            self._say(f"rows of {source.name} ({number} of {len(pairs)})")
            unreadable = [
                f"{side.name} {relation.name}: {relation.unreadable}"
                for side, relation in zip(sides, (source, target), strict=True)
                if relation.unreadable
            ]
            self.causes += unreadable
            if not unreadable:
                self._compare_rows(plan(source, target, sides=sides), sides)

    def _compare_rows(self, chosen: Plan, sides: tuple[Side, Side]) -> None:
        if ("rows" if chosen.key else "multiplicity") in self.without:
            return
        doing, digested = self.doing, 0
        if self.sample is not None and chosen.columns and not chosen.source.condition:
            chosen = replace(chosen, among=sampled(chosen, self.sample))
        if chosen.source.name in self.keys:
            chosen = chosen.at(self.keys[chosen.source.name])
        if self.gate is not None and not chosen.among and self.gate.takes(chosen):
            merged, digested = self.gate.compare(
                chosen, found=self.found, progress=lambda text: self.progress(f"{doing}: {text}")
            )
        else:
            merged = compare_rows(
                chosen,
                sides=sides,
                found=self.found,
                progress=lambda rows: self.progress(f"{doing}: {rows} rows"),
            )
        self._prove("hash-256" if chosen.wide else "bytes", merged.rows - digested)
        self._prove(f"hash-{BITS}", digested)
        self.identified[chosen.source.name] = chosen.key
        self.compared["relations"] += 1
        self.compared["rows"] += merged.rows
        if merged.invalid and not chosen.strict and sides[1].encoding == "UTF8":
            self.warnings.append(
                f"{chosen.source.name}: {merged.invalid} equal rows hold text that is not UTF-8"
            )

    def _prove(self, how: str, rows: int) -> None:
        if rows:
            self.proved[how] = self.proved.get(how, 0) + rows

    def _relations(self, sides: tuple[Side, Side]) -> Iterator[tuple[Relation, Relation]]:
        """Relations that take part on both sides, by name; the others are findings already."""
        listed = [
            {r.name: r for r in list_relations(side) if self._takes_part(side, r.parts)}
            for side in sides
        ]
        for name, relation in listed[0].items():
            if name in listed[1] and self.scope.has_rows_of(name):
                yield relation, listed[1][name]

    def _takes_part(self, side: Side, parts: Sequence[str]) -> bool:
        if self.scope.declared.covers(side.name, "schema", parts[0]):
            return False
        return self.scope.has_schema(parts[0]) and self.scope.has_relation(
            side.name, qualified(parts)
        )

    def _say(self, text: str) -> None:
        self.doing = text
        self.progress(text)


def _said(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _silent(_text: str) -> None:
    return None
