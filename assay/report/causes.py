"""The causes of a run's red cases and known gaps, each with the way to see one by hand."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assay.report.matrix import HARM, pg_name
from assay.run.cause import Cause, Gravity
from assay.run.events import CaseJudged, PhaseJudged
from assay.run.groups import Group, grouped, line
from assay.run.record import Run


@dataclass(frozen=True, slots=True)
class Shown:
    """One cause: its group, and every phase of a case that it explains."""

    group: Group
    phases: tuple[tuple[CaseJudged, PhaseJudged], ...]

    @property
    def cause(self) -> Cause:
        """What they have in common."""
        return self.group.cause

    @property
    def harmed(self) -> bool:
        """Whether the source came to harm."""
        return self.group.gravity is Gravity.SOURCE_HARMED

    @property
    def assisted(self) -> bool:
        """Whether it was seen only on copies that the suite had made."""
        return all(phase.assisted for _, phase in self.phases)

    @property
    def line(self) -> str:
        """It in one line, harm by its name first."""
        harm = f"{HARM} " if self.harmed else ""
        return f"{harm}{line(self.group)}{' (assisted)' if self.assisted else ''}"

    @property
    def example(self) -> CaseJudged:
        """The case to look at first: one in which nothing graver happens, if there is one."""
        cases = [case for case, phase in self.phases if case.gravest is phase]
        return (cases or [self.phases[0][0]])[0]


def causes(run: Run) -> tuple[Shown, ...]:
    """The causes of all phases that are not as required, worst first."""
    return _shown(run, lambda phase: not phase.expected)


def known_causes(run: Run) -> tuple[Shown, ...]:
    """The causes of all known gaps that were seen, worst first."""
    return _shown(run, lambda phase: phase.gap is not None)


def _shown(run: Run, chosen: Callable[[PhaseJudged], bool]) -> tuple[Shown, ...]:
    several = len(legs(run)) > 1
    members: dict[str, list[tuple[CaseJudged, PhaseJudged]]] = {}
    named: list[tuple[str, Cause]] = []
    for case, phase in run.phases:
        for cause in phase.causes if chosen(phase) else ():
            members.setdefault(cause.signature, []).append((case, phase))
            named.append((name_of(case, alone=not several), cause))
    return tuple(Shown(group, tuple(members[group.cause.signature])) for group in grouped(named))


def unexplained(run: Run) -> tuple[CaseJudged, ...]:
    """The cases that are not as required and of which no phase tells a cause, worst first."""
    found = [
        case
        for case in run.judged
        if not case.expected
        and not any(phase.cause and not phase.expected for phase in case.phases)
    ]
    return tuple(sorted(found, key=lambda case: case.badness))


def legs(run: Run) -> frozenset[tuple[str, str]]:
    """The replicators and version pairs on which cases were judged."""
    return frozenset((case.replicator, case.pg) for case in run.judged)


def name_of(case: CaseJudged, *, alone: bool) -> str:
    """A case by its id, and by where it was judged unless all were judged there."""
    return case.case if alone else f"{case.case} [{case.replicator} {pg_name(case.pg)}]"


def reproduce(run: Run, case: CaseJudged, folder: Path) -> str:
    """The command that does a case again by hand; it says which one where the run has several."""
    argv = ["assay", "reproduce", str(folder), case.case]
    often = Counter((one.case, one.replicator) for one in run.judged)
    if sum(count for (name, _), count in often.items() if name == case.case) > 1:
        argv += ["--replicator", case.replicator]
        argv += ["--pg", pg_name(case.pg)] if often[case.case, case.replicator] > 1 else []
    return shlex.join(argv)
