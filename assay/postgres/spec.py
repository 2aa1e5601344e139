"""Which versions make a pair: `17`, or `16:17` for source and target."""

from __future__ import annotations

from dataclasses import dataclass

from assay.errors import UsageError
from assay.postgres.server import Role

KNOWN = range(12, 20)  # major versions; the oracle's table of catalogs is of 14 to 19


@dataclass(frozen=True, slots=True)
class Spec:
    """The major versions of a source and a target."""

    source: int
    target: int

    @classmethod
    def parse(cls, text: str) -> Spec:
        """Read `17` or `16:17`."""
        parts = text.split(":")
        if not 1 <= len(parts) <= 2 or not all(part.isascii() and part.isdigit() for part in parts):
            raise UsageError(f"{text!r} is no version pair.", remedy="write --pg 17, or --pg 16:17")
        return cls(source=int(parts[0]), target=int(parts[-1]))

    @property
    def higher(self) -> int:
        """The major version whose client tools serve both."""
        return max(self.source, self.target)

    def major(self, role: Role) -> int:
        """The version of one side."""
        return self.source if role is Role.SOURCE else self.target

    def __str__(self) -> str:
        return f"{self.source}:{self.target}"
