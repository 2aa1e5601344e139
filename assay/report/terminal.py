"""What a run prints: lines with markup hints, for whoever has a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assay.report import rerun
from assay.report.matrix import Cell, Matrix, matrices, pg_name
from assay.report.text import brief, clip
from assay.run.events import CaseJudged, PhaseJudged
from assay.run.outcome import Outcome, Verdict
from assay.run.record import Run

WORST = 15  # how many cases are listed
_COLOURS = {Verdict.PASS: "green", Verdict.UNKNOWN: "yellow", Verdict.FAIL: "red"}


@dataclass(frozen=True, slots=True)
class Line:
    """A text and how it looks: names of a terminal writer's markup, such as ``bold``."""

    text: str = ""
    markup: Mapping[str, bool] = field(default_factory=dict)


def summary(run: Run, *, folder: Path, width: int = 100) -> Iterator[Line]:
    """Matrix, skips, the worst cases, the self-test and, last, the verdict."""
    for matrix in matrices(run):
        yield from _table(matrix)
    yield from _skips(run)
    yield from _worst(run, width)
    yield from _rust(run, width)
    yield from _checks(run, width)
    yield from _self_tests(run, width)
    yield Line(f"report: {folder / 'index.html'}")
    conclusion = run.conclusion
    colour = _COLOURS[conclusion.verdict]
    for reason in conclusion.reasons[:WORST]:
        yield Line(clip(f"  {reason}", width), {colour: True})
    yield Line(conclusion.line, {"bold": True, colour: True})


def _table(matrix: Matrix) -> Iterator[Line]:
    columns = [outcome for outcome in Outcome if matrix.total(outcome).count]
    heads = [outcome.value for outcome in columns]
    heads += ["assisted"] if matrix.assisted.count else []
    heads += ["skipped"] if matrix.skipped else []
    first = max((len(row.category) for row in matrix.rows), default=0)
    yield Line(
        f"{matrix.replicator} {matrix.version} on PostgreSQL {pg_name(matrix.pg)}", {"bold": True}
    )
    yield Line("  " + " " * first + "".join(f"  {head}" for head in heads))
    for row in matrix.rows:
        cells = [_cell(row.cells[outcome]) for outcome in columns]
        cells += [_cell(row.assisted)] if matrix.assisted.count else []
        cells += [str(row.skipped or "·")] if matrix.skipped else []
        text = f"  {row.category:{first}}" + "".join(
            f"  {cell:>{len(head)}}" for cell, head in zip(cells, heads, strict=True)
        )
        yield Line(text, {} if row.as_required else {"red": True})
    if not all(row.as_required for row in matrix.rows):
        yield Line("  * not as required")
    yield Line()


def _cell(cell: Cell) -> str:
    if not cell.count:
        return "·"
    return f"*{cell.count}" if cell.unexpected else str(cell.count)


def _skips(run: Run) -> Iterator[Line]:
    if run.skipped:
        yield Line(f"skipped: {len(run.skipped)} ({_counted(s.requires for s in run.skipped)})")
    phases = [one for case in run.judged for one in case.left_out]
    if phases:
        counted = _counted(
            one.phase if one.phase == one.requires else f"{one.phase} for want of {one.requires}"
            for one in phases
        )
        yield Line(f"phases left out: {len(phases)} ({counted})")


def _counted(words: Iterator[str]) -> str:
    return ", ".join(f"{word} {count}" for word, count in Counter(words).most_common())


def _worst(run: Run, width: int) -> Iterator[Line]:
    bad = sorted((c for c in run.judged if not c.expected), key=lambda case: case.badness)
    if not bad:
        return
    yield Line("not as required, the worst first:", {"bold": True})
    legs = {(case.replicator, case.pg) for case in run.judged}
    for case in bad[:WORST]:  # two lines of a terminal at most: a finding cut short helps nobody
        yield Line(clip(_bad(case, alone=len(legs) == 1), 2 * width), {"red": True})
    if len(bad) > WORST:
        yield Line(f"  and {len(bad) - WORST} more")
    yield Line(f"run one again: {rerun.command(bad[0], run.options)}")


def _bad(case: CaseJudged, *, alone: bool) -> str:
    harmed = "HARMED_SOURCE " if case.harmed_source else ""
    leg = "" if alone else f" [{case.replicator} {pg_name(case.pg)}]"
    return f"  {harmed}{case.case}{leg}: {case.told}: {_first(case, case.gravest)}"


def _first(case: CaseJudged, phase: PhaseJudged) -> str:
    if phase.expected and case.leaked:
        return f"left behind, not declared: {'; '.join(case.leaked)}"
    if phase.findings and phase.outcome is not Outcome.UNKNOWN:
        return brief(phase.findings[0])
    return phase.why or "the case, or its known gap, requires another outcome"


def _rust(run: Run, width: int) -> Iterator[Line]:
    if not run.rust_tests:
        return
    yield Line(f"Rust tests: {_counted(iter(test.result for test in run.rust_tests))}")
    for test in [t for t in run.rust_tests if t.result in ("failed", "diverged", "error")][:WORST]:
        text = f"  {test.result} {test.target} {test.test}: {test.why or ''}".replace("\n", " ")
        yield Line(clip(text, 3 * width), {"red": True})
    for test in [t for t in run.rust_tests if t.result == "skipped"][:WORST]:
        yield Line(clip(f"  skipped {test.target} {test.test}: {test.why}", width))


def _checks(run: Run, width: int) -> Iterator[Line]:
    """A line for each endpoint and category, then what was not satisfied, then the jobs."""
    for endpoint in dict.fromkeys(check.endpoint for check in run.checks):
        mine = [check for check in run.checks if check.endpoint == endpoint]
        counted = _counted(iter(check.result for check in mine))
        yield Line(f"endpoint {endpoint}: {counted}", {"bold": True})
        for category in dict.fromkeys(check.category for check in mine):
            results = [check.result for check in mine if check.category == category]
            good = set(results) == {"PASS"}
            yield Line(f"  {category:15} {_counted(iter(results))}", {} if good else {"red": True})
        for check in [one for one in mine if one.result != "PASS"][:WORST]:
            text = f"  {check.result} {check.check}: {check.why}".replace("\n", " ")
            yield Line(clip(text, 3 * width), {"red": True})
            if check.advice:
                yield Line(f"    {check.advice}", {"yellow": True})
        jobs = [job for check in mine for job in check.jobs]
        if jobs:
            yield Line(clip(f"  jobs created: {', '.join(jobs)}", 3 * width))


def _self_tests(run: Run, width: int) -> Iterator[Line]:
    for test in run.self_tests:
        good = test.planted and test.detected == test.planted and not test.missed
        missed = f", missed: {', '.join(test.missed)}" if test.missed else ""
        where = " ".join(word for word in (test.worker, pg_name(test.pg)) if word)
        text = f"self-test {where}: {test.detected} of {test.planted} plants found"
        yield Line(
            clip(f"{text} in {test.seconds:.1f} s{missed}", width), {} if good else {"yellow": True}
        )
    if not run.self_tests:
        yield Line("self-test: none was made", {"yellow": True})
