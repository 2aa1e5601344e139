"""`index.html`: a run on one page that needs nothing else, not even a network."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from assay.oracle.self_test.measured import measured
from assay.report import rerun, text
from assay.report.case_view import case_view, limits
from assay.report.causes import Shown, causes, known_causes, legs, name_of, reproduce
from assay.report.matrix import HARM, Cell, Matrix, by_phase, matrices, pg_name
from assay.run.groups import read_in
from assay.run.outcome import Outcome
from assay.run.record import Run

NAME = "index.html"
CAUSES = 30  # that stand in the open


@dataclass(frozen=True, slots=True)
class CauseView:
    """One cause, with its cases by the numbers that they have on the page."""

    number: int
    shown: Shown
    cases: tuple[tuple[str, int], ...]
    where: str
    reproduce: str
    rerun: str


def save(run: Run, folder: Path) -> None:
    """Write `index.html` beside the journal."""
    page = render(run, folder)
    (folder / NAME).write_text(page, encoding="utf-8", errors="backslashreplace")


def render(run: Run, folder: Path) -> str:
    """The page; evidence is read below `folder`."""
    ordered = sorted(run.judged, key=lambda case: case.badness)
    tables = matrices(run)
    found, gaps = causes(run), known_causes(run)
    room = limits(ordered)
    numbers = {id(case): number for number, case in enumerate(ordered, start=1)}
    places = [(False, one) for one in found] + [(True, one) for one in gaps]
    told = {(gap, one.cause.signature): n for n, (gap, one) in enumerate(places, start=1)}
    views = [case_view(run, folder, numbers[id(case)], case, told, room(case)) for case in ordered]

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
            causes=[
                _cause(run, folder, number, one, numbers)
                for number, one in enumerate(found, start=1)
            ],
            known=[
                _cause(run, folder, number, one, numbers)
                for number, one in enumerate(gaps, start=len(found) + 1)
            ],
            causes_shown=CAUSES,
            matrices=tables,
            by_phase=by_phase,
            outcomes=list(Outcome),
            harm=HARM,
            totals=_totals(tables),
            views=views,
            first=first,
        )
    )


def _totals(tables: Sequence[Matrix]) -> dict[str, int]:
    """How many phases there are of each kind, harm first and assisted ones last."""
    counted = {HARM: sum(m.harmed.count for m in tables)}
    counted |= {o.value: sum(m.total(o).count for m in tables) for o in Outcome}
    counted["ASSISTED"] = sum(m.assisted.count for m in tables)
    return {name: count for name, count in counted.items() if count}


def _cause(
    run: Run, folder: Path, number: int, shown: Shown, numbers: Mapping[int, int]
) -> CauseView:
    alone = len(legs(run)) == 1
    cases = {id(case): (name_of(case, alone=alone), numbers[id(case)]) for case, _ in shown.phases}
    return CauseView(
        number,
        shown,
        tuple(sorted(cases.values(), key=lambda pair: pair[1])),
        "; ".join(read_in(shown.cause)),
        reproduce(run, shown.example, folder),
        rerun.command(shown.example, run.options),
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
    environment.filters["css"] = lambda outcome: outcome.lower().replace("_", "-")
    environment.filters["duration"] = _duration
    return environment


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{seconds:.1f} s"
