"""Are two databases the same? Catalogs, rows, sequences, large objects and roles of both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import psycopg

from assay import clock
from assay.errors import AssayError, TimedOut, UsageError
from assay.oracle.catalog.coverage import overlooked_catalogs
from assay.oracle.catalog.differ import count_objects, differences
from assay.oracle.catalog.fingerprint import (
    MOVING,
    RULES,
    Reading,
    read_built_ins,
    read_items,
)
from assay.oracle.catalog.inherited import INHERITED_RULES
from assay.oracle.catalog.item import Item, qualified, schema_of
from assay.oracle.catalog.kin import Kin
from assay.oracle.catalog.passwords import told_of_passwords
from assay.oracle.catalog.sequences import unreadable_sequences
from assay.oracle.catalog.warnings import (
    remade_warnings,
    rewritten_relations,
    untrusted_relations,
    version_warnings,
)
from assay.oracle.large.digest import BITS, sample_condition
from assay.oracle.large.gate import Gate
from assay.oracle.question import Question
from assay.oracle.rows.differing import DifferingRows
from assay.oracle.rows.merge import compare_rows
from assay.oracle.rows.narrowed import check_narrowing, narrowed_plan, renamed_relation
from assay.oracle.rows.plan import UNREADABLE, Plan, Relation, list_relations, plan_rows
from assay.oracle.rows.small import equal_relations, is_small
from assay.oracle.second_opinion.globals import (
    globals_take_part,
    opinion_on_globals,
    start_globals_dumps,
)
from assay.oracle.second_opinion.schema import Opinion, PlannedDumps, second_opinion
from assay.oracle.session.parallel import ParallelSessions
from assay.oracle.session.position import position_holds, reach_position
from assay.oracle.session.same import demand_two_databases
from assay.oracle.session.side import Shared, Side, open_side
from assay.oracle.words.both import Both
from assay.oracle.words.collector import Collector
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.extent import Extent
from assay.oracle.words.finding import Comparison, Cost, Finding, conclude
from assay.oracle.words.kinds import Kind
from assay.oracle.words.left_out import left_out
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.redaction import Redaction
from assay.oracle.words.route import Route
from assay.oracle.words.scope import Scope, SideName
from assay.oracle.words.values import printable
from assay.postgres.address import Address

Progress = Callable[[str], None]
ATTEMPTS = 3  # to find a moment in which nobody writes
DATA_RULES = ("rows", "multiplicity", "pinned-settings")
ALL_RULES = (*RULES, *DATA_RULES, *INHERITED_RULES)
EVERYTHING = Question()
NO_DATA = Doubt("no rows, sequences or large objects were read")
_ROWS = (f"{Kind.ROW} ", f"{Kind.MULTIPLICITY} ")


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
        work.fail(error)
    except KeyboardInterrupt as interrupt:
        work.interrupt()
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
    doubts: list[Doubt] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    proved: dict[str, int] = field(default_factory=dict)
    identified: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cost: dict[str, Cost] = field(default_factory=dict)
    sessions: ParallelSessions | None = None
    gate: Gate | None = None
    position: str | None = None
    inherited: set[tuple[str, str]] = field(default_factory=set)
    kin: Kin = field(default_factory=Kin)
    left_out: tuple[str, ...] = ()
    routes: set[Route] = field(default_factory=set)
    read: list[Both[Relation]] = field(default_factory=list)
    unchecked: bool = True  # nobody has looked yet whether relations were rewritten meanwhile
    differing: DifferingRows | None = None
    doing: str = "connecting"

    @property
    def scope(self) -> Scope:
        """What is compared."""
        return self.question.scope

    @property
    def extent(self) -> Extent:
        """How far the scope reaches."""
        return self.kin.extent(self.scope)

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
            doubts=self.doubts,
            totals=dict(self.found.totals),
            cost=self.cost,
            position=self.position,
            identified=self.identified,
            left_out=self.left_out,
            used=self.routes,
            rows=self.found.rows,
        )

    def run(self) -> None:
        """Schema first, then rows relation by relation, each side in its one snapshot."""
        with ExitStack() as stack:
            sides = self._open(stack)
            demand_two_databases(sides)
            check_narrowing(sides, self.narrowing)
            self.kin = Kin.of(self.scope, sides, self.narrowing)
            dumps = self._start_dumps(sides)
            self._say("reading catalogs")
            found = self._catalogs(sides)
            self.doubts += overlooked_catalogs(sides)
            if self.question.sample is None:
                self.sessions = ParallelSessions(sides, self.addresses, stack, self.question.jobs)
                self.gate = Gate(sides, self.sessions, self.question, self.routes)
            if self.scope.parts != "schema":
                self._sequences(sides)
                self._rows(sides)
            self.warnings += remade_warnings(sides, self.found)
            self.warnings += self.sessions.notes if self.sessions is not None else []
            if self.question.sample is not None:
                part = f"a sample: about {self.question.sample:g} % of the rows were compared"
                if self.found.count:
                    self.warnings.append(part)
                else:
                    self.doubts.append(Doubt(part, remedy="ask without --sample"))
            self._say("checking that nothing was rewritten meanwhile")
            self.doubts += rewritten_relations(sides)
            self.unchecked = False
            if dumps is not None:
                self._opinions(dumps, sides, found)

    def fail(self, error: Exception) -> None:
        """What ended the comparison; rows that differ may then be those of a truncated table."""
        doubt = Doubt.of(error, doing=self.doing)
        self.doubts.append(replace(doubt, spoils=tuple(self._untrusted())))

    def interrupt(self) -> None:
        """Somebody ended it: nothing is wrong, but what was found may be of a truncated table."""
        what = f"interrupted at: {self.doing}"
        self.doubts.append(Doubt(what, spoils=tuple(self._untrusted())))

    def _untrusted(self) -> list[str]:
        """What was found of rows, but of relations that are still those that were read."""
        found = [name for name in self.found.totals if name.startswith(_ROWS)]
        if not self.unchecked or not found:
            return []
        try:
            replaced = untrusted_relations(self.addresses, self.read)
        except (AssayError, psycopg.Error):  # the first failure is what counts
            return found
        return [name for name in found if name.partition(" ")[2] in replaced]

    def _catalogs(self, sides: Both[Side]) -> list[Finding]:
        """Everything but rows; of the items nothing is kept."""
        self.routes.add(Route.CATALOGS)
        readings = sides.at_once(self._items)
        source, target = self._with_built_ins(readings, sides)
        differ = differences(source, target, scope=self.scope, database=sides[0].database)
        found = list(told_of_passwords(differ))
        self.found.extend(found)
        if self.differing is not None:
            moved = {one.object for one in found if one.kind == Kind.SEQUENCE_STATE}
            self.differing.sequences += [
                item for item in source if item.kind == Kind.SEQUENCE_STATE and item.name in moved
            ]
        self.compared = {**count_objects(readings.source.items), "relations": 0, "rows": 0}
        self.warnings += version_warnings(sides)
        self.left_out = left_out(
            self.extent,
            narrowing=self.narrowing,
            passwords=self.question.passwords,
            foreign={name for reading in readings for name in reading.foreign},
        )
        self.doubts += [doubt for reading in readings for doubt in reading.doubts]
        return found

    def _start_dumps(self, sides: Both[Side]) -> PlannedDumps | None:
        """They take as long as we do to read the catalogs, on cores of their own."""
        tools = self.question.tools
        if tools is None or self.scope.parts == "data":
            return None
        dumps = PlannedDumps.of(self.addresses, sides, tools=tools, extent=self.extent,
                                 narrowing=self.narrowing)  # fmt: skip
        dumps.start()
        if globals_take_part(sides, self.scope):
            start_globals_dumps(self.addresses, sides, tools=tools)
        return dumps

    def _opinions(self, dumps: PlannedDumps, sides: Both[Side], found: list[Finding]) -> None:
        """What pg_dump says, and pg_dumpall where all that it is about was compared."""
        self._opinion(
            Route.DUMP, lambda: second_opinion(dumps, found=found, inherited=self.inherited)
        )
        if globals_take_part(sides, self.scope):
            asked, tools = self.addresses, dumps.tools
            passwords = self.question.passwords
            self._opinion(
                Route.GLOBALS,
                lambda: opinion_on_globals(
                    asked, sides, tools=tools, found=found, passwords=passwords
                ),
            )

    def _opinion(self, route: Route, ask: Callable[[], Opinion]) -> None:
        self._say(f"asking for {route}")
        try:
            opinion = ask()
        except AssayError as error:  # the servers are well: the other opinion stands
            self.doubts.append(Doubt.of(error, doing=self.doing))
            return
        self.routes.add(route)
        self.found.extend(opinion.findings)
        self.doubts += opinion.doubts

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
        shared = Shared()
        return Both(
            sides.source.common_with(sides.target, shared),
            sides.target.common_with(sides.source, shared),
        )

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
        asked, more = self.question, MOVING if self.question.state else {}
        return read_items(side, extent=self.extent, without=asked.without, more=more,
                          narrowing=asked.narrowing, passwords=asked.passwords)  # fmt: skip

    def _with_built_ins(self, readings: Both[Reading], sides: Both[Side]) -> Both[list[Item]]:
        """Both sides' items, and what somebody changed of what every server has."""
        built_ins = read_built_ins(sides, extent=self.extent, without=self.question.without)
        for reading, items in zip(readings, built_ins, strict=True):
            keys = {*reading.inherited, *(item.key for item in items)}
            self.inherited |= {(kind, printable(name)) for kind, name in keys}
        return Both(*(
            [*reading.items, *items] for reading, items in zip(readings, built_ins, strict=True)
        ))  # fmt: skip

    def _sequences(self, sides: Both[Side]) -> None:
        """Their states are items; here is said which of these could not be read."""
        if self.scope.sequences != "skip":
            self.doubts += [
                one.doubt
                for side in sides
                for one in unreadable_sequences(side)
                if self._takes_part(side, one.parts)
            ]

    def _rows(self, sides: Both[Side]) -> None:
        pairs = list(self._relations(sides))
        equal = self._equal_relations(pairs, sides)
        for number, (source, target) in enumerate(pairs, 1):
            if source.name in equal:
                continue
            for side in sides:
                self._in_time(side)
            self._say(f"rows of {source.name} ({number} of {len(pairs)})")
            unreadable = [
                Doubt(f"{relation.name}: {relation.unreadable}", side.name,
                      remedy=UNREADABLE[relation.unreadable])
                for side, relation in zip(sides, (source, target), strict=True)
                if relation.unreadable
            ]  # fmt: skip
            self.doubts += unreadable
            if not unreadable:
                self.read.append(Both(source, target))
                self._compare_rows(self._plan(source, target, sides), sides)
        self.doubts += self.kin.unread(self.scope, {source.name for source, _ in pairs})
        data = ("sequences", "large objects")
        rowless = self.compared["objects"] and not pairs
        if self.scope.parts == "data" and rowless and not any(map(self.compared.get, data)):
            self.doubts.append(NO_DATA)

    def _plan(self, source: Relation, target: Relation, sides: Both[Side]) -> Plan:
        """How the rows that were asked for are read, whichever way they go."""
        chosen = plan_rows(source, target, sides=sides)
        if self.differing is not None:  # what is hashed cannot be repaired
            chosen = replace(chosen, wide=False)
        return narrowed_plan(chosen, self.narrowing)

    def _equal_relations(
        self, pairs: Sequence[tuple[Relation, Relation]], sides: Both[Side]
    ) -> set[str]:
        """The names of small relations whose rows are the same: many are asked for at once."""
        if self.question.sample is not None:
            return set()
        plans = (
            self._plan(*pair, sides)
            for pair in pairs
            if not any(one.unreadable or one.name in self.question.keys for one in pair)
        )
        limit = min(self.question.small, self.question.large - 1)
        small = [plan for plan in plans if is_small(plan, sides, limit) and not self._is_off(plan)]
        self._say(f"rows of small tables ({len(small)})")

        def progress(seen: int) -> None:
            for side in sides:
                self._in_time(side)
            self.progress(f"{self.doing}: {seen}")

        equal = set()
        self.routes |= {Route.TOGETHER} if small else set()
        for plan, rows in equal_relations(small, sides, progress):
            self._count(plan, rows)
            self._prove("bytes", rows)
            equal.add(plan.source.name)
        return equal

    def _is_off(self, chosen: Plan) -> bool:
        return ("rows" if chosen.key else "multiplicity") in self.question.without

    def _count(self, chosen: Plan, rows: int) -> None:
        self.identified[chosen.source.name] = chosen.key
        self.compared["relations"] += 1
        self.compared["rows"] += rows

    def _compare_rows(self, chosen: Plan, sides: Both[Side]) -> None:
        if self._is_off(chosen):
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
            self.routes.add(Route.MERGED)
            merged = compare_rows(
                chosen,
                sides=sides,
                found=self.found,
                progress=lambda rows: self.progress(f"{doing}: {rows} rows"),
            )
        self._prove("hash-256" if chosen.wide else "bytes", merged.rows - digested)
        self._prove(f"hash-{BITS}", digested)
        self._count(chosen, merged.rows)
        if merged.invalid and not chosen.strict and sides[1].encoding == "UTF8":
            self.warnings.append(
                f"{chosen.source.name}: {merged.invalid} equal rows hold text that is not UTF-8"
            )

    def _prove(self, how: str, rows: int) -> None:
        if rows:
            self.proved[how] = self.proved.get(how, 0) + rows

    def _relations(self, sides: Both[Side]) -> Iterator[tuple[Relation, Relation]]:
        """Relations that take part on both sides, by name; the others are findings already."""
        listed = sides.at_once(
            lambda side: {
                name: renamed_relation(relation, name, self.narrowing, side)
                for relation in list_relations(side)
                if self._takes_part(side, relation.parts)
                for name in [self.narrowing.source_name(side.name, relation.name)]
            }
        )
        for name, relation in listed[0].items():
            if name in listed[1] and self.extent.has_rows_of(name):
                yield relation, listed[1][name]

    def _takes_part(self, side: Side, parts: Sequence[str]) -> bool:
        if self.scope.declared.covers(side.name, "schema", parts[0]):
            return False
        name = self.narrowing.source_name(side.name, qualified(parts))
        return bool(name) and self.extent.has_relation(side.name, name, schema=schema_of(name))

    def _say(self, text: str) -> None:
        self.doing = text
        self.progress(text)


def _silent(_text: str) -> None:
    return None
