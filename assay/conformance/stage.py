"""One phase of a trial while it happens: commands, changes, barriers, comparisons."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from assay.conformance import judge
from assay.conformance.case import Section
from assay.conformance.evidence import Stage
from assay.errors import AssayError
from assay.oracle.compare import compare
from assay.oracle.snapshot import Snapshot, changes
from assay.oracle.words.finding import Finding
from assay.oracle.words.scope import SequenceMode, SideName
from assay.process import Execution
from assay.replicators.base import Leftovers, Phase

if TYPE_CHECKING:
    from assay.conformance.trial import Trial


@dataclass(slots=True)
class StageInMaking:
    """Collects what happens in one phase; once `halted`, its steps do nothing."""

    trial: Trial
    phase: str
    halted: bool = False
    before_target: Snapshot | None = None
    executions: list[Execution] = field(default_factory=list)
    source_errors: list[str] = field(default_factory=list)
    parts: Stage = field(default_factory=lambda: Stage(""))

    @property
    def still(self) -> bool:
        """Whether nobody is meant to write rows in this phase."""
        return self.phase in ("init", "validate", "verify")

    def run(self, phase: Phase) -> None:
        """One command of the tool."""
        if self.halted:
            return
        done = self.trial.tool.execute(phase, self.trial.call())
        if done is None:
            return
        self.executions.append(done)
        if judge.failed(done) and self.phase != "verify":
            self.halted = True
            self._look_at_debris()

    def change(self, section: Section) -> None:
        """Statements of the case on the source; one that fails is harm done to the source."""
        if self.halted:
            return
        address = self.trial.databases.source(section)
        errors = self.trial.psql.attempt(section, self.trial.as_role(section, address))
        self.source_errors.extend(errors)

    def plant(self, section: Section) -> None:
        """Statements of the case on the target, which must all succeed."""
        if not self.halted:
            self.trial.psql.apply(section, self.trial.pair.target)

    def travel(self) -> bool:
        """Prove that the stream itself carries a row: what is seen second was no snapshot."""
        return self.barrier() and self.barrier()

    def barrier(self) -> bool:
        """Wait for the marker; whether it makes sense to go on."""
        if self.halted:
            return False
        since = len(self.trial.steps.done)
        seen = self.trial.marker.cross(
            timeout=self.trial.patience.barrier,
            patience=self.trial.patience.claim,
            claims_done=self._claims_done,
            ended=self.trial.tool.ended,
        )
        self.trial.steps.waited(seen, since=since)
        self.parts = replace(self.parts, barrier=seen)
        if seen.server_failed or not (seen.crossed or seen.claimed):
            self.halted = True
            if self.trial.tool.ended():
                self.executions.extend(self.trial.tool.stop())
                self._look_at_debris()
            elif not seen.server_failed:
                self._look_at_source(self.trial.declared())
        return not self.halted

    def compare(self, *, sequences: SequenceMode, declared: Leftovers | None = None) -> None:
        """Both sides by the oracle, the source against what it was."""
        if self.halted:
            return
        trial = self.trial
        allowed = trial.declared() if declared is None else declared
        scope = trial.scope(sequences, allowed)
        # A stream carries rows: pg_dump is asked about the schema before it and after it.
        dumped = self.phase != "live"
        comparison = trial.databases.compare(compare, scope, second_opinion=dumped)
        self.parts = replace(self.parts, comparison=comparison)
        self._look_at_source(allowed)

    def stage(self) -> Stage:
        """What was collected."""
        return replace(
            self.parts,
            phase=self.phase,
            executions=tuple(self.executions),
            source_errors=tuple(self.source_errors),
        )

    def _claims_done(self) -> bool:
        done = self.trial.tool.execute(Phase.CAUGHT_UP, self.trial.call())
        if done is not None:
            self.executions.append(done)
        return done is not None and done.ok

    def _look_at_debris(self) -> None:
        """After a failure: what is left on either side, whatever was declared."""
        left = self._changes("source", self._original(), Leftovers())
        if self.before_target is not None:
            left = self._changes("target", self.before_target, Leftovers()) + left
        self.parts = replace(self.parts, debris=left)
        self._look_at_source(self.trial.declared())

    def _look_at_source(self, declared: Leftovers) -> None:
        found = self._changes("source", self._original(), declared)
        self.parts = replace(self.parts, source_changes=found)

    def _original(self) -> Snapshot:
        if self.trial.original is None:
            raise AssayError("The source was not looked at before the first command.")
        return self.trial.original

    def _changes(
        self, side: SideName, before: Snapshot, declared: Leftovers
    ) -> tuple[Finding, ...]:
        """What changed on a side; rows move while a case writes them, all else must stay."""
        now = self.trial.look(side, declared, rows=self.still)
        scope = self.trial.scope("exact", declared)
        return changes(before, now, scope, side=side, data=self.still)
