"""Are two databases the same? Catalogs, rows, sequences, large objects and roles of both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from assay import clock
from assay.errors import AssayError, TimedOut, UsageError
from assay.oracle.catalog.differ import count_objects, differences
from assay.oracle.catalog.fingerprint import RULES, Reading, read_items
from assay.oracle.catalog.item import Item, qualified, schema_of
from assay.oracle.catalog.passwords import told_of_passwords
from assay.oracle.catalog.sequences import NO_STATE, unreadable_sequences
from assay.oracle.catalog.warnings import rewritten_relations, version_warnings
from assay.oracle.large.digest import BITS, sample_condition
from assay.oracle.large.gate import Gate
from assay.oracle.question import Question
from assay.oracle.rows.differing import DifferingRows
from assay.oracle.rows.merge import compare_rows
from assay.oracle.rows.narrowed import check_narrowing, narrowed_plan, renamed_relation
from assay.oracle.rows.plan import Plan, Relation, list_relations, plan_rows
from assay.oracle.second_opinion.globals import globals_take_part, opinion_on_globals
from assay.oracle.second_opinion.schema import second_opinion
from assay.oracle.session.parallel import ParallelSessions
from assay.oracle.session.position import position_holds, reach_position
from assay.oracle.session.side import Side, open_side
from assay.oracle.words.both import Both
from assay.oracle.words.collector import Collector
from assay.oracle.words.finding import Comparison, Cost, Finding, conclude
from assay.oracle.words.kinds import Kind
from assay.oracle.words.marks import RUN
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.redaction import Redaction
from assay.oracle.words.scope import Scope, SideName
from assay.postgres.address import Address

Progress = Callable[[str], None]
ATTEMPTS = 3  # to find a moment in which nobody writes
DATA_RULES = ("rows", "multiplicity", "pinned-settings")
ALL_RULES = (*RULES, *DATA_RULES)
EVERYTHING = Question()


def compare(
    source: Address,
    target: Address,
    question: Question = EVERYTHING,
    *,
    progress: Progress | None = None,
    differing: DifferingRows | None = None,
) -> Comparison:
    """Answer a question about two databases; never raises for what servers do.

    UsageError: the question names what is not there. Interrupted: Ctrl-C, with what was seen.
    `differing` is given every row that differs, whole, and the states of sequences.
    """
    work = _Work(
        addresses=Both(source, target),
        question=question,
        progress=progress if progress is not None else _silent,
        found=Collector(
            question.keep,
            Redaction() if question.redact else None,
            None if differing is None else differing.add,
        ),
        differing=differing,
    )
    started = clock.monotonic()
    try:
        work.run()
    except UsageError:
        raise
    except (AssayError, psycopg.Error, OSError) as error:
        work.causes.append(f"{work.doing}: {_said(error)}")
    except KeyboardInterrupt as interrupt:
        work.causes.append(f"interrupted at: {work.doing}")
        raise Interrupted(work.conclusion(clock.monotonic() - started)) from interrupt
    return work.conclusion(clock.monotonic() - started)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C; `comparison` is what was seen until then."""

    def __init__(self, comparison: Comparison) -> None:
        """Keep what was seen."""
        self.comparison = comparison
        super().__init__(comparison.why)


@dataclass(slots=True)
class _Work:
    """One comparison while it runs: what was found, what was looked at, what stood in the way."""

    addresses: Both[Address]
    question: Question
    progress: Progress
    found: Collector
    compared: dict[str, int] = field(default_factory=dict)
    causes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    proved: dict[str, int] = field(default_factory=dict)
    identified: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cost: dict[str, Cost] = field(default_factory=dict)
    sessions: ParallelSessions | None = None
    gate: Gate | None = None
    position: str | None = None
    differing: DifferingRows | None = None
    doing: str = "connecting"

    @property
    def scope(self) -> Scope:
        """What is compared."""
        return self.question.scope

    @property
    def narrowing(self) -> Narrowing:
        """What of single tables is compared."""
        return self.question.narrowing

    def conclusion(self, seconds: float) -> Comparison:
        """What all of it comes to."""
        return conclude(
            self.found.kept,
            compared=self.compared,
            limit=None,
            warnings=self.warnings,
            seconds=seconds,
            omitted=self.found.omitted,
            proved=self.proved,
            unknown="; ".join(self.causes) or None,
            totals=dict(self.found.totals),
            cost=self.cost,
            position=self.position,
            identified=self.identified,
            rows=self.found.rows,
        )

    def run(self) -> None:
        """Schema first, then rows relation by relation, each side in its one snapshot."""
        with ExitStack() as stack:
            sides = self._open(stack)
            check_narrowing(sides, self.narrowing)
            self._say("reading catalogs")
            source, target = self._seen(sides.at_once(self._items))
            found = differences(source, target, scope=self.scope, database=sides[0].database)
            found = list(told_of_passwords(found))
            if self.differing is not None:
                moved = {one.object for one in found if one.kind == Kind.SEQUENCE_STATE}
                self.differing.sequences += [
                    item
                    for item in source
                    if item.kind == Kind.SEQUENCE_STATE and item.name in moved
                ]
            self.found.extend(found)
            self.compared = {**count_objects(source), "relations": 0, "rows": 0}
            self.warnings += version_warnings(sides)
            if self.question.sample is None:
                self.sessions = ParallelSessions(sides, self.addresses, stack, self.question.jobs)
                self.gate = Gate(sides, self.sessions, self.question)
            if self.scope.parts != "schema":
                self._sequences(sides)
                self._rows(sides)
            self.warnings += self.sessions.notes if self.sessions is not None else []
            if self.question.sample is not None:
                part = f"a sample: about {self.question.sample:g} % of the rows were compared"
                (self.warnings if self.found.count else self.causes).append(part)
            self._say("checking that nothing was rewritten meanwhile")
            self.causes += rewritten_relations(sides)
            if self.question.tools is not None and self.scope.parts != "data":
                self._opinions(sides, found, tools=self.question.tools)

    def _opinions(self, sides: Both[Side], found: list[Finding], *, tools: Path) -> None:
        """What pg_dump says, and pg_dumpall where all that it is about was compared."""
        self._say("asking pg_dump for a second opinion")
        asked = self.addresses
        dumped = [one for one in found if not self.narrowing.leaves_undumped(one.object)]
        opinions = [second_opinion(asked, sides, tools=tools, scope=self.scope,
                                   narrowing=self.narrowing, found=dumped)]  # fmt: skip
        if globals_take_part(sides, self.scope):
            self._say("asking pg_dumpall for a second opinion")
            opinions.append(
                opinion_on_globals(
                    asked, sides, tools=tools, found=found, passwords=self.question.passwords
                )
            )
        for opinion in opinions:
            self.found.extend(opinion.findings)
            self.causes += opinion.causes

    def _open(self, stack: ExitStack) -> Both[Side]:
        """Both snapshots; of a moving pair at one proven position, where there is one."""
        for _ in range(ATTEMPTS if self.question.live else 0):
            self._say("waiting for one position of both sides")
            reached = reach_position(*self.addresses)
            if reached is None:
                break
            with ExitStack() as trial:
                sides = self._snapshots(trial)
                if position_holds(reached, self.addresses[0]):
                    self.position = reached.lsn
                    stack.push(trial.pop_all())
                    return sides
        return self._snapshots(stack)

    def _snapshots(self, stack: ExitStack) -> Both[Side]:
        pinned = "pinned-settings" not in self.question.without
        names: tuple[SideName, SideName] = ("source", "target")

        def enter(address: Address, name: SideName) -> Side:
            opened = open_side(address, name=name, pinned=pinned, limits=self.question.limits)
            return stack.enter_context(opened)

        named = Both((self.addresses.source, names[0]), (self.addresses.target, names[1]))
        sides = named.at_once(lambda one: enter(*one))
        stack.callback(self._reckon, sides)
        return Both(sides.source.common_with(sides.target), sides.target.common_with(sides.source))

    def _reckon(self, sides: Both[Side]) -> None:
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
        asked = self.question
        return read_items(side, scope=self.scope, without=asked.without,
                          narrowing=asked.narrowing, passwords=asked.passwords)  # fmt: skip

    def _seen(self, readings: Both[Reading]) -> Both[list[Item]]:
        """Both sides' items; what only a superuser may read keeps us from telling."""
        hidden = sorted({name for reading in readings for name in reading.hidden})
        if hidden:
            self.causes.append(f"only a superuser may read: {', '.join(hidden)}")
        return readings.map(lambda reading: reading.items)

    def _sequences(self, sides: Both[Side]) -> None:
        """Their states are items; here is said which of these could not be read."""
        if self.scope.sequences != "skip":
            self.causes += [
                f"{side.name} {qualified(name)}: {NO_STATE}"
                for side in sides
                for name, holder in unreadable_sequences(side)
                if self._takes_part(side, name) and self._takes_part(side, holder)
            ]

    def _rows(self, sides: Both[Side]) -> None:
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
                chosen = plan_rows(source, target, sides=sides)
                if self.differing is not None:  # what is hashed cannot be repaired
                    chosen = replace(chosen, wide=False)
                self._compare_rows(narrowed_plan(chosen, self.narrowing), sides)

    def _compare_rows(self, chosen: Plan, sides: Both[Side]) -> None:
        if ("rows" if chosen.key else "multiplicity") in self.question.without:
            return
        doing, digested = self.doing, 0
        if self.question.sample is not None and chosen.columns and not chosen.source.condition:
            chosen = chosen.only(sample_condition(chosen, self.question.sample))
        if chosen.source.name in self.question.keys:
            chosen = chosen.at(self.question.keys[chosen.source.name])
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

    def _relations(self, sides: Both[Side]) -> Iterator[tuple[Relation, Relation]]:
        """Relations that take part on both sides, by name; the others are findings already."""
        listed = [
            {name: renamed_relation(r, name, self.narrowing, side)
             for r in list_relations(side) if self._takes_part(side, r.parts)
             for name in [self.narrowing.source_name(side.name, r.name)]}
            for side in sides
        ]  # fmt: skip
        for name, relation in listed[0].items():
            if name in listed[1] and self.scope.has_rows_of(name):
                yield relation, listed[1][name]

    def _takes_part(self, side: Side, parts: Sequence[str]) -> bool:
        if self.scope.declared.covers(side.name, "schema", parts[0]):
            return False
        name = self.narrowing.source_name(side.name, qualified(parts))
        if not name:
            return False
        return self.scope.has_schema(schema_of(name)) and self.scope.has_relation(side.name, name)

    def _say(self, text: str) -> None:
        self.doing = text
        self.progress(text)


def _said(error: Exception) -> str:
    return RUN.without_credentials(" ".join(str(error).split())) or type(error).__name__


def _silent(_text: str) -> None:
    return None
