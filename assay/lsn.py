"""A position in a write-ahead log."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Lsn:
    """A byte position in a server's WAL; ordered, printed as PostgreSQL prints it."""

    value: int

    @classmethod
    def parse(cls, text: str) -> Lsn:
        """Read PostgreSQL's form, two hexadecimal numbers with a slash between."""
        high, low = text.split("/")
        return cls((int(high, 16) << 32) | int(low, 16))

    def __str__(self) -> str:
        return f"{self.value >> 32:X}/{self.value & 0xFFFFFFFF:X}"
