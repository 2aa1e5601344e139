"""One phase of a trial while it happens: commands, changes, barriers, comparisons."""

from __future__ import annotations

from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import psycopg

from assay.clock import monotonic, pause
from assay.conformance.bench import Bench
from assay.conformance.evidence import Stage
from assay.conformance.phases import STEPS, Ground
from assay.conformance.ruling import failed
from assay.conformance.statements import refuse_mistakes
from assay.errors import AssayError
from assay.oracle.compare import compare
from assay.oracle.snapshot import Snapshot
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.oracle.words.scope import SequenceMode
from assay.postgres.session import connect, scalar
from assay.process import Execution
from assay.replicators.base import Leftovers, Phase, State, said

REST = 3.0  # seconds after which a copy that has not changed is taken for finished


@dataclass(slots=True)
class StageInMaking:
    """Collects what happens in one phase.

    Once a command has `failed` or the stream stands still, nothing more is done but to compare
    what is there. `halted`: not even that.
    """

    bench: Bench
    phase: str
    assisted: bool = False
    anew: bool = False
    compares: bool = True  # False: the stream has yet to bring what the case is about
    halted: bool = False
    failed: bool = False
    before_target: Snapshot | None = None
    executions: list[Execution] = field(default_factory=list)
    source_errors: list[str] = field(default_factory=list)
    parts: Stage = field(default_factory=lambda: Stage(""))

    @property
    def still(self) -> bool:
        """Whether nobody is meant to write rows in this phase: the case neither."""
        return STEPS[self.phase].still and self.compares

    def call(self, phase: Phase) -> None:
        """One command of the tool."""
        if self.halted or self.failed:
            return
        done = self.bench.tool.execute(phase, self.bench.call())
        if done is None:
            return
        self.executions.append(done)
        if failed(done) and self.phase != "verify":
            self.failed = True
            self._look_at_debris()

    def ask_status(self, truth: Set[State]) -> None:
        """What the tool's `status` says, and what is true: one of these states."""
        if self.halted:
            return
        bench = self.bench
        done = bench.tool.execute(Phase.STATUS, bench.call())
        if done is None:
            return
        self.executions.append(done)
        told = said(bench.driver.status_states, done.exit, done.output)
        self.parts = replace(self.parts, truth=_words(truth), said=_words(told))
        self.look_for_changes()

    def change(self, kind: str) -> None:
        """Statements of the case on the source; one that fails is harm done to the source.

        SetupError when it names what is not there and the source is what it was: it never was.
        """
        for section in () if self.halted or self.failed else self.bench.case.of(kind):
            address = self.bench.databases.source(section)
            errors = self.bench.psql.attempt(section, self.bench.as_role(section, address))
            own = [error for error in errors if error.of_what_is_not_there]
            # Only the database under test was looked at before the first command.
            if own and section.database is None:
                harm = self.bench.harm(self.bench.declared(), rows=self.still)
                refuse_mistakes(section, [] if harm else own)
            self.source_errors.extend(map(str, errors))
            self.parts = replace(self.parts, changed=True)

    def plant(self) -> None:
        """Statements of the case on the target, which must all succeed."""
        for section in () if self.halted or self.failed else self.bench.case.of("plant"):
            self.bench.psql.apply(section, self.bench.pair.target)

    def look_at_target(self) -> None:
        """What the target is like before the tool's command."""
        if not self.halted:
            self.before_target = self.bench.look("target", Leftovers(), rows=self.still)

    def look_for_changes(self) -> None:
        """After a command that may change nothing: what it changed, on the source and beside."""
        if self.halted or self.failed:
            return
        self._look_at_source(self.bench.declared())
        self.parts = replace(self.parts, target_changes=self._changes_on_target())

    def travel(self) -> bool:
        """Prove that the stream itself carries a row: what is seen second was no snapshot.

        Where the first was not seen, and the tool claims to be done, a second proves nothing.
        """
        if not self.barrier():
            return False
        first = self.parts.barrier
        return (first is not None and first.claimed) or self.barrier()

    def barrier(self) -> bool:
        """Wait for the marker; whether it makes sense to go on."""
        if self.halted or self.failed:
            return False
        since = len(self.bench.steps.done)
        patience = self.bench.patience
        seen = self.bench.marker.cross(
            timeout=patience.barrier,
            patience=patience.claim,
            claims_done=self._claims_done,
            ended=self.bench.tool.ended,
        )
        self.bench.steps.waited(seen, since=since)
        self.parts = replace(self.parts, barrier=seen)
        if seen.server_failed:
            self.halted = True
        elif not (seen.crossed or seen.claimed):
            self.failed = True
            if self.bench.tool.ended():
                self.executions.extend(self.bench.tool.stop())
                self._look_at_debris()
            else:
                self._look_at_source(self.bench.declared())
        return not (self.halted or self.failed)

    def compare(self, *, sequences: SequenceMode, declared: Leftovers | None = None) -> None:
        """Both sides by the oracle, the source against what it was; of a failure what is there."""
        if self.halted:
            return
        if not self.compares and not self.failed:
            self.parts = replace(self.parts, compared_later=True)
            return
        allowed = self.bench.declared() if declared is None else declared
        if self.failed:
            self._compare_what_is_there(sequences, allowed)
            return
        with ThreadPoolExecutor(1) as pool:  # both only read, and wait for servers most of the time
            looked = pool.submit(self.bench.harm, allowed, rows=self.still)
            seen = self._compared(sequences, allowed)
        self.parts = replace(self.parts, comparison=seen, source_changes=looked.result())

    def stage(self) -> Stage:
        """What was collected."""
        return replace(
            self.parts,
            phase=self.phase,
            assisted=self.assisted,
            anew=self.anew,
            executions=tuple(self.executions),
            source_errors=tuple(self.source_errors),
        )

    def _compared(self, sequences: SequenceMode, declared: Leftovers) -> Comparison:
        # A stream carries rows: pg_dump is asked about the schema before it and after it.
        dumped = self.phase != "live" and not self.failed
        scope = self.bench.scope(sequences, declared)
        return self.bench.databases.compare(compare, scope, second_opinion=dumped)

    def _compare_what_is_there(self, sequences: SequenceMode, declared: Leftovers) -> None:
        """Rows doubled, tables half copied; a target that cannot be reached says nothing of it."""
        try:
            seen = self._at_rest(sequences, declared)
            begun = self._begun(seen)
        except (AssayError, psycopg.Error) as error:
            self.parts = replace(self.parts, not_compared=f"{type(error).__name__}: {error}")
            return
        self.parts = replace(self.parts, comparison=seen, begun=begun)

    def _at_rest(self, sequences: SequenceMode, declared: Leftovers) -> Comparison:
        """A copy that its tool still works on is no failure: until it is right, or goes no further.

        How long a copy may take is the case's to say, not how long a row may take to cross.
        """
        seen = self._compared(sequences, declared)
        deadline = monotonic() + self.bench.case.timeout
        while (
            STEPS[self.phase].makes is Ground.COPY
            and seen.equality is not Equality.EQUAL
            and self.bench.tool.streaming()
            and monotonic() < deadline
        ):
            pause(REST)
            before, seen = seen, self._compared(sequences, declared)
            same = (seen.findings, seen.totals) == (before.findings, before.totals)
            if same and seen.equality is Equality.DIFFERENT:
                break
        return seen

    def _begun(self, seen: Comparison) -> tuple[str, ...]:
        """The relations that lack rows on the target and have others there."""
        lacking = [name for name, rows in seen.rows.items() if rows.get("missing")]
        inside = [name for name in lacking if ": " not in name]  # of the database under test
        if not inside:
            return ()
        with connect(self.bench.pair.target, read_only=True) as session:
            return tuple(
                name for name in inside if scalar(session, f"select exists (select from {name})")
            )

    def _claims_done(self) -> bool:
        done = self.bench.tool.execute(Phase.CAUGHT_UP, self.bench.call())
        if done is None:
            return False
        self.executions.append(done)
        return done.ok

    def _look_at_debris(self) -> None:
        """After a failure: what is left on either side, whatever was declared."""
        left = self.bench.harm(Leftovers(), rows=self.still)
        self.parts = replace(self.parts, debris=self._changes_on_target() + left)
        self._look_at_source(self.bench.declared())

    def _changes_on_target(self) -> tuple[Finding, ...]:
        if self.before_target is None:
            return ()
        return self.bench.changes("target", self.before_target, Leftovers(), rows=self.still)

    def _look_at_source(self, declared: Leftovers) -> None:
        found = self.bench.harm(declared, rows=self.still)
        self.parts = replace(self.parts, source_changes=found)


def _words(states: Set[State]) -> tuple[str, ...]:
    return tuple(sorted(states))
