"""What was done in a trial, in order, so that a person can do it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from assay.conformance.case import Section
from assay.conformance.evidence import Answer, Stage
from assay.names import RunId, uniquify
from assay.oracle.words.finding import Finding
from assay.oracle.words.scope import SideName
from assay.postgres.address import Address, Viewer
from assay.postgres.barrier import Barrier
from assay.postgres.pair import Pair
from assay.process import Execution
from assay.replicators.base import Command, Phase


@dataclass(frozen=True, slots=True)
class Place:
    """Where statements went; `database` None is the one under test, `role` None a superuser."""

    side: SideName
    database: str | None = None
    role: str | None = None
    password: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """Statements; those that had to succeed end everything else, `errors` are those that failed.

    `meanwhile` leaves them running beside what follows.
    """

    kind: str
    sql: str
    place: Place
    single: bool = False
    must: bool = True
    errors: tuple[str, ...] = ()
    meanwhile: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Queries that had to return true, and whether all of them did."""

    kind: str
    sql: str
    place: Place
    held: bool = True


@dataclass(frozen=True, slots=True)
class Called:
    """A command of the tool, with what it had in its environment and what it answered."""

    phase: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    background: bool
    done: Execution


@dataclass(frozen=True, slots=True)
class Waited:
    """For the stream to carry what had been written: ``crossed``, ``stalled``, or ``either``.

    `seconds` is how long is worth waiting: what was given up on then is not waited for longer.
    """

    how: str
    seconds: int = 60


@dataclass(frozen=True, slots=True)
class Compared:
    """What both sides were found to be like at the end of a phase.

    `between` are differences of the two sides, `moved` those of one side between two moments.
    `identified` names the columns that tell a relation's rows apart.
    """

    phase: str
    between: tuple[Finding, ...] = ()
    moved: tuple[Finding, ...] = ()
    shown: tuple[Finding, ...] = ()
    identified: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


Step = Applied | Asked | Called | Waited | Compared


@dataclass(slots=True)
class Steps:
    """Written by whoever does something to the pair or calls the tool, until it is `ended`."""

    pair: Pair
    run: RunId
    done: list[Step] = field(default_factory=list)
    ended: bool = False
    _left: dict[SideName, tuple[Address, ...]] = field(default_factory=dict)

    def end(self) -> None:
        """What follows is on databases that the suite has set up anew: not the tool's own work."""
        if not self.ended:
            self._left = self.addresses()  # the servers may be others then
        self.ended = True

    def addresses(self) -> dict[SideName, tuple[Address, ...]]:
        """How each side may have been spelled in a tool's arguments."""
        sides: tuple[SideName, SideName] = ("source", "target")
        spelled = {
            side: tuple(dict.fromkeys(self.pair.address(side, viewer) for viewer in Viewer))
            for side in sides
        }
        return self._left or spelled

    def _add(self, step: Step) -> None:
        if not self.ended:
            self.done.append(step)

    def applied(
        self, section: Section, address: Address, *, must: bool, errors: tuple[str, ...] = ()
    ) -> None:
        """Statements of the case were run."""
        sql, place = uniquify(section.sql, self.run), self._place(section, address)
        self._add(Applied(section.kind, sql, place, section.single, must, errors))

    def meanwhile(self, kind: str, sql: str, side: SideName) -> None:
        """Statements that a case written in Python leaves running in a session of its own."""
        self._add(Applied(kind, sql, Place(side), meanwhile=True))

    def asked(self, section: Section, address: Address, answers: tuple[Answer, ...]) -> None:
        """Queries of the case were asked."""
        sql, place = uniquify(section.sql, self.run), self._place(section, address)
        self._add(Asked(section.kind, sql, place, all(a.held for a in answers)))

    def called(self, phase: Phase, command: Command, done: Execution) -> None:
        """The tool was called."""
        self._add(Called(phase.value, command.argv, dict(command.env), command.background, done))

    def waited(self, seen: Barrier, *, since: int) -> None:
        """The stream was waited for; `since` is how many steps there were when that began."""
        if self.ended:
            return
        how = "crossed" if seen.crossed else "either" if seen.claimed else "stalled"
        if since and isinstance(self.done[since - 1], Waited):
            self.done.pop(since - 1)  # two in a row prove to us that no snapshot brought the row
            since -= 1
        patience = 60 if seen.crossed else ceil(seen.seconds)
        self.done.insert(since, Waited(how, patience))

    def compared(self, stage: Stage) -> None:
        """A phase is over and both sides have been looked at."""
        seen = stage.comparison
        one = Compared(
            stage.phase,
            between=seen.findings if seen else (),
            moved=tuple(dict.fromkeys((*stage.debris, *stage.source_changes))),
            shown=stage.exposures,
            identified=dict(seen.identified) if seen else {},
        )
        self._add(one)

    def exposed(self, findings: tuple[Finding, ...]) -> None:
        """Secrets were found where they must not be."""
        self._add(Compared("secrets", shown=findings))

    def _place(self, section: Section, address: Address) -> Place:
        source = self.pair.source
        here = (address.host, address.port) == (source.host, source.port)
        other = address.database if address.database != source.database else None
        role = address.user if section.role is not None else None
        return Place("source" if here else "target", other, role, section.password or "")
