"""What was told to whom today: one message a cause, receiver and day (UTC)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from assay.clock import utc_now
from assay.errors import SetupError
from assay.news.places import Place

PATIENCE = 120.0  # seconds for another process that tells


@dataclass(slots=True)
class Today:
    """The keys of causes that were told to each receiver today; `day` is a date."""

    file: Path
    day: str
    told: dict[str, list[str]]

    def known(self, place: Place) -> frozenset[str]:
        """What this receiver knows."""
        return frozenset(self.told.get(_name(place), ()))

    def remember(self, place: Place, keys: Sequence[str]) -> None:
        """Write down what arrived: a crash in between tells twice rather than never."""
        here = self.told.setdefault(_name(place), [])
        here += [key for key in keys if key not in here]
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps({"day": self.day, "told": self.told}), encoding="utf-8")
        fresh.replace(self.file)


@contextmanager
def today(folder: Path) -> Iterator[Today]:
    """The day's store, for this process alone; yesterday's is forgotten."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with FileLock(folder / "lock", timeout=PATIENCE):
            file, day = folder / "told.json", utc_now()[:10]
            yield Today(file, day, _read(file, day))
    except Timeout:
        raise SetupError(
            "Another process tells its news and does not end.",
            evidence=f"it holds {folder / 'lock'}",
        ) from None


def _read(file: Path, day: str) -> dict[str, list[str]]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        return dict(known["told"]) if known["day"] == day else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # unreadable: telling twice is better than not at all


def _name(place: Place) -> str:
    """A receiver by a digest: its URL holds secrets."""
    return hashlib.sha256(place.url.reveal().encode()).hexdigest()
