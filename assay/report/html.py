"""`index.html`: a run on one page that needs nothing else, not even a network."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from assay.conformance import evidence
from assay.conformance.by_hand.script import shown
from assay.conformance.evidence import Evidence, Stage
from assay.oracle.self_test.measured import measured
from assay.oracle.words.finding import Finding
from assay.process import Execution
from assay.report import rerun, text
from assay.report.matrix import Cell, matrices, pg_name
from assay.run.events import CaseJudged, PhaseJudged
from assay.run.outcome import Outcome
from assay.run.record import Run

NAME = "index.html"
FINDINGS = 50  # rows of a findings table
WHOLE, SHORT = 12_000, 2_000  # characters of an output: of a case in question, of one as required


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
        return ("bad", "unknown", "gap", "good")[self.case.badness[1]]


def save(run: Run, folder: Path) -> None:
    """Write `index.html` beside the journal."""
    page = render(run, folder)
    (folder / NAME).write_text(page, encoding="utf-8", errors="backslashreplace")


def render(run: Run, folder: Path) -> str:
    """The page; evidence is read below `folder`."""
    ordered = sorted(run.judged, key=lambda case: case.badness)
    tables = matrices(run)
    views = [_case(run, folder, number, case) for number, case in enumerate(ordered, start=1)]
    numbers = {id(view.case): view.number for view in views}

    def first(cell: Cell) -> int:
        return min(numbers[id(case)] for case, _ in cell.phases)

    return (
        templates()
        .get_template("index.html.j2")
        .render(
            run=run,
            oracle=measured(),
            conclusion=run.conclusion,
            command=shlex.join(["pytest", *run.start.argv]),
            matrices=tables,
            outcomes=list(Outcome),
            totals={o: sum(m.total(o).count for m in tables) for o in Outcome},
            views=views,
            first=first,
        )
    )


def templates() -> Environment:
    """Where pages come from; everything that they show is escaped."""
    environment = Environment(
        loader=PackageLoader("assay.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = text.visible
    environment.filters["pg"] = lambda pg: text.visible(pg_name(pg))
    environment.filters["css"] = lambda outcome: outcome.value.lower().replace("_", "-")
    environment.filters["duration"] = _duration
    return environment


def _case(run: Run, folder: Path, number: int, case: CaseJudged) -> CaseView:
    gravest = case.gravest
    shown = (finding_view(found, context=12, limit=60) for found in gravest.findings)
    view = CaseView(
        number=number,
        case=case,
        rerun=rerun.command(case, run.options),
        phases=tuple(map(_phase, case.phases)),
        first=next(shown, None),
        link="./" + quote(case.evidence),
    )
    try:
        seen = evidence.load(folder / case.evidence)
    except (OSError, ValueError) as error:
        return replace(view, note=f"the evidence cannot be read: {type(error).__name__}: {error}")
    return _with_evidence(view, seen)


def _phase(judged: PhaseJudged) -> PhaseView:
    return PhaseView(
        judged,
        findings=tuple(finding_view(found) for found in judged.findings[:FINDINGS]),
        hidden=max(0, len(judged.findings) - FINDINGS) + judged.omitted,
    )


def finding_view(found: Finding, *, context: int = 40, limit: int = 400) -> FindingView:
    """A finding with what differs apart from what is common."""
    both = text.sides(found.source, found.target, context=context, limit=limit)
    return FindingView(found, *both, text.where(found))


def _with_evidence(view: CaseView, seen: Evidence) -> CaseView:
    limit = SHORT if view.state == "good" else WHOLE
    stages = list(seen.stages)
    return replace(
        view,
        expected=tuple(
            f"{e.outcome}: {e.text}" if e.text else e.outcome.value for e in seen.expected
        ),
        phases=tuple(
            _with_stage(phase, stages[number], limit) if number < len(stages) else phase
            for number, phase in enumerate(view.phases)
        ),
        remarks=tuple(_remarks(seen, limit)),
        logs=tuple((name, text.block(log, limit)) for name, log in seen.logs.items() if log),
        reproduction="" if view.state == "good" else text.block(shown(seen.reproduction), WHOLE),
    )


def _with_stage(view: PhaseView, stage: Stage, limit: int) -> PhaseView:
    remarks = [("error on the source", error) for error in stage.source_errors]
    if stage.barrier is not None and not stage.barrier.crossed:
        remarks.append((stage.barrier.why, stage.barrier.stuck))
    if stage.not_compared:
        remarks.append(("not compared", stage.not_compared))
    if stage.comparison is not None:
        remarks += [("warning", warning) for warning in stage.comparison.warnings]
    return replace(
        view,
        commands=tuple(_command(execution, limit) for execution in stage.executions),
        remarks=tuple((title, text.block(body, limit)) for title, body in remarks),
    )


def _remarks(seen: Evidence, limit: int) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if seen.trouble:
        found.append((f"trouble of ours in {seen.trouble.phase}", seen.trouble.what))
    found += [
        ("premise not true", f"{answer.query}\n{answer.error}")
        for answer in seen.premises
        if not answer.held
    ]
    return [(text.visible(title), text.block(body, limit)) for title, body in found]


def _command(execution: Execution, limit: int) -> CommandView:
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
        stdout=text.block(execution.stdout, limit),
        stderr=text.block(execution.stderr, limit),
    )


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{seconds:.1f} s"
