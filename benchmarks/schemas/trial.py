"""One batch of random schemas: built, restored, restored again, built otherwise, mutated; compared."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psycopg

from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.postgres.address import Address
from assay.postgres.pair import Pair
from assay.postgres.session import Connection, connect
from benchmarks.schemas import copies
from benchmarks.schemas.known import Known
from benchmarks.schemas.schema import ROLES, Schema, Thing

Text = Callable[[Thing], str]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A copy that means the same and was not found equal."""

    seed: int
    copy: str
    findings: tuple[str, ...]
    why: str | None = None

    def __str__(self) -> str:
        said = [f"seed {self.seed}, {self.copy}: {self.why or 'findings'}"]
        return "\n".join((*said, *(f"  {finding}" for finding in self.findings)))


@dataclass(frozen=True, slots=True)
class Mutant:
    """What was changed in a schema, and what became of it: found, missed, or why it counts not."""

    seed: int
    place: str
    change: str
    sql: str
    end: str

    def __str__(self) -> str:
        return f"seed {self.seed}, {self.place}: {self.change}: {self.end}\n  {self.sql}"


@dataclass(slots=True)
class Outcome:
    """What batches have shown; outcomes add up."""

    schemas: int = 0
    places: Counter[str] = field(default_factory=Counter)
    things: list[int] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    excused: Counter[str] = field(default_factory=Counter)
    mutants: list[Mutant] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        """Take what another outcome holds."""
        self.schemas += other.schemas
        self.places += other.places
        self.excused += other.excused
        for name in ("things", "refused", "alarms", "mutants"):
            getattr(self, name).extend(getattr(other, name))

    @property
    def missed(self) -> list[Mutant]:
        """Mutants that the copy carries and the oracle did not see."""
        return [mutant for mutant in self.mutants if mutant.end == "missed"]


@dataclass(slots=True)
class Trial:
    """The databases of one lease."""

    pair: Pair
    known: Known
    numbered: int = 0

    def run(self, schemas: Sequence[Schema]) -> Outcome:
        """Everything for one batch of schemas."""
        outcome = Outcome(schemas=len(schemas))
        made: dict[int, tuple[Thing, ...]] = {}
        source = self.database("source")
        with connect(source) as connection:
            for schema in schemas:
                made[schema.seed], refused = build(connection, schema.things, str_of)
                outcome.refused += [f"seed {schema.seed}, {said}" for said in refused]
                outcome.things.append(len(made[schema.seed]))
                outcome.places.update(thing.place for thing in made[schema.seed])
        first, text = self.restored(source, outcome)
        second, _ = self.restored(first, outcome)
        other = self.built(schemas, made, lambda thing: thing.sql.otherwise())
        for copy, pair in {
            "restored": (source, first),
            "restored twice": (source, second),
            "with options and names in another order": (other, first),
        }.items():
            self.judge(copy, self.compare(*pair), schemas, outcome)
        self.mutate(schemas, made, first, text, outcome)
        return outcome

    def restored(self, address: Address, outcome: Outcome) -> tuple[Address, str]:
        """The dump of a database restored on the target, and the dump."""
        tools = self.pair.server_pair.tools
        text, copy = copies.dump(address, tools=tools), self.database("target")
        outcome.refused += [
            f"restore: {error}" for error in copies.restore(text, copy, tools=tools)
        ]
        return copy, text

    def built(
        self, schemas: Sequence[Schema], made: dict[int, tuple[Thing, ...]], text: Text
    ) -> Address:
        """A further database of the source's server with the same things in another text."""
        address = self.database("source")
        with connect(address) as connection:
            for schema in schemas:
                build(connection, made[schema.seed], text)
        return address

    def compare(self, source: Address, target: Address) -> Comparison:
        """With both opinions and all findings."""
        return compare(source, target, Question(keep=None, tools=self.pair.server_pair.tools))

    def judge(
        self, copy: str, said: Comparison, schemas: Sequence[Schema], outcome: Outcome
    ) -> None:
        """Every finding is an alarm, but those that the repository names."""
        alarming: list[Finding] = []
        for finding in said.findings:
            reason = self.known.reason(finding, self.pair.server_pair.spec)
            if reason is None:
                alarming.append(finding)
            else:
                outcome.excused[reason] += 1
        rest = [str(finding) for finding in alarming]
        for schema in schemas:
            own = tuple(finding for finding in rest if schema.owns(finding))
            rest = [finding for finding in rest if finding not in own]
            if own:
                outcome.alarms.append(Alarm(schema.seed, copy, own, said.why))
        if rest or (said.equality is Equality.UNKNOWN and not alarming):
            outcome.alarms.append(Alarm(schemas[0].seed, copy, tuple(rest), said.why))

    def mutate(
        self,
        schemas: Sequence[Schema],
        made: dict[int, tuple[Thing, ...]],
        restored: Address,
        text: str,
        outcome: Outcome,
    ) -> None:
        """Change each schema in one place and hold it against the restored copy."""
        address, chosen = self.database("source"), {}
        with connect(address) as connection:
            for schema in schemas:
                dice = random.Random(f"mutant {schema.seed}")
                things = made[schema.seed]
                at = dice.choice([n for n, one in enumerate(things) if one.sql.mutable])
                slot = dice.choice(things[at].sql.mutable)
                mutant = things[at].sql.mutated(slot)
                texts = {id(things[at]): mutant}
                built, _ = build(
                    connection, things, lambda one, t=texts: t.get(id(one), str(one.sql))
                )
                whole = len(built) == len(things)
                chosen[schema.seed] = (things[at], slot, mutant, whole)
        dumped = copies.dump(address, tools=self.pair.server_pair.tools)
        said = self.compare(address, restored)
        found = [str(finding) for finding in said.findings] if _differs(said) else []
        for schema in schemas:
            thing, slot, mutant, whole = chosen[schema.seed]
            if not whole:
                end = "cannot be made"
            elif _own(schema, text) == _own(schema, dumped):
                end = "the dump does not carry it"
            else:
                end = "found" if any(map(schema.owns, found)) else "missed"
            outcome.mutants.append(
                Mutant(schema.seed, thing.place, thing.sql.change(slot), mutant, end)
            )

    def database(self, side: str) -> Address:
        """A further database."""
        self.numbered += 1
        return self.pair.create_database(side, f"{self.pair.database}_{self.numbered}")


def prepare(pair: Pair) -> None:
    """The roles that schemas grant to, on both servers."""
    for side in ("source", "target"):
        with connect(pair.address(side)) as connection:
            for role in ROLES:
                pair.record(side, "role", role)
                connection.execute(f"create role {role}".encode())


def str_of(thing: Thing) -> str:
    """A thing as it is."""
    return str(thing.sql)


def build(
    connection: Connection, things: Sequence[Thing], text: Text
) -> tuple[tuple[Thing, ...], list[str]]:
    """Make what the server takes; what was made, and what was refused and why."""
    made, refused = [], []
    for thing in things:
        try:
            with connection.transaction():
                connection.execute(text(thing).encode())
        except psycopg.Error as error:
            refused.append(f"{thing.place}: {str(error).splitlines()[0]}: {text(thing)}")
        else:
            made.append(thing)
    return tuple(made), refused


def _differs(said: Comparison) -> bool:
    return said.equality is Equality.DIFFERENT


def _own(schema: Schema, dumped: str) -> list[str]:
    return sorted(entry for entry in copies.entries(dumped) if schema.owns(entry))
