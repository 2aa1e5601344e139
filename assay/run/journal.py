"""The journal: append-only JSON lines of a run, flushed as they come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assay.clock import utc_now
from assay.errors import UsageError
from assay.run.events import Event, RunStarted, decode, encode

NAME = "journal.jsonl"


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

    def append(self, event: Event) -> None:
        """Write one event with the moment of its writing."""
        told = encode(event)
        self._stream.write(json.dumps({"event": told["event"], "at": utc_now(), **told}) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file; no event follows."""
        self._stream.close()


def read(folder: Path) -> list[Event]:
    """The events of a run in order; a torn last line, left by a killed run, is left out."""
    path = folder / NAME
    if not path.is_file():
        raise UsageError(
            "There is no run here.", evidence=str(path), remedy="name a folder below .assay/runs"
        )
    lines = path.read_text(encoding="utf-8").split("\n")
    events = [
        decode(_line(path, number, line))
        for number, line in enumerate(lines[:-1], start=1)  # what follows the last newline is torn
    ]
    if not events or not isinstance(events[0], RunStarted):
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
