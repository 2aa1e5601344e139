"""What several red outcomes have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """A normalised signature of the innermost error, and how people are told of it."""

    signature: str
    headline: str
