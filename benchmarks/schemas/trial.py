"""A batch of random schemas: built, restored, restored again, built otherwise, mutated."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import psycopg

from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.postgres.address import Address
from assay.postgres.pair import Pair
from assay.postgres.server import Role
from assay.postgres.session import Connection, connect
from benchmarks.schemas import copies
from benchmarks.schemas.known import Known
from benchmarks.schemas.outcome import (
    FOUND,
    MISSED,
    NOT_CARRIED,
    NOT_MADE,
    Alarm,
    Mutant,
    Outcome,
    described,
)
from benchmarks.schemas.schema import ROLES, Schema, Text, Thing, reordered

RESTORED, TWICE = "restored", "restored twice"
OTHERWISE = "restored, against the same in another order"
COPIES = (RESTORED, TWICE, OTHERWISE)


@dataclass(slots=True)
class Trial:
    """Makes databases in one lease; they end with it."""

    pair: Pair
    known: Known
    question: Question = field(default_factory=Question)

    def __post_init__(self) -> None:
        tools = self.pair.server_pair.tools
        self.question = replace(self.question, keep=None, tools=tools)
        for side in ("source", "target"):
            with connect(self.pair.address(side)) as connection:
                for role in ROLES:
                    self.pair.record(side, "role", role)
                    connection.execute(f"drop role if exists {role}; create role {role}".encode())

    def run(self, schemas: Sequence[Schema]) -> Outcome:
        """Everything for one batch of schemas."""
        outcome, made = Outcome(), []
        source = self._database("source")
        with connect(source) as connection:
            for schema in schemas:
                things, refused = build(connection, schema.things)
                made.append(Schema(schema.seed, things))
                outcome.refused += [f"seed {schema.seed}, {said}" for said in refused]
                outcome.things.append(len(things))
                outcome.places.update(thing.place for thing in things)
        restored, text = self._restored(source, outcome)
        said = {copy: self._compared(copy, made, source, restored, outcome) for copy in COPIES}
        for copy, comparison in said.items():
            self._judge(copy, comparison, made, outcome)
        self._mutate(made, restored, text, frozenset(said[RESTORED].findings), outcome)
        return outcome

    def fails(self, schema: Schema, copy: str, kind: str) -> bool:
        """Whether a schema alone raises an alarm of a kind with one of the copies."""
        outcome = Outcome()
        source = self._built([schema], lambda things: things, lambda thing: thing.text)
        restored, _ = self._restored(source, outcome)
        self._judge(
            copy, self._compared(copy, [schema], source, restored, outcome), [schema], outcome
        )
        return any(
            finding.split(" ")[0] == kind for alarm in outcome.alarms for finding in alarm.findings
        )

    def _compared(
        self,
        copy: str,
        made: Sequence[Schema],
        source: Address,
        restored: Address,
        outcome: Outcome,
    ) -> Comparison:
        if copy == TWICE:
            return compare(source, self._restored(restored, outcome)[0], self.question)
        if copy == OTHERWISE:
            source = self._built(made, reordered, lambda thing: thing.sql.otherwise())
        return compare(source, restored, self.question)

    def _judge(
        self, copy: str, said: Comparison, schemas: Sequence[Schema], outcome: Outcome
    ) -> None:
        """Every finding is an alarm, but those that the repository names."""
        alarming = []
        for finding in said.findings:
            reason = self.known.reason(finding, self.pair.server_pair.spec)
            if reason is None:
                alarming.append(finding)
            else:
                outcome.excused[reason] += 1
        rest = [described(finding) for finding in alarming]
        for schema in schemas:
            own = tuple(finding for finding in rest if schema.owns(finding))
            rest = [finding for finding in rest if finding not in own]
            if own:
                outcome.alarms.append(Alarm(schema.seed, copy, own, said.why))
        if rest or (said.equality is Equality.UNKNOWN and not said.findings):
            outcome.alarms.append(Alarm(None, copy, tuple(rest), said.why))

    def _mutate(
        self,
        made: Sequence[Schema],
        restored: Address,
        text: str,
        before: frozenset[Finding],
        outcome: Outcome,
    ) -> None:
        """Change each schema in one place and hold it against the copy of what it was."""
        changed = [_changed(schema) for schema in made]
        address, whole = self._database("source"), []
        with connect(address) as connection:
            for schema, (at, slot) in zip(made, changed, strict=True):
                mutant = schema.things[at].sql.mutated(slot)
                things = [
                    (thing, mutant if number == at else thing.text)
                    for number, thing in enumerate(schema.things)
                ]
                whole.append(not _execute(connection, things)[1])
        dumped = copies.dump(address, tools=self.pair.server_pair.tools)
        said = compare(address, restored, self.question)
        seen = said.findings if said.equality is Equality.DIFFERENT else ()
        found = [str(finding) for finding in seen if finding not in before]
        for schema, (at, slot), complete in zip(made, changed, whole, strict=True):
            thing = schema.things[at]
            if not complete:
                end = NOT_MADE
            elif _own(schema, text) == _own(schema, dumped):
                end = NOT_CARRIED
            else:
                end = FOUND if any(map(schema.owns, found)) else MISSED
            sql = thing.sql
            outcome.mutants.append(
                Mutant(schema.seed, thing.place, sql.change(slot), sql.mutated(slot), end)
            )

    def _built(
        self, schemas: Sequence[Schema], order: Callable[..., Sequence[Thing]], text: Text
    ) -> Address:
        """A further database of the source's server with the same things, written otherwise."""
        address = self._database("source")
        with connect(address) as connection:
            for schema in schemas:
                _execute(connection, [(thing, text(thing)) for thing in order(schema.things)])
        return address

    def _restored(self, address: Address, outcome: Outcome) -> tuple[Address, str]:
        """The dump of a database restored on the target, and the dump."""
        tools = self.pair.server_pair.tools
        text, copy = copies.dump(address, tools=tools), self._database("target")
        outcome.unrestored += copies.restore(text, copy, tools=tools)
        return copy, text

    def _database(self, side: str) -> Address:
        number = len(self.pair.recorded(Role(side), "database"))
        return self.pair.create_database(side, f"{self.pair.database}_{number}")


def build(connection: Connection, things: Sequence[Thing]) -> tuple[tuple[Thing, ...], list[str]]:
    """Make what the server takes; what was made, and what was refused and why."""
    return _execute(connection, [(thing, thing.text) for thing in things])


def shrink(trial: Trial, schema: Schema, copy: str, kind: str) -> Schema:
    """The fewest things that still raise an alarm; what depends on what was dropped goes too."""
    things, size = list(schema.things), len(schema.things) // 2
    while size:
        at = 0
        while at < len(things):
            fewer = things[:at] + things[at + size :]
            if trial.fails(Schema(schema.seed, tuple(fewer)), copy, kind):
                things = fewer
            else:
                at += size
        size //= 2
    return Schema(schema.seed, tuple(things))


def _execute(
    connection: Connection, things: Sequence[tuple[Thing, str]]
) -> tuple[tuple[Thing, ...], list[str]]:
    made, refused = [], []
    for thing, text in things:
        try:
            with connection.transaction():
                connection.execute(text.encode())
        except psycopg.Error as error:
            refused.append(f"{thing.place}: {str(error).splitlines()[0]}: {text}")
        else:
            made.append(thing)
    return tuple(made), refused


def _changed(schema: Schema) -> tuple[int, int]:
    """A thing that can be changed, and one of its slots; of a place that was chosen, if any."""
    dice = random.Random(f"mutant {schema.seed}")
    at = dice.choice([n for n, thing in enumerate(schema.things) if thing.sql.mutable])
    return at, dice.choice(schema.things[at].sql.mutable)


def _own(schema: Schema, dumped: str) -> list[str]:
    return sorted(entry for entry in copies.entries(dumped) if schema.owns(entry))
