"""What a run prints: lines with markup hints, for whoever has a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from assay.report import rerun
from assay.report.causes import Shown, causes, known_causes, legs, name_of, reproduce, unexplained
from assay.report.matrix import HARM, Cell, Matrix, Row, by_phase, matrices, pg_name
from assay.report.text import brief, clip, visible
from assay.run.cause import Gravity
from assay.run.events import CaseJudged, PhaseJudged
from assay.run.groups import counted
from assay.run.outcome import Outcome, Verdict
from assay.run.record import Run

LINES = 150  # of a summary; pytest's own of a red run are below 50
CAUSES = 20
KNOWN = 5  # causes of known gaps
WORST = 15  # how many cases are listed
TABLES = 60  # lines
_LIGHT = frozenset({Gravity.SETTINGS_LOST, Gravity.OWNERS_LOST})
_COLOURS = {Verdict.PASS: "green", Verdict.UNKNOWN: "yellow", Verdict.FAIL: "red"}


@dataclass(frozen=True, slots=True)
class Line:
    """A text and how it looks: names of a terminal writer's markup, such as ``bold``."""

    text: str = ""
    markup: Mapping[str, bool] = field(default_factory=dict)


def summary(run: Run, *, folder: Path, width: int = 100) -> Iterator[Line]:
    """Causes, phases, matrix, what was left out and, last, the verdict: never over `LINES` lines.

    What there is no room for is in the page.
    """
    end = list(_end(run, folder, width))
    body = list(_body(run, folder, width))
    room = LINES - len(end)
    if len(body) > room:
        body = [*body[: room - 1], Line(f"... and {len(body) - room + 1} more lines, in the page")]
    yield from body
    yield from end


def _body(run: Run, folder: Path, width: int) -> Iterator[Line]:
    yield from _causes(run, folder, width)
    yield from _unexplained(run, width)
    yield from _known(run, folder, width)
    yield from _tables(run)
    yield from _intermittent(run, width)
    yield from _skips(run)
    yield from _rust(run, width)
    yield from _checks(run, width)
    yield from _self_tests(run, width)


def _end(run: Run, folder: Path, width: int) -> Iterator[Line]:
    yield Line(f"report: {folder / 'index.html'}")
    conclusion = run.conclusion
    colour = _COLOURS[conclusion.verdict]
    for reason in conclusion.reasons[:WORST]:
        yield Line(clip(f"  {reason}", width), {colour: True})
    if more := len(conclusion.reasons) - WORST:
        yield from [Line(f"  and {more} more, in the page")] if more > 0 else []
    yield Line(conclusion.line, {"bold": True, colour: True})


def _causes(run: Run, folder: Path, width: int) -> Iterator[Line]:
    """A line for each cause, worst first; below the first one how to see it by hand."""
    found = causes(run)
    if not found:
        return
    yield Line(f"what is wrong, the worst first ({counted(len(found), 'cause')}):", {"bold": True})
    for number, cause in enumerate(found[:CAUSES]):
        yield Line(clip(f"  {cause.line}", 3 * width), _look(cause))
        if number == 0:
            yield Line(f"    by hand: {visible(reproduce(run, cause.example, folder))}")
            yield Line(f"    again: {visible(rerun.command(cause.example, run.options))}")
    yield from _more(found[CAUSES:])
    yield Line()


def _known(run: Run, folder: Path, width: int) -> Iterator[Line]:
    """The gravest of what is known and not yet mended: a run that passes tells it as well."""
    found = known_causes(run)
    if not found:
        return
    yield Line(f"known gaps by cause, the worst first ({counted(len(found), 'cause')}):")
    for cause in found[:KNOWN]:
        yield Line(clip(f"  {cause.line}", 3 * width), _look(cause) if cause.harmed else {})
    yield Line(f"    by hand: {visible(reproduce(run, found[0].example, folder))}")
    yield from _more(found[KNOWN:])
    yield Line()


def _more(rest: Sequence[Shown]) -> Iterator[Line]:
    if rest:
        cases = len({name for cause in rest for name in cause.group.cases})
        yield Line(f"  and {counted(len(rest), 'more cause')} of {counted(cases, 'case')}")


def _look(cause: Shown) -> Mapping[str, bool]:
    if cause.harmed:
        return {"purple": True, "bold": True}
    return {"yellow" if cause.group.gravity in _LIGHT else "red": True}


def _unexplained(run: Run, width: int) -> Iterator[Line]:
    """The cases of which no cause is known: nothing proved, something left behind, too good."""
    bad = unexplained(run)
    if not bad:
        return
    yield Line(f"not as required, without a cause ({counted(len(bad), 'case')}):", {"bold": True})
    alone = len(legs(run)) == 1
    for case in bad[:WORST]:  # two lines of a terminal at most: a finding cut short helps nobody
        yield Line(clip(_bad(case, alone=alone), 2 * width), {"red": True})
    if len(bad) > WORST:
        yield Line(f"  and {len(bad) - WORST} more")
    if not causes(run):
        yield Line(f"run one again: {rerun.command(bad[0], run.options)}")
    yield Line()


def _tables(run: Run) -> Iterator[Line]:
    """The matrices; of very many legs only each one's sum."""
    found = matrices(run)
    whole = sum(len(matrix.rows) + 4 for matrix in found) <= TABLES
    for matrix in found:
        yield from _table(matrix, whole=whole)
        yield from _phases(matrix.cases) if whole else ()
        yield from [Line()] if whole else []


def _phases(cases: Sequence[CaseJudged]) -> Iterator[Line]:
    for phase in by_phase(cases):
        told = [f"{number} {outcome}" for outcome, number in phase.own.items()]
        told += [f"{number} {outcome} (assisted)" for outcome, number in phase.assisted.items()]
        yield Line(f"  {phase.phase}: {', '.join(told)}", {"purple": True} if HARM in told else {})


def _table(matrix: Matrix, *, whole: bool) -> Iterator[Line]:
    columns: list[tuple[str, Callable[[Row], Cell]]] = [(HARM, lambda row: row.harmed)]
    columns += [(outcome.value, partial(_of, outcome)) for outcome in Outcome]
    columns += [("assisted", lambda row: row.assisted)]
    columns = [(head, of) for head, of in columns if any(of(row).count for row in matrix.rows)]
    heads = [head for head, _ in columns] + (["skipped"] if matrix.skipped else [])
    rows = matrix.rows if whole else ()
    first = max((len(row.category) for row in matrix.rows), default=0)
    yield Line(f"{matrix.tool} on PostgreSQL {pg_name(matrix.pg)}", {"bold": True})
    yield Line("  " + " " * first + "".join(f"  {head}" for head in heads))
    for row in (*rows, *([] if whole and len(rows) == 1 else [matrix.whole])):
        cells = [_cell(of(row)) for _, of in columns]
        cells += [str(row.skipped or "·")] if matrix.skipped else []
        text = f"  {row.category:{first}}" + "".join(
            f"  {cell:>{len(head)}}" for cell, head in zip(cells, heads, strict=True)
        )
        yield Line(text, _row_look(row))
    if whole and not all(row.as_required for row in matrix.rows):
        yield Line("  * not as required")


def _of(outcome: Outcome, row: Row) -> Cell:
    return row.cells[outcome]


def _row_look(row: Row) -> Mapping[str, bool]:
    if row.harmed.count:
        return {"purple": True}
    return {} if row.as_required else {"red": True}


def _cell(cell: Cell) -> str:
    if not cell.count:
        return "·"
    return f"*{cell.count}" if cell.unexpected else str(cell.count)


def _intermittent(run: Run, width: int) -> Iterator[Line]:
    """What is known to come and go, and whether it came."""
    alone = len(legs(run)) == 1
    told = [
        f"{name_of(case, alone=alone)} {phase.phase} {phase.outcome if phase.gap else 'not seen'}"
        for case in run.judged
        for phase in case.intermittent
    ]
    if told:
        yield Line(clip(f"gaps that come and go: {', '.join(told)}", 3 * width))


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


def _bad(case: CaseJudged, *, alone: bool) -> str:
    harmed = f"{HARM} " if case.harmed_source else ""
    told = f"{case.told}: {_first(case, case.gravest)}"
    return f"  {harmed}{name_of(case, alone=alone)}: {told}"


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
