"""A comparison as one page: what differs stands side by side, the changed parts marked."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay import __version__
from assay.oracle.words.finding import Finding
from assay.report.answer import Answer
from assay.report.case_view import FindingView, finding_view
from assay.report.html import templates
from assay.report.text import visible

LINES = 400  # of a body


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding as it stands on the page: by both values, or by the lines of a body.

    A line is what it belongs to (``source``, ``target``, ``both``, ``place``) and its text.
    """

    view: FindingView
    lines: tuple[tuple[str, str], ...] = ()


def save(path: Path, answer: Answer) -> None:
    """Write the page; it needs nothing else."""
    path.write_text(render(answer), encoding="utf-8", errors="backslashreplace")


def render(answer: Answer) -> str:
    """The page's text: findings in the order of the comparison, by object."""
    comparison = answer.comparison
    objects: dict[str, list[Shown]] = {}
    for finding in comparison.findings:
        shown = Shown(finding_view(finding), tuple(_lines(finding)))
        objects.setdefault(finding.object, []).append(shown)
    counted: Counter[str] = Counter()
    for name, count in comparison.totals.items():
        counted[name.partition(" ")[2]] += count
    return (
        templates()
        .get_template("comparison.html.j2")
        .render(
            answer=answer,
            comparison=comparison,
            objects=objects,
            total=len(comparison.findings) + comparison.omitted,
            counted=counted,
            kinds=_by_kind(answer),
            version=__version__,
        )
    )


def _by_kind(answer: Answer) -> list[tuple[str, int]]:
    """How many differences there are of each kind, most first."""
    kinds: Counter[str] = Counter()
    for name, count in answer.comparison.totals.items():
        kinds[name.partition(" ")[0]] += count
    return kinds.most_common()


def _lines(finding: Finding) -> Iterator[tuple[str, str]]:
    """The lines of two definitions of many lines, with those that only one side has told apart."""
    source, target = finding.source, finding.target
    if not source or not target or not ("\n" in source and "\n" in target):
        return
    owner = {"-": "source", "+": "target", "@": "place"}
    lines = difflib.unified_diff(source.splitlines(), target.splitlines(), n=3, lineterm="")
    for number, line in enumerate(lines):
        if number >= LINES:
            yield "place", "…"
            return
        if number > 1:  # the first two would name files
            yield owner.get(line[:1], "both"), visible(line)
