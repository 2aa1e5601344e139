"""One case on one pair with one tool: does what the case says and keeps everything seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from assay.clock import monotonic
from assay.conformance import judge
from assay.conformance.by_hand import script
from assay.conformance.by_hand.steps import Steps
from assay.conformance.case import Case, Section
from assay.conformance.databases import Databases
from assay.conformance.evidence import Answer, Evidence, Stage
from assay.conformance.marker import Marker
from assay.conformance.outcome import Outcome
from assay.conformance.stage import StageInMaking
from assay.conformance.statements import Psql
from assay.names import RunId, uniquify
from assay.oracle.snapshot import Snapshot, snapshot
from assay.oracle.words.finding import Finding
from assay.oracle.words.scope import Scope, SequenceMode, SideName
from assay.postgres.address import Address, Viewer
from assay.postgres.pair import Pair
from assay.redact import Scrubber, Secret
from assay.replicators.base import Call, Capability, Driver, Leftovers, Phase
from assay.replicators.tool import Tool


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds we wait for a marker row, and before a tool is asked whether it claims to be done."""

    barrier: float = 30.0
    claim: float = 3.0


@dataclass
class Trial:
    """The steps of a case, called in order; each adds a stage to the evidence.

    After a stage that is not right `over` is true and further steps do nothing: the first stage
    that is not right decides the case.
    """

    case: Case
    pair: Pair
    driver: Driver
    workdir: Path
    run: RunId
    patience: Patience = Patience()
    watch: Callable[[int], None] | None = None
    target: Address | None = None  # what the tool is told instead of the pair's target
    drop_existing: bool = False
    stages: list[Stage] = field(default_factory=list)
    premises: tuple[Answer, ...] = ()
    trouble: str | None = None
    over: bool = False
    original: Snapshot | None = None

    def __post_init__(self) -> None:
        self.workdir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.scrubber = Scrubber()
        for server in self.pair.server_pair.servers:
            self.scrubber.learn(server.address(Viewer.TESTS).password)
        self.steps = Steps(self.pair, self.run)
        self.tool = Tool(
            self.driver, self.pair.server_pair.tools, self.workdir, self.scrubber, self.watch,
            self.steps.called,
        )  # fmt: skip
        self.psql = Psql(
            self.pair.server_pair.tools, self.workdir, self.run, self.case.path.name, self.steps
        )
        self.databases = Databases(self.case, self.pair, self.run)
        self.marker = Marker(self.pair.source, self.pair.target)
        self._started = monotonic()
        self._marks = {s.role.value: s.log_mark() for s in self.pair.server_pair.servers}

    @property
    def follows(self) -> bool:
        """Whether the case goes on to the stream, and the tool claims to have one."""
        return "live" in self.case.phases and Capability.LIVE in self.driver.capabilities

    @property
    def skipped_phases(self) -> tuple[str, ...]:
        """The phases of the case that this tool does not claim."""
        return () if self.follows or "live" not in self.case.phases else ("live",)

    def prepare(self, *, setup: str = "") -> None:
        """Set-up on the source, the target's state beforehand, the marker, the premises.

        `setup` is SQL beside the case's own, for cases written in Python.
        """
        self.databases.create()
        given = (Section("setup", setup, 1),) if setup else ()
        for section in (*self.case.of("setup"), *given):
            self.psql.apply(section, self.databases.source(section))
        for section in self.case.of("target"):
            self.psql.apply(section, self.as_role(section, self.pair.target))
        if self.follows:
            self.marker.create()
        self.premises = tuple(
            answer
            for section in self.case.of("premise")
            for answer in self.psql.ask(section, self.databases.source(section))
        )
        self.over = not all(answer.held for answer in self.premises)
        self.original = self.look("source", Leftovers())

    def validate(self) -> None:
        """The tool's `validate` command."""
        with self._stage("validate") as stage:
            stage.run(Phase.VALIDATE)

    def init(self, *, compare: bool = True) -> None:
        """The snapshot, and a comparison of both sides (not where the stream has yet to add)."""
        with self._stage("init") as stage:
            if self._stream_begins_with_init():
                stage.run(Phase.INIT)
                stage.travel()
            else:
                stage.run(Phase.INIT)
            if compare:
                stage.compare(sequences="exact")
            else:
                stage.parts = replace(stage.parts, compared_later=True)

    def attempt_again(self) -> None:
        """Call `init` once more, which must fail or change nothing; not judged by itself."""
        self.tool.execute(Phase.INIT, self.call())

    def follow(self) -> None:
        """The stream: start it, prove that it carries a row, send the case's changes, compare."""
        if not self.follows:
            return
        with self._stage("live") as stage:
            for section in self.case.of("gap"):
                stage.change(section)
            if not self.tool.streaming():
                stage.run(Phase.SYNC)
            if not stage.travel():
                return
            for section in self.case.of("live"):
                stage.change(section)
            stage.barrier()
            stage.run(Phase.CAUGHT_UP)
            stage.compare(sequences="exact" if self.case.exact_sequences else "skip")

    def cutover(self) -> None:
        """The tool's cut-over; nothing of it may be left on either side."""
        with self._stage("cutover") as stage:
            stage.run(Phase.CUTOVER)
            stage.compare(sequences="ahead", declared=Leftovers())

    def verify(self) -> None:
        """Plant what the case says on the target; the tool's own comparison must tell the truth."""
        with self._stage("verify") as stage:
            for section in self.case.of("plant"):
                stage.plant(section)
            stage.run(Phase.VERIFY)
            stage.compare(sequences="exact")

    def finish(self) -> Evidence:
        """What must hold at the end, then everything seen; ends the tool's stream."""
        stopped = self.tool.stop()
        if self.stages and not self.over and self.trouble is None:
            self.stages[-1] = self._with_final_statements(self.stages[-1])
        if stopped and self.stages:
            last = self.stages[-1]
            kept = tuple(replace(e, phase="stop") for e in stopped)
            self.stages[-1] = replace(last, executions=last.executions + kept)
        return self._evidence()

    def expose(self, findings: tuple[Finding, ...]) -> None:
        """Add secrets that were seen to the last stage."""
        if self.stages:
            self.stages[-1] = replace(self.stages[-1], exposures=findings)
            self.steps.exposed(findings)

    def fail(self, error: Exception) -> None:
        """Note trouble of ours: the case is UNKNOWN."""
        self.trouble = self.scrubber.scrub(f"{type(error).__name__}: {error}")
        self.over = True

    # the steps of a stage

    @contextmanager
    def _stage(self, phase: str) -> Iterator[StageInMaking]:
        making = StageInMaking(self, phase)
        if self.over:
            making.halted = True
            yield making
            return
        making.before_target = self.look("target", Leftovers(), rows=making.still)
        yield making
        stage = making.stage()
        self.stages.append(stage)
        self.steps.compared(stage)
        self.over = judge.rule(stage) is not Outcome.FAITHFUL

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

    def _stream_begins_with_init(self) -> bool:
        command = self.driver.command(Phase.INIT, replace(self.call(), workdir=str(self.workdir)))
        return command is not None and command.background

    def look(self, side: SideName, declared: Leftovers, *, rows: bool = True) -> Snapshot:
        """What a side is like now, but for what is declared."""
        address = self.pair.source if side == "source" else self.pair.target
        return snapshot(address, scope=self.scope("exact", declared), side=side, rows=rows)

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

    def _with_final_statements(self, stage: Stage) -> Stage:
        answers = [
            answer
            for section in self.case.of("holds")
            for answer in self.psql.ask(section, self.as_role(section, self.pair.target))
        ]
        errors = [
            error
            for section in self.case.of("after")
            for error in self.psql.attempt(section, self.as_role(section, self.pair.target))
        ]
        return replace(stage, answers=tuple(answers), statement_errors=tuple(errors))

    def _by_hand(self) -> str:
        facts = script.Facts(
            case=self.case.id,
            title=self.case.title,
            replicator=self.driver.name,
            version=self.driver.version(),
            pg=self.pair.server_pair.spec,
            databases=tuple(map(self.databases.actual, self.case.databases)),
            timeout=self.case.timeout,
            may_refuse=any(one.outcome is Outcome.REFUSED for one in self.case.expected),
        )
        return script.write(facts, self.steps, self.workdir)

    def _evidence(self) -> Evidence:
        logs = {
            s.role.value: self.scrubber.scrub(s.log_since(self._marks[s.role.value]))
            for s in self.pair.server_pair.servers
        }
        return Evidence(
            case=self.case.id,
            category=self.case.category,
            title=self.case.title,
            replicator=self.driver.name,
            version=self.driver.version(),
            pg=self.pair.server_pair.spec,
            expected=self.case.expected,
            stages=tuple(self.stages),
            premises=self.premises,
            skipped_phases=self.skipped_phases,
            trouble=self.trouble,
            logs=logs,
            files=tuple(
                sorted({f for s in self.stages for e in s.executions for f in e.left_in_tmp})
            ),
            reproduction=self.scrubber.scrub_known(self._by_hand()),
            seconds=round(monotonic() - self._started, 3),
        )
