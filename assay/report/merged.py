"""Puts the report directories of several parts of one run together into one, as of one run."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from assay.errors import UsageError
from assay.report.draw import draw
from assay.run import journal, record
from assay.run.events import Merged, RunFinished, RunStarted
from assay.run.journal import Stamped
from assay.run.outcome import Verdict
from assay.run.record import Run
from assay.run.whole import Part, Whole, parts_of

JUNIT = "junit.xml"
_OF_A_PART = ("--shard", "--report-dir")  # options that each part has to itself


@dataclass(frozen=True, slots=True)
class Given:
    """One part with the folder that it lies in, and the moments of its events."""

    part: Part
    folder: Path
    moments: tuple[str, ...]


def given(folders: Iterable[Path]) -> tuple[list[Given], list[Path]]:
    """Every part in these report directories, and the directories in which nothing was begun.

    A start that was killed early leaves such a one: what it lacks is seen by the others.
    """
    found: list[Given] = []
    empty: list[Path] = []
    for folder in folders:
        if folder.is_dir() and not journal.begun(folder):
            empty.append(folder)
            continue
        stamped = journal.read_stamped(folder)
        parts = parts_of([event for _, event in stamped])
        at = 2 if isinstance(stamped[1][1], Merged) else 0
        for part in parts:
            moments = tuple(moment for moment, _ in stamped[at : at + len(part.events)])
            at += len(part.events)
            found.append(Given(part, folder, moments))
    return found, empty


def merge(parts: Sequence[Given], target: Path) -> Run:
    """Write journal, evidence, junit.xml, verdicts.json and page of the whole; the run that it is.

    UsageError where the parts do not fit together or the folder is in use: then nothing is written.
    """
    whole = Whole.of(one.part for one in parts)
    by_run = {one.part.start.run: one for one in parts}
    events = stamped(whole, {run: one.moments for run, one in by_run.items()})
    evidence = list(_evidence(whole, by_run))
    if target.exists() and any(target.iterdir()):
        raise UsageError(
            "The folder for the merged run is in use.",
            evidence=str(target),
            remedy="name another one with -o",
        )
    for source, name in evidence:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)
    written = journal.Journal(target)
    for moment, event in events:
        written.append(event, at=moment)
    written.close()
    junit = ET.ElementTree(_junit(whole, by_run))
    junit.write(target / JUNIT, encoding="utf-8", xml_declaration=True)
    return draw(target)


def stamped(whole: Whole, moments: Mapping[str, Sequence[str]]) -> list[Stamped]:
    """The journal of the whole: its own begin and end, and between them each part's, whole."""
    parts = whole.parts
    every = [moment for part in parts for moment in moments[part.start.run]]
    told: list[Stamped] = [
        (min(every), _start(whole)),
        (
            min(every),
            Merged(
                tuple(part.start.run for part in parts), tuple(len(part.events) for part in parts)
            ),
        ),
    ]
    for part in parts:
        told += zip(moments[part.start.run], part.events, strict=True)
    bad = any(part.end is not None and part.end.exit == 1 for part in whole.speaking)
    end = RunFinished(int(bad), _seconds(whole), Verdict.UNKNOWN, "")
    conclusion = record.from_events([*(event for _, event in told), end]).conclusion
    return [*told, (max(every), replace(end, verdict=conclusion.verdict, line=conclusion.line))]


def _start(whole: Whole) -> RunStarted:
    """As if it had been one run: without what the command line says of one part alone."""
    first = whole.parts[0].start
    return replace(
        first,
        run=whole.run,
        started=min(part.start.started for part in whole.parts),
        argv=tuple(_without(first.argv)),
    )


def _without(argv: Sequence[str]) -> Iterator[str]:
    words = iter(argv)
    for word in words:
        if word in _OF_A_PART:
            next(words, None)
        elif word.partition("=")[0] not in _OF_A_PART:
            yield word


def _seconds(whole: Whole) -> float:
    """From the first begin to the last end."""
    begun = [_moment(part.start.started) for part in whole.parts]
    ended = [
        _moment(part.start.started) + timedelta(seconds=part.end.seconds)
        for part in whole.parts
        if part.end is not None
    ]
    return round((max([*ended, *begun]) - min(begun)).total_seconds(), 3)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _evidence(whole: Whole, by_run: Mapping[str, Given]) -> Iterator[tuple[Path, str]]:
    """The files of the parts that speak, and their names below a report directory."""
    for part in whole.speaking:
        for case in part.judged:
            source = by_run[part.start.run].folder / case.evidence
            name = PurePosixPath(case.evidence)
            if name.is_absolute() or ".." in name.parts or not source.is_file():
                raise UsageError(
                    f"The evidence of {case.case} is not there.",
                    evidence=f"{source}, of {part}",
                    remedy="give the whole report directory of each part",
                )
            yield source, case.evidence


def _junit(whole: Whole, by_run: Mapping[str, Given]) -> ET.Element:
    """A suite for each part that speaks, and an error for each that is lost."""
    suites = ET.Element("testsuites", name="assay")
    of = whole.parts[0].shard.of
    speaking = {part.shard.index: part for part in whole.speaking}
    for place in range(1, of + 1):
        part = speaking.get(place)
        name = f"assay {part}" if part else f"assay shard {place}/{of}"
        found = _suite(by_run[part.start.run], name) if part else None
        suites.append(_lost(name) if found is None else found)
    return suites


def _suite(one: Given, name: str) -> ET.Element | None:
    """A part's own suite, by its name in a merged run; None where it never came to write one."""
    path = one.folder / JUNIT
    if not one.part.ended or not path.is_file():
        return None
    suites = list(ET.parse(path).getroot().iter("testsuite"))
    own = [suite for suite in suites if suite.get("name") == name] or suites[:1]
    own[0].set("name", name)
    own[0].tail = None
    return own[0]


def _lost(name: str) -> ET.Element:
    suite = ET.Element("testsuite", name=name, tests="1", errors="1", failures="0", skipped="0")
    case = ET.SubElement(suite, "testcase", classname="assay", name=name)
    ET.SubElement(case, "error", message="it did not come to its end")
    return suite
