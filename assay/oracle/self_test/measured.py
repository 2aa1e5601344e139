"""What the oracle itself was seen to do, as far as it was measured: part of what it reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("measured.json")


def measured() -> dict[str, Any]:
    """The last results over the corpus and over equal pairs, each with its date."""
    read: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return read
