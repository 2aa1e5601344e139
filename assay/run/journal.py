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


def add(folder: Path, event: Event) -> None:
    """One more event of a run whose process has ended, in place of what it left torn."""
    path = folder / NAME
    whole = path.read_bytes().rpartition(b"\n")
    told = encode(event)
    line = json.dumps({"event": told["event"], "at": utc_now(), **told}) + "\n"
    with path.open("r+b") as stream:
        stream.truncate(len(whole[0]) + len(whole[1]))
        stream.seek(0, 2)
        stream.write(line.encode())


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
