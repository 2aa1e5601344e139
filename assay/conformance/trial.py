"""One case on one bench: its phases in order, each for itself, and everything that was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import psycopg

from assay.clock import monotonic
from assay.conformance import judge
from assay.conformance.bench import Bench
from assay.conformance.by_hand import script
from assay.conformance.evidence import Answer, Evidence, Stage, Trouble, Unreached
from assay.conformance.log_reader import LogReader
from assay.conformance.phases import AFTER, STEPS, Ground, Step
from assay.conformance.ruling import failed
from assay.conformance.stage import StageInMaking
from assay.errors import AssayError, SetupError
from assay.oracle.words.finding import Finding
from assay.replicators.base import HandOver, Phase, State
from assay.replicators.drivers.reference import Reference
from assay.run.outcome import Outcome

TROUBLE = (AssayError, psycopg.Error, OSError)  # ours, never the tool's
Renew = Callable[[], None]  # brings both servers back to where they were, with empty databases


@dataclass
class Trial:
    """Drives the phases of a case, called in order; each adds a stage to the evidence.

    A phase that fails ends only those that need what it makes. Where a later one can stand on a
    copy that the tool did not make, the suite makes one (`renew`, the reference's own init), and
    what follows is `assisted`. `over` says why nothing more is asked: a premise that is not true,
    trouble of ours, or that the case has come to what it asks for.
    """

    bench: Bench
    renew: Renew | None = None
    stages: list[Stage] = field(default_factory=list)
    unreached: list[Unreached] = field(default_factory=list)
    premises: tuple[Answer, ...] = ()
    trouble: Trouble | None = None
    over: str = ""
    fulfilled: bool = False  # by a refusal that the case asks for
    lacking: dict[Ground, str] = field(default_factory=dict)  # the phase that failed to make it
    spoilt: str = ""  # the phase that left a wrong copy: nothing can be planted in that
    assisted: bool = False
    _doing: str = judge.SETUP
    setup: str = ""  # SQL of a case that is written in Python
    _set_up: int = 0  # how often the databases were set up anew

    def __post_init__(self) -> None:
        self._started = monotonic()
        self._logs = LogReader(self.bench.pair.server_pair.servers, self.bench.scrubber)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The phases of the case that this tool does not claim."""
        claimed = self.bench.driver.capabilities
        return tuple(p for p in self.bench.case.phases if STEPS[p].capability not in claimed)

    def prepare(self, *, setup: str = "") -> None:
        """Set-up on the source, the target's state beforehand, the marker, the premises.

        `setup` is SQL beside the case's own, for cases written in Python.
        """
        self.setup = setup
        self.premises = self.bench.set_up(setup)
        if not all(answer.held for answer in self.premises):
            self.over = "a premise is not true"

    def validate(self) -> None:
        """The tool's `validate` command."""
        self.do("validate")

    def init(self, *, compare: bool = True) -> None:
        """The snapshot, and a comparison of both sides (not where the stream has yet to add)."""
        self.do("init", compare=compare)

    def attempt_again(self) -> None:
        """Call `init` once more, which must fail or change nothing; not judged by itself."""
        if not self.over and not self.lacking:
            self.bench.tool.execute(Phase.INIT, self.bench.call())

    def follow(self) -> None:
        """The stream, where the tool claims one."""
        self.do("live")

    def cutover(self) -> None:
        """The tool's cut-over."""
        self.do("cutover")

    def verify(self) -> None:
        """The tool's own comparison."""
        self.do("verify")

    def status(self, *truth: State) -> None:
        """What the tool says of its stream, of which one of these is true.

        On a copy that had to be made for it, what is true of that one counts.
        """
        if "status" not in self.left_out and not self.fulfilled:
            with self.stage("status") as stage:
                stage.ask_status(self.bench.ground if stage.anew else frozenset(truth))

    def do(self, phase: str, *, compare: bool = True) -> None:
        """One phase, if there is ground for it to stand on."""
        claimed = STEPS[phase].capability in self.bench.driver.capabilities
        if not claimed or self.fulfilled:
            return
        with self.stage(phase) as stage:
            stage.compares = compare
            STEPS[phase].run(stage)

    @contextmanager
    def stage(self, phase: str) -> Iterator[StageInMaking]:
        """A phase in making, for what the steps do not say; `halted` where it is not reached."""
        self._doing = phase
        set_up = self._set_up
        if why := self._out_of_reach(phase, STEPS[phase]):
            self.unreached.append(Unreached(phase, why))
            yield StageInMaking(self.bench, phase, halted=True)
            return
        making = StageInMaking(self.bench, phase, self.assisted, anew=self._set_up > set_up)
        first = self._logs.lines()
        if STEPS[phase].looks:
            making.look_at_target()
        try:
            yield making
        except BaseException:  # what the tool said until then is kept; it is judged by nobody
            self.stages.append(self._with_log(making.stage(), first))
            raise
        self._add(self._with_log(making.stage(), first))
        self._doing = next(iter(self._rest()), judge.END)

    def finish(self) -> Evidence:
        """What must hold at the end, then everything seen; ends the tool's stream."""
        self._stop()
        self._account_for_the_rest()
        at = self._carried()
        if at is not None:
            try:
                self.stages[at] = self._with_final_statements(self.stages[at])
            except SetupError as error:  # a statement of the case that is no SQL
                self.fail(error)
        return self._evidence()

    def expose(self, findings: tuple[Finding, ...]) -> None:
        """Add secrets that were seen to the last stage."""
        if self.stages:
            self.stages[-1] = replace(self.stages[-1], exposures=findings)
            self.bench.steps.exposed(findings)

    def fail(self, error: Exception) -> None:
        """Note trouble of ours: the phase in which it came up is UNKNOWN."""
        what = self.bench.scrubber.scrub(f"{type(error).__name__}: {error}")
        self.trouble = Trouble(self._doing, what)
        self._give_up_the_rest("trouble of ours")

    def _account_for_the_rest(self) -> None:
        """Phases of the case that nobody asked for: after a failure or, in a wrong case, by none.

        A case that has come to what it asks for has no rest.
        """
        if self.fulfilled or self.trouble or not (rest := self._rest()):
            return
        failed = next(iter(self.lacking.values()), None)
        why = self.over or (f"{failed} failed" if failed else "")
        if why:
            self.unreached += [Unreached(phase, why) for phase in rest]
        else:
            self.trouble = Trouble(rest[0], "the case names this phase and never asks for it")

    def _carried(self) -> int | None:
        """The tool's last stage that carried something, which must hold at the end; None if none.

        What it only answered afterwards takes nothing from that.
        """
        if self.over or self.lacking or self.assisted or self.fulfilled or self.trouble:
            return None
        carried = [n for n, one in enumerate(self.stages) if not STEPS[one.phase].answers]
        last = carried[-1] if carried else None
        broken = last is not None and any(map(failed, self.stages[last].executions))
        return None if broken else last

    def _with_log(self, stage: Stage, first: Mapping[str, int]) -> Stage:
        behind = self._logs.lines()
        return replace(stage, log_lines={side: (first[side], behind[side]) for side in first})

    def _add(self, stage: Stage) -> None:
        self.stages.append(stage)
        self.bench.steps.compared(stage)
        outcome = judge.rule(stage, judge.standing_on_the_same(self.stages))
        makes = STEPS[stage.phase].makes
        if stage.phase in AFTER:
            self.bench.ground = self._true_after(stage, outcome)
        if outcome is Outcome.UNKNOWN:
            self.over = f"nothing was proved in {stage.phase}"
        elif judge.ends(self.bench.case.expected, stage, outcome):
            self.fulfilled = True
        elif outcome in (Outcome.FAITHFUL, Outcome.SILENT_WRONG):
            self.lacking.pop(makes, None)
            if outcome is Outcome.SILENT_WRONG and makes is not Ground.NOTHING:
                self.spoilt = stage.phase
        elif makes is not Ground.NOTHING:  # a copy that a failed stream has written to is none
            self.lacking = dict.fromkeys((Ground.COPY, Ground.STREAM), stage.phase)

    def _true_after(self, stage: Stage, outcome: Outcome) -> frozenset[State]:
        """What a truthful `status` may say after a phase; empty where nobody knows."""
        stuck = stage.barrier is not None and not stage.barrier.crossed
        if stuck or outcome not in (Outcome.FAITHFUL, Outcome.SILENT_WRONG):
            return frozenset()
        begun = STEPS[stage.phase].makes is Ground.COPY and self.bench.tool.streaming()
        return AFTER["live" if begun else stage.phase]

    def _out_of_reach(self, phase: str, step: Step) -> str:
        """Why a phase cannot be judged; "" once it has ground to stand on."""
        if self.over:
            return self.over
        lacks = self.lacking.get(step.needs)
        needed = self.bench.driver.stands_on.get(step.asked)
        planted = step.asked is Phase.VERIFY and self.bench.case.of("plant")
        if lacks is None and planted and self.spoilt and needed is not None and self.renew:
            return self._hand_over(self.renew, needed)
        if lacks is None:
            unclear = step.asked is Phase.STATUS and not self.bench.ground
            return "nobody knows what is true of the stream by now" if unclear else ""
        if step.needs is Ground.STREAM:
            return f"{lacks} failed, and {phase} needs the tool's own stream"
        if needed is None:
            return (
                f"{lacks} failed, and {phase} of {self.bench.driver.name} cannot stand on"
                " a copy that it did not make"
            )
        if self.renew is None:
            return f"{lacks} failed, and these servers cannot be set up anew"
        return self._hand_over(self.renew, needed)

    def _hand_over(self, renew: Renew, needed: HandOver) -> str:
        """Make what the tool failed to make; why that did not succeed."""
        self._stop()
        self.bench.steps.end()
        self._logs.lines()
        renew()
        self._logs.go_on(self.bench.pair.server_pair.servers)
        self.bench.settle()
        self.bench.set_up(self.setup)
        reference = self.bench.tool_of(Reference())
        done = reference.execute(
            Phase.INIT, replace(self.bench.call(), follow=needed is HandOver.SLOT)
        )
        if done is None or not done.ok:
            said = done.output.strip().splitlines()[-1:] if done else []
            self.over = ": ".join(
                ("the suite could not make the copy that this phase needs", *said)
            )
            return self.over
        self.assisted = True
        self._set_up += 1
        self.lacking.pop(Ground.COPY, None)
        self.spoilt = ""
        self.bench.ground = AFTER["init"]
        return ""

    def _give_up_the_rest(self, why: str) -> None:
        rest = [phase for phase in self._rest() if phase != self._doing]
        self.unreached += [Unreached(phase, why) for phase in rest]
        self.over = why

    def _rest(self) -> list[str]:
        """The phases that are still to come."""
        told = {*(s.phase for s in self.stages), *(u.phase for u in self.unreached)}
        return [p for p in self.bench.case.phases if p not in told and p not in self.left_out]

    def _stop(self) -> None:
        stopped = self.bench.tool.stop()
        if stopped and self.stages:
            kept = tuple(replace(done, phase="stop") for done in stopped)
            last = self.stages[-1]
            self.stages[-1] = replace(last, executions=last.executions + kept)

    def _with_final_statements(self, stage: Stage) -> Stage:
        bench = self.bench
        answers = [
            answer
            for section in bench.case.of("holds")
            for answer in bench.psql.ask(section, bench.as_role(section, bench.pair.target))
        ]
        errors = [
            str(error)
            for section in bench.case.of("after")
            for error in bench.psql.attempt(section, bench.as_role(section, bench.pair.target))
        ]
        return replace(stage, answers=tuple(answers), statement_errors=tuple(errors))

    def _by_hand(self) -> str:
        bench = self.bench
        facts = script.Facts(
            case=bench.case.id,
            title=bench.case.title,
            replicator=bench.driver.name,
            version=bench.driver.version(bench.tool.path),
            pg=bench.pair.server_pair.spec,
            databases=tuple(map(bench.databases.actual, bench.case.databases)),
            timeout=bench.case.timeout,
            may_refuse=any(one.outcome is Outcome.REFUSED for one in bench.case.expected),
        )
        return script.write(facts, bench.steps, bench.workdir)

    def _evidence(self) -> Evidence:
        bench = self.bench
        return Evidence(
            case=bench.case.id,
            category=bench.case.category,
            title=bench.case.title,
            replicator=bench.driver.name,
            version=bench.driver.version(bench.tool.path),
            pg=bench.pair.server_pair.spec,
            expected=bench.case.expected,
            stages=tuple(self.stages),
            premises=self.premises,
            unreached=tuple(self.unreached),
            left_out=self.left_out,
            trouble=self.trouble,
            logs=self._logs.texts(),
            files=tuple(
                sorted({f for s in self.stages for e in s.executions for f in e.left_in_tmp})
            ),
            reproduction=bench.scrubber.scrub_known(self._by_hand()),
            seconds=round(monotonic() - self._started, 3),
        )


def run_phases(trial: Trial) -> None:
    """Do what a SQL case says, phase by phase; trouble of ours is raised."""
    trial.prepare()
    for phase in trial.bench.case.phases:
        trial.do(phase)
