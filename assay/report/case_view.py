"""One case as it stands on the page: everything fit to be shown, and no more than fits."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from assay.conformance import evidence
from assay.conformance.by_hand.script import shown
from assay.conformance.evidence import Evidence, Stage
from assay.oracle.words.finding import Finding
from assay.process import Execution
from assay.report import rerun, text
from assay.report.matrix import HARM
from assay.run.events import CaseJudged, PhaseJudged
from assay.run.record import Run

FINDINGS = 50  # rows of a findings table
WHOLE, SHORT = 12_000, 2_000  # characters of an output: of a case in question, of one as required
# What all cases in question, and all as required, share of a page: it has to open at once.
ROOM = {False: 1_400_000, True: 300_000}  # characters of outputs, by whether it is as required
ROWS = 2_000  # of all findings tables


@dataclass(frozen=True, slots=True)
class FindingView:
    """One row of a findings table."""

    finding: Finding
    source: text.Side
    target: text.Side
    where: str


@dataclass(frozen=True, slots=True)
class CommandView:
    """One call of the tool, with its output fit for a page."""

    argv: str
    phase: str
    ended: str
    good: bool
    seconds: float
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What one case may take of the page; `whole` is the file in which all of it is."""

    output: int  # characters of one output at most
    room: int  # of all outputs together
    rows: int  # of findings
    whole: str


@dataclass(frozen=True, slots=True)
class PhaseView:
    """One phase of a case: its outcome, and what was found and seen in it."""

    judged: PhaseJudged
    findings: tuple[FindingView, ...] = ()
    hidden: int = 0
    commands: tuple[CommandView, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case with all that is shown of it; `note` says why evidence is missing."""

    number: int
    case: CaseJudged
    rerun: str
    phases: tuple[PhaseView, ...]
    limits: Limits
    causes: tuple[int, ...] = ()  # of its phases: their numbers, 0 where there is none
    sql: str = ""
    first: FindingView | None = None
    expected: tuple[str, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()
    logs: tuple[tuple[str, str], ...] = ()
    reproduction: str = ""
    link: str = ""
    note: str = ""

    @property
    def state(self) -> str:
        """``bad``, ``unknown``, ``gap`` or ``good``: the group in which it stands."""
        return _state(self.case)

    @property
    def kinds(self) -> str:
        """By which words a reader can choose it."""
        phases = self.case.phases
        told = [phase.outcome.value for phase in phases]
        told += [HARM] if self.case.harmed_source else []
        told += ["ASSISTED"] if any(phase.assisted for phase in phases) else []
        return " ".join(dict.fromkeys(told))


def limits(cases: Sequence[CaseJudged]) -> Callable[[CaseJudged], Limits]:
    """What each case may take, so that a page of very many opens at once."""
    good = sum(_state(case) == "good" for case in cases)
    number = {True: good or 1, False: len(cases) - good or 1}

    def of(case: CaseJudged) -> Limits:
        fine = _state(case) == "good"
        return Limits(
            output=SHORT if fine else WHOLE,
            room=ROOM[fine] // number[fine],
            rows=min(FINDINGS, max(3, ROWS // number[fine])),
            whole=case.evidence,
        )

    return of


def _state(case: CaseJudged) -> str:
    return ("bad", "unknown", "gap", "good")[case.badness[1]]


def case_view(
    run: Run,
    folder: Path,
    number: int,
    case: CaseJudged,
    told: Mapping[tuple[bool, str], int],
    limits: Limits,
) -> CaseView:
    """A case by its number on the page; `told` are those of causes: of a known gap, signature."""
    view = CaseView(
        number=number,
        case=case,
        rerun=rerun.command(case, run.options),
        phases=tuple(_phase(phase, limits.rows) for phase in case.phases),
        limits=limits,
        causes=tuple(
            told.get((phase.gap is not None, phase.cause.signature), 0) if phase.cause else 0
            for phase in case.phases
        ),
        sql=text.block(case.sql, limits.room // 3, whole=f"{case.case}.sql"),
        first=_first(case.gravest),
        link="./" + quote(case.evidence),
    )
    try:
        seen = evidence.load(folder / case.evidence)
    except (OSError, ValueError) as error:
        return replace(view, note=f"the evidence cannot be read: {type(error).__name__}: {error}")
    return _with_evidence(view, seen)


def _first(phase: PhaseJudged) -> FindingView | None:
    """The finding that is a case's headline: never one that the case itself planted."""
    if phase.phase in ("verify", "status") or not phase.findings:
        return None
    if phase.cause is not None and phase.cause.origin.failure:
        return None
    return finding_view(phase.findings[0], context=12, limit=60)


def _phase(judged: PhaseJudged, rows: int) -> PhaseView:
    limit = 400 if rows == FINDINGS else 120
    return PhaseView(
        judged,
        findings=tuple(finding_view(found, limit=limit) for found in judged.findings[:rows]),
        hidden=max(0, len(judged.findings) - rows) + judged.omitted,
    )


def finding_view(found: Finding, *, context: int = 40, limit: int = 400) -> FindingView:
    """A finding with what differs apart from what is common."""
    both = text.sides(found.source, found.target, context=context, limit=limit)
    return FindingView(found, *both, text.where(found))


def _with_evidence(view: CaseView, seen: Evidence) -> CaseView:
    script = "" if view.state == "good" else shown(seen.reproduction)
    limits = view.limits
    wrong = [not phase.judged.expected for phase in view.phases]
    stages = list(seen.stages)
    plain = [one for red, stage in zip(wrong, stages, strict=False) if not red
             for one in _outputs(stage)]  # fmt: skip
    telling = [one for red, stage in zip(wrong, stages, strict=False) if red
               for one in _outputs(stage)]  # fmt: skip
    telling += [*seen.logs.values(), script]

    def cut_to(texts: Sequence[str], room: int) -> Callable[[str], str]:
        fair = text.share(map(len, texts), room)
        return partial(text.block, limit=min(limits.output, fair), whole=limits.whole)

    # What a phase that is as required has said is worth a quarter of what the others have.
    cuts = {True: cut_to(telling, limits.room * 3 // 4), False: cut_to(plain, limits.room // 4)}
    cut = cuts[True]
    return replace(
        view,
        expected=tuple(
            f"{e.outcome}: {e.text}" if e.text else e.outcome.value for e in seen.expected
        ),
        phases=tuple(
            _with_stage(phase, stages[number], cuts[wrong[number]])
            if number < len(stages)
            else phase
            for number, phase in enumerate(view.phases)
        ),
        remarks=tuple(_remarks(seen, cut)),
        logs=tuple((name, cut(log)) for name, log in seen.logs.items() if log),
        reproduction=cut(script),
    )


def _outputs(stage: Stage) -> Iterator[str]:
    """Everything of a phase that can be long."""
    yield from (body for _, body in _stage_remarks(stage))
    for execution in stage.executions:
        yield from (execution.stdout, execution.stderr)


def _with_stage(view: PhaseView, stage: Stage, cut: Callable[[str], str]) -> PhaseView:
    return replace(
        view,
        commands=tuple(_command(execution, cut) for execution in stage.executions),
        remarks=tuple((title, cut(body)) for title, body in _stage_remarks(stage)),
    )


def _stage_remarks(stage: Stage) -> Iterator[tuple[str, str]]:
    yield from (("error on the source", error) for error in stage.source_errors)
    if stage.barrier is not None and not stage.barrier.crossed:
        yield stage.barrier.why, stage.barrier.stuck
    if stage.not_compared:
        yield "not compared", stage.not_compared
    if stage.comparison is not None:
        yield from (("warning", warning) for warning in stage.comparison.warnings)


def _remarks(seen: Evidence, cut: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    if seen.trouble:
        yield text.visible(f"trouble of ours in {seen.trouble.phase}"), cut(seen.trouble.what)
    for answer in seen.premises:
        if not answer.held:
            yield "premise not true", cut(f"{answer.query}\n{answer.error}")


def _command(execution: Execution, cut: Callable[[str], str]) -> CommandView:
    if execution.timed_out:
        ended = "time limit"
    elif execution.exit is None:
        ended = "running" if not execution.stderr else "not started"
    elif execution.exit < 0:
        ended = f"signal {-execution.exit}"
    else:
        ended = f"exit {execution.exit}"
    return CommandView(
        argv=text.visible(shlex.join(execution.argv)),
        phase=execution.phase,
        ended=ended,
        good=execution.ok or ended == "running",
        seconds=execution.seconds,
        stdout=cut(execution.stdout),
        stderr=cut(execution.stderr),
    )
