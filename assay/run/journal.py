"""The journal: append-only JSON lines of a run, flushed as they come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assay.clock import utc_now
from assay.errors import UsageError
from assay.run.events import Event, NewsTold, RunStarted, decode, encode

NAME, NEWS = "journal.jsonl", "news.jsonl"
Stamped = tuple[str, Event]


class Journal:
    """Writes events; a reader sees whole lines even when the run is killed, but for the last."""

    def __init__(self, folder: Path) -> None:
        """Make the folder and begin the journal in it; an existing one is an error."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / NAME
        if path.exists():
            raise UsageError(
                "The report directory already holds a run.",
                evidence=str(path),
                remedy="name another folder with --report-dir, or remove this one",
            )
        self._stream = path.open("x", encoding="utf-8")

    def append(self, event: Event, *, at: str = "") -> None:
        """Write one event with the moment of its writing, unless it has one."""
        told = encode(event)
        line = {"event": told["event"], "at": at or utc_now(), **told}
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file; no event follows."""
        self._stream.close()


def add_news(folder: Path, event: NewsTold) -> None:
    """News of a run that has ended: a file of its own, for what a run left may be signed."""
    told = encode(event)
    with (folder / NEWS).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"event": told["event"], "at": utc_now(), **told}) + "\n")


def read_news(folder: Path) -> list[Event]:
    """What was told of a run, in order."""
    path = folder / NEWS
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.is_file() else []
    return [decode(_line(path, number, line)) for number, line in enumerate(lines, start=1)]


def begun(folder: Path) -> bool:
    """Whether more of a run was written there than that it started."""
    path = folder / NAME
    return path.is_file() and path.read_bytes().count(b"\n") > 1


def read(folder: Path) -> list[Event]:
    """The events of a run in order; a torn last line, left by a killed run, is left out."""
    return [event for _, event in read_stamped(folder)]


def read_stamped(folder: Path) -> list[Stamped]:
    """The same, each with the moment of its writing."""
    path = folder / NAME
    if not path.is_file():
        raise UsageError(
            "There is no run here.", evidence=str(path), remedy="name a folder below .assay/runs"
        )
    lines = path.read_text(encoding="utf-8").split("\n")
    told = [
        _line(path, number, line)
        for number, line in enumerate(lines[:-1], start=1)  # what follows the last newline is torn
    ]
    events = [(str(line.get("at", "")), decode(line)) for line in told]
    if not events or not isinstance(events[0][1], RunStarted):
        raise UsageError("The journal does not begin with run-started.", evidence=str(path))
    return events


def last_moment(folder: Path) -> str:
    """When the last whole line was written; empty where none says so."""
    lines = (folder / NAME).read_text(encoding="utf-8").split("\n")[:-1]
    return str(json.loads(lines[-1]).get("at", "")) if lines else ""


def _line(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except json.JSONDecodeError as error:
        raise UsageError(
            f"The journal is damaged at line {number}.", evidence=f"{path}: {error}"
        ) from error
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        raise UsageError(f"The journal is damaged at line {number}.", evidence=str(path))
    return event
