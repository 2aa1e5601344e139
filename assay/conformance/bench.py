"""What a case stands on: a pair, the tool, psql, databases; how both sides are looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from assay.conformance.by_hand.steps import Steps
from assay.conformance.case import Case, Section
from assay.conformance.databases import Databases
from assay.conformance.evidence import Answer
from assay.conformance.statements import Psql
from assay.errors import AssayError
from assay.names import RunId, uniquify
from assay.oracle.snapshot import Snapshot, changes, snapshot
from assay.oracle.words.finding import Finding
from assay.oracle.words.scope import Scope, SequenceMode, SideName
from assay.postgres.address import Address, Viewer
from assay.postgres.barrier import Marker
from assay.postgres.pair import Pair
from assay.redact import Scrubber, Secret
from assay.replicators.base import Call, Capability, Driver, Leftovers, Phase, State
from assay.replicators.tool import Tool


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds we wait for a marker row, and before a tool is asked whether it claims to be done."""

    barrier: float = 30.0
    claim: float = 3.0


@dataclass
class Bench:
    """Trial and stages share it; `target` is what the tool is told instead of the pair's target.

    `original` is the source as it was before the tool's first command, `ground` what a truthful
    `status` may say.
    """

    case: Case
    pair: Pair
    driver: Driver
    workdir: Path
    run: RunId
    patience: Patience = Patience()
    watch: Callable[[int], None] | None = None
    target: Address | None = None
    drop_existing: bool = False
    original: Snapshot | None = field(default=None, init=False)
    ground: frozenset[State] = frozenset({State.NOT_SET_UP})  # what is true of the stream now

    def __post_init__(self) -> None:
        self.workdir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.scrubber = Scrubber()
        self.steps = Steps(self.pair, self.run)
        self.tool = self.tool_of(self.driver)
        tools, name = self.pair.server_pair.tools, self.case.path.name
        self.psql = Psql(tools, self.workdir, self.run, name, self.steps)
        self.databases = Databases(self.case, self.pair, self.run)
        self.settle()

    def settle(self) -> None:
        """Get to know the servers on which the pair stands now."""
        for server in self.pair.server_pair.servers:
            self.scrubber.learn(server.address(Viewer.TESTS).password)
        self.marker = Marker(self.pair.source, self.pair.target)

    @property
    def follows(self) -> bool:
        """Whether the case goes on to the stream, and the tool claims to have one."""
        return "live" in self.case.phases and Capability.LIVE in self.driver.capabilities

    def tool_of(self, driver: Driver) -> Tool:
        """A driver bound to this pair's client tools."""
        tools = self.pair.server_pair.tools
        return Tool(driver, tools, self.workdir, self.scrubber, self.watch, self.steps.called)

    def set_up(self, setup: str = "") -> tuple[Answer, ...]:
        """The case's databases, statements and marker on fresh servers; what its premises say."""
        self.databases.create()
        given = (Section("setup", setup, 1),) if setup else ()
        for section in (*self.case.of("setup"), *given):
            self.psql.apply(section, self.databases.source(section))
        for section in self.case.of("target"):
            self.psql.apply(section, self.as_role(section, self.pair.target))
        if self.follows:
            self.marker.create()
        premises = tuple(
            answer
            for section in self.case.of("premise")
            for answer in self.psql.ask(section, self.databases.source(section))
        )
        self.original = self.look("source", Leftovers())
        return premises

    def call(self) -> Call:
        """What the tool is asked for."""
        return Call(
            source=self.pair.address("source", Viewer.REPLICATOR),
            target=self.target or self.pair.address("target", Viewer.REPLICATOR),
            drop_existing=self.drop_existing,
            filters=self.databases.filters(),
            follow=self.follows,
            timeout=self.case.timeout,
        )

    def stream_begins_with_init(self) -> bool:
        """Whether the tool's copy and its stream are one command."""
        command = self.driver.command(Phase.INIT, replace(self.call(), workdir=str(self.workdir)))
        return command is not None and command.background

    def look(self, side: SideName, declared: Leftovers, *, rows: bool = True) -> Snapshot:
        """What a side is like now, but for what is declared."""
        address = self.pair.source if side == "source" else self.pair.target
        return snapshot(address, scope=self.scope("exact", declared), side=side, rows=rows)

    def changes(
        self, side: SideName, before: Snapshot, declared: Leftovers, *, rows: bool
    ) -> tuple[Finding, ...]:
        """What has changed on a side since then, with its rows or without."""
        now = self.look(side, declared, rows=rows)
        return changes(before, now, self.scope("exact", declared), side=side, data=rows)

    def harm(self, declared: Leftovers, *, rows: bool) -> tuple[Finding, ...]:
        """What has changed on the source since before the first command."""
        if self.original is None:
            raise AssayError("The source was not looked at before the first command.")
        return self.changes("source", self.original, declared, rows=rows)

    def declared(self) -> Leftovers:
        """While a stream is on, what the tool said beforehand that it leaves."""
        return self.driver.leftovers if self.follows else Leftovers()

    def scope(self, sequences: SequenceMode, declared: Leftovers) -> Scope:
        """What the oracle is to compare."""
        return self.databases.scope(sequences=sequences, declared=declared)

    def as_role(self, section: Section, address: Address) -> Address:
        """Where a section's session connects."""
        if section.role is None:
            return address
        password = Secret(section.password or "")
        return address.as_role(uniquify(section.role, self.run), password)
