"""The rows of all relations that take part, and what of sequences and rows could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from assay import clock
from assay.errors import ServerError, TimedOut
from assay.oracle.catalog.blocked import read_around
from assay.oracle.catalog.item import qualified, schema_of
from assay.oracle.catalog.kin import Kin
from assay.oracle.catalog.sequences import unreadable_sequences
from assay.oracle.large.digest import BITS, sample_condition
from assay.oracle.large.gate import Gate
from assay.oracle.notes import Notes
from assay.oracle.question import Question
from assay.oracle.rows.differing import DifferingRows
from assay.oracle.rows.merge import compare_rows
from assay.oracle.rows.narrowed import narrowed_plan, renamed_relation
from assay.oracle.rows.plan import (
    NO_PRIVILEGE,
    UNREADABLE,
    Plan,
    Relation,
    list_relations,
    plan_rows,
)
from assay.oracle.rows.small import equal_relations, is_small
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.extent import Extent
from assay.oracle.words.failed import ReadFailed
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.route import Route
from assay.oracle.words.scope import Scope

NO_DATA = Doubt("no rows, sequences or large objects were read")


@dataclass(slots=True)
class Content:
    """What relations of both sides hold, compared as the question says.

    `gate` is the first pass of large ones, None where there is none; `differing` is given rows that
    differ. `read` are relations of which rows were read, in order or digested.
    """

    sides: Both[Side]
    question: Question
    kin: Kin
    notes: Notes
    gate: Gate | None = None
    differing: DifferingRows | None = None
    read: list[Both[Relation]] = field(default_factory=list)

    @property
    def _scope(self) -> Scope:
        return self.question.scope

    @property
    def _extent(self) -> Extent:
        return self.kin.extent(self.question.scope)

    @property
    def _narrowing(self) -> Narrowing:
        return self.question.narrowing

    def name_unread_sequences(self) -> None:
        """Their states are items; here is said which of these could not be read."""
        if self._scope.sequences != "skip":
            self.notes.doubts += [
                one.doubt
                for side in self.sides
                for one in unreadable_sequences(side)
                if self._takes_part(side, one.parts)
            ]

    def compare_all(self) -> None:
        """Relation by relation, small ones many at once; says what was asked for and not read."""
        pairs = list(self._relations())
        equal = self._equal_relations(pairs)
        for number, (source, target) in enumerate(pairs, 1):
            if source.name in equal:
                continue
            self._in_time()
            self.notes.say(f"rows of {source.name} ({number} of {len(pairs)})")
            unreadable = [
                Doubt(f"{relation.name}: {relation.unreadable}", side.name,
                      f"connected as {side.role}" if relation.unreadable == NO_PRIVILEGE else "",
                      UNREADABLE[relation.unreadable])
                for side, relation in zip(self.sides, (source, target), strict=True)
                if relation.unreadable
            ]  # fmt: skip
            self.notes.doubts += unreadable
            if not unreadable:
                self.read.append(Both(source, target))
                self._compare_if_readable(source, target)
        self.notes.doubts += self.kin.unread(self._scope, {source.name for source, _ in pairs})
        data = ("sequences", "large objects")
        rowless = self.notes.compared["objects"] and not pairs
        if self._scope.parts == "data" and rowless and not any(map(self.notes.compared.get, data)):
            self.notes.doubts.append(NO_DATA)

    def _compare_if_readable(self, source: Relation, target: Relation) -> None:
        """An error of one relation leaves it unknown, as long as no session has ended by it."""
        try:
            self._compare_rows(self._plan(source, target))
        except ServerError as error:
            if not self._recovered():
                raise
            redacted = self.question.redact
            self.notes.doubts.append(Doubt.of_rows(source.name, error, redacted=redacted))

    def _recovered(self) -> bool:
        """Whether all sessions are in their snapshots still, and can be asked again."""
        if self.gate is not None:
            return self.gate.sessions.recovered()
        return all(side.recovered() for side in self.sides)

    def _plan(self, source: Relation, target: Relation) -> Plan:
        """How the rows that were asked for are read, whichever way they go."""
        chosen = plan_rows(source, target, sides=self.sides, wide=self.question.wide)
        if self.differing is not None:  # what is hashed cannot be repaired
            chosen = replace(chosen, wide=False)
        return narrowed_plan(chosen, self._narrowing)

    def _equal_relations(self, pairs: Sequence[tuple[Relation, Relation]]) -> set[str]:
        """The names of small relations whose rows are the same: many are asked for at once."""
        if self.question.sample is not None:
            return set()
        plans = self._planned(
            pair
            for pair in pairs
            if not any(one.unreadable or one.name in self.question.keys for one in pair)
        )
        limit = min(self.question.small, self.question.large - 1)
        small = [
            plan for plan in plans if is_small(plan, self.sides, limit) and not self._is_off(plan)
        ]
        self.notes.say(f"rows of small tables ({len(small)})")

        def progress(seen: int) -> None:
            self._in_time()
            self.notes.progress(f"{self.notes.doing}: {seen}")

        equal = set()
        self.notes.routes |= {Route.TOGETHER} if small else set()
        for plan, rows in equal_relations(small, self.sides, progress):
            self._count(plan, rows)
            self.notes.prove("bytes", rows)
            equal.add(plan.source.name)
        return equal

    def _planned(self, pairs: Iterable[tuple[Relation, Relation]]) -> Iterator[Plan]:
        """Plans of those that can be planned; the others are read alone, and say what it is."""
        for pair in pairs:
            try:
                yield self._plan(*pair)
            except ReadFailed:
                if not self._recovered():
                    raise

    def _is_off(self, chosen: Plan) -> bool:
        return ("rows" if chosen.key else "multiplicity") in self.question.without

    def _count(self, chosen: Plan, rows: int) -> None:
        self.notes.identified[chosen.source.name] = chosen.key
        self.notes.compared["relations"] += 1
        self.notes.compared["rows"] += rows

    def _compare_rows(self, chosen: Plan) -> None:
        if self._is_off(chosen):
            return
        notes, doing, digested = self.notes, self.notes.doing, 0
        if self.question.sample is not None and chosen.columns and not chosen.source.condition:
            chosen = chosen.only(sample_condition(chosen, self.question.sample))
        if chosen.source.name in self.question.keys:
            chosen = chosen.at(self.question.keys[chosen.source.name])
        if self.gate is not None and not chosen.among and self.gate.takes(chosen):
            merged, digested = self.gate.compare(
                chosen,
                found=notes.found,
                progress=lambda text: notes.progress(f"{doing}: {text}"),
            )
        else:
            notes.routes.add(Route.MERGED)
            merged = compare_rows(
                chosen,
                sides=self.sides,
                found=notes.found,
                progress=lambda rows: notes.progress(f"{doing}: {rows} rows"),
            )
        notes.prove("hash-256" if chosen.wide else "bytes", merged.rows - digested)
        notes.prove(f"hash-{BITS}", digested)
        self._count(chosen, merged.rows)
        if merged.invalid and not chosen.strict and self.sides[1].encoding == "UTF8":
            notes.warnings.append(
                f"{chosen.source.name}: {merged.invalid} equal rows hold text that is not UTF-8"
            )

    def _relations(self) -> Iterator[tuple[Relation, Relation]]:
        """Relations that take part on both self.sides, by name; the others are findings already."""

        def own(side: Side) -> dict[str, Relation]:
            return {
                name: renamed_relation(relation, name, self._narrowing, side)
                for relation in list_relations(side)
                if self._takes_part(side, relation.parts)
                for name in [self._narrowing.source_name(side.name, relation.name)]
            }

        self.sides, listed = read_around(
            self.sides,
            lambda sides: sides.at_once(own),
            narrowing=self._narrowing,
            tell=lambda one: one.note(self.notes.doubts, self._extent),
        )
        for name, relation in listed[0].items():
            if name in listed[1] and self._extent.has_rows_of(name):
                yield relation, listed[1][name]

    def _takes_part(self, side: Side, parts: Sequence[str]) -> bool:
        if self._scope.declared.covers(side.name, "schema", parts[0]):
            return False
        name = self._narrowing.source_name(side.name, qualified(parts))
        return bool(name) and self._extent.has_relation(side.name, name, schema=schema_of(name))

    def _in_time(self) -> None:
        """Servers before 17 do not limit whole transactions: between relations we do."""
        for side in self.sides:
            self._side_in_time(side)

    def _side_in_time(self, side: Side) -> None:
        if clock.monotonic() - side.since > side.limits.snapshot * 60:
            raise TimedOut(
                f"The snapshot of the {side.name} was held for {side.limits.snapshot:g} minutes.",
                remedy="give --max-snapshot more minutes, or compare parts with --table",
            )
