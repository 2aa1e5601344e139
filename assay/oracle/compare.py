"""Are two databases the same? Catalogs, rows, sequences, large objects and roles of both sides."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import psycopg

from assay import clock
from assay.errors import AssayError, UsageError
from assay.oracle.catalog.blocked import read_around
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
from assay.oracle.catalog.item import Item
from assay.oracle.catalog.kin import Kin
from assay.oracle.catalog.passwords import told_of_passwords
from assay.oracle.catalog.warnings import (
    remade_warnings,
    rewritten_relations,
    untrusted_relations,
    version_warnings,
)
from assay.oracle.notes import Notes, Progress
from assay.oracle.question import Question
from assay.oracle.rows.differing import DifferingRows
from assay.oracle.rows.narrowed import check_narrowing
from assay.oracle.second_opinion.globals import (
    globals_take_part,
    opinion_on_globals,
    start_globals_dumps,
)
from assay.oracle.second_opinion.schema import Opinion, PlannedDumps, second_opinion
from assay.oracle.session.position import position_holds, reach_position
from assay.oracle.session.same import demand_two_databases
from assay.oracle.session.side import Shared, Side, open_side
from assay.oracle.words.both import Both
from assay.oracle.words.collector import Collector
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.extent import Extent
from assay.oracle.words.finding import Comparison, Cost, Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.left_out import left_out
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.redaction import Redaction
from assay.oracle.words.route import Route
from assay.oracle.words.scope import Scope, SideName
from assay.oracle.words.values import printable
from assay.postgres.address import Address
from assay.postgres.session import Connection

if TYPE_CHECKING:  # what reads rows is loaded while the dumps work: no program waits for it
    from assay.oracle.content import Content
    from assay.oracle.large.gate import Gate
    from assay.oracle.session.parallel import ParallelSessions

ATTEMPTS = 3  # to find a moment in which nobody writes
DATA_RULES = ("rows", "multiplicity", "pinned-settings")
ALL_RULES = (*RULES, *DATA_RULES, *INHERITED_RULES)
EVERYTHING = Question()
_ROWS = (f"{Kind.ROW} ", f"{Kind.MULTIPLICITY} ")


def compare(
    source: Address,
    target: Address,
    question: Question = EVERYTHING,
    *,
    progress: Progress | None = None,
    differing: DifferingRows | None = None,
    opened: Both[Connection] | None = None,
) -> Comparison:
    """Answer a question about two databases; never raises for what servers do.

    UsageError: the question names what is not there. Interrupted: Ctrl-C, with what was seen.
    `differing` is given every row that differs, whole, and the states of sequences. Sessions
    that are `opened` are used for the snapshots, and closed.
    """
    work = _Work(
        addresses=Both(source, target),
        question=question,
        notes=Notes(
            Collector(
                question.keep,
                Redaction() if question.redact else None,
                None if differing is None else differing.add,
            ),
            progress if progress is not None else _silent,
        ),
        differing=differing,
        opened=opened,
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
        raise Interrupted(work.notes.conclusion(clock.monotonic() - started)) from interrupt
    return work.notes.conclusion(clock.monotonic() - started)


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
    notes: Notes
    sessions: ParallelSessions | None = None
    content: Content | None = None
    inherited: set[tuple[str, str]] = field(default_factory=set)
    kin: Kin = field(default_factory=Kin)
    unchecked: bool = True  # nobody has looked yet whether relations were rewritten meanwhile
    differing: DifferingRows | None = None
    opened: Both[Connection] | None = None

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

    def run(self) -> None:
        """Schema first, then rows relation by relation, each side in its one snapshot."""
        with ExitStack() as stack:
            sides = self._open(stack)
            demand_two_databases(sides)
            check_narrowing(sides, self.narrowing)
            self.kin = Kin.of(self.scope, sides, self.narrowing)
            dumps = self._start_dumps(sides)
            from assay.oracle.content import Content

            self.notes.say("reading catalogs")
            sides, readings = read_around(
                sides,
                lambda both: both.at_once(self._items),
                narrowing=self.narrowing,
                tell=lambda one: one.note(self.notes.doubts, self.extent),
            )
            if self.notes.doubts and dumps is not None:
                dumps.give_up()
                dumps = None
            found = self._catalogs(sides, readings)
            self.notes.doubts += overlooked_catalogs(sides)
            self.content = Content(sides, self.question, self.kin, self.notes,
                                   self._gate(sides, stack), self.differing)  # fmt: skip
            if self.scope.parts != "schema":
                self.content.name_unread_sequences()
                self.content.compare_all()
            self.notes.warnings += remade_warnings(sides, self.notes.found)
            self.notes.warnings += self.sessions.notes if self.sessions is not None else []
            if self.question.sample is not None:
                part = f"a sample: about {self.question.sample:g} % of the rows were compared"
                if self.notes.found.count:
                    self.notes.warnings.append(part)
                else:
                    self.notes.doubts.append(Doubt(part, remedy="ask without --sample"))
            self.notes.say("checking that nothing was rewritten meanwhile")
            self.notes.doubts += rewritten_relations(sides)
            self.unchecked = False
            if dumps is not None:
                self._opinions(dumps, sides, found)

    def _gate(self, sides: Both[Side], stack: ExitStack) -> Gate | None:
        """The first pass of large relations; a sample has none."""
        if self.question.sample is not None:
            return None
        from assay.oracle.large.gate import Gate
        from assay.oracle.session.parallel import ParallelSessions

        self.sessions = ParallelSessions(sides, self.addresses, stack, self.question.jobs)
        return Gate(sides, self.sessions, self.question, self.notes.routes)

    def fail(self, error: Exception) -> None:
        """What ended the comparison; rows that differ may then be those of a truncated table."""
        doubt = Doubt.of(error, doing=self.notes.doing)
        self.notes.doubts.append(replace(doubt, spoils=tuple(self._untrusted())))

    def interrupt(self) -> None:
        """Somebody ended it: nothing is wrong, but what was found may be of a truncated table."""
        what = f"interrupted at: {self.notes.doing}"
        self.notes.doubts.append(Doubt(what, spoils=tuple(self._untrusted())))

    def _untrusted(self) -> list[str]:
        """What was found of rows, but of relations that are still those that were read."""
        found = [name for name in self.notes.found.totals if name.startswith(_ROWS)]
        if not self.unchecked or not found:
            return []
        read = self.content.read if self.content is not None else []
        try:
            replaced = untrusted_relations(self.addresses, read)
        except (AssayError, psycopg.Error):  # the first failure is what counts
            return found
        return [name for name in found if name.partition(" ")[2] in replaced]

    def _catalogs(self, sides: Both[Side], readings: Both[Reading]) -> list[Finding]:
        """Everything but rows; of the items nothing is kept."""
        self.notes.routes.add(Route.CATALOGS)
        source, target = self._with_built_ins(readings, sides)
        differ = differences(source, target, scope=self.scope, database=sides[0].database)
        found = list(told_of_passwords(differ))
        self.notes.found.extend(found)
        if self.differing is not None:
            moved = {one.object for one in found if one.kind == Kind.SEQUENCE_STATE}
            self.differing.sequences += [
                item for item in source if item.kind == Kind.SEQUENCE_STATE and item.name in moved
            ]
        self.notes.compared = {**count_objects(readings.source.items), "relations": 0, "rows": 0}
        self.notes.warnings += version_warnings(sides)
        self.notes.left_out = left_out(
            self.extent,
            narrowing=self.narrowing,
            passwords=self.question.passwords,
            foreign={name for reading in readings for name in reading.foreign},
        )
        self.notes.doubts += [doubt for reading in readings for doubt in reading.doubts]
        return found

    def _start_dumps(self, sides: Both[Side]) -> PlannedDumps | None:
        """They take as long as we do to read the catalogs, on cores of their own."""
        tools = self.question.tools
        if tools is None or self.scope.parts == "data":
            return None
        if globals_take_part(sides, self.scope):
            start_globals_dumps(self.addresses, sides, tools=tools)
        dumps = PlannedDumps.of(self.addresses, sides, tools=tools, extent=self.extent,
                                 narrowing=self.narrowing)  # fmt: skip
        dumps.start()
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
        self.notes.say(f"asking for {route}")
        try:
            opinion = ask()
        except AssayError as error:  # the servers are well: the other opinion stands
            self.notes.doubts.append(Doubt.of(error, doing=self.notes.doing))
            return
        self.notes.routes.add(route)
        self.notes.found.extend(opinion.findings)
        self.notes.doubts += opinion.doubts

    def _open(self, stack: ExitStack) -> Both[Side]:
        """Both snapshots; of a moving pair at one proven position, where there is one."""
        for _ in range(ATTEMPTS if self.question.live else 0):
            self.notes.say("waiting for one position of both sides")
            reached = reach_position(*self.addresses)
            if reached is None:
                break
            with ExitStack() as trial:
                sides = self._snapshots(trial)
                if position_holds(reached, self.addresses[0]):
                    self.notes.position = reached.lsn
                    stack.push(trial.pop_all())
                    return sides
        return self._snapshots(stack)

    def _snapshots(self, stack: ExitStack) -> Both[Side]:
        pinned = "pinned-settings" not in self.question.without
        names: tuple[SideName, SideName] = ("source", "target")

        def enter(address: Address, name: SideName, opened: Connection | None) -> Side:
            side = open_side(
                address, name=name, pinned=pinned, limits=self.question.limits, opened=opened
            )
            return stack.enter_context(side)

        sessions = self.opened or (None, None)
        asked = Both(*zip(self.addresses, names, sessions, strict=True))
        sides = asked.at_once(lambda one: enter(*one))
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
            self.notes.cost[side.name] = Cost(held, used.get(side.name, 1), *limits)

    def _items(self, side: Side) -> Reading:
        asked, more = self.question, MOVING if self.question.state else {}
        return read_items(side, extent=self.extent, without=asked.without, more=more,
                          narrowing=asked.narrowing, passwords=asked.passwords)  # fmt: skip

    def _with_built_ins(self, readings: Both[Reading], sides: Both[Side]) -> Both[list[Item]]:
        """Both sides' items, and what somebody changed of what every server has."""
        built_ins = read_built_ins(
            sides, readings, extent=self.extent, without=self.question.without
        )
        for reading, items in zip(readings, built_ins, strict=True):
            keys = {*reading.inherited, *(item.key for item in items)}
            self.inherited |= {(kind, printable(name)) for kind, name in keys}
        return Both(*(
            [*reading.items, *items] for reading, items in zip(readings, built_ins, strict=True)
        ))  # fmt: skip


def _silent(_text: str) -> None:
    return None
