"""What several red outcomes have in common, and how bad it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Where a cause was read."""

    SERVER_ERROR = "server error"
    TOOL_MESSAGE = "tool message"
    FINDING = "finding"
    SIGNAL = "signal"
    TIME_LIMIT = "time limit"

    @property
    def failure(self) -> bool:
        """Whether something failed, as apart from a wrong result that nobody noticed."""
        return self is not Origin.FINDING


class Gravity(StrEnum):
    """How bad a cause is for a user, worst first."""

    SOURCE_HARMED = "source harmed"
    ROWS_LOST = "rows lost"
    ROWS_WRONG = "rows wrong"  # another value, doubled, more than there should be
    OBJECTS_LOST = "objects lost"  # or another than the source's
    FAILED = "failed"  # said loudly, and nothing else: nobody relies on what is not there
    PRIVILEGES_LOST = "privileges lost"  # or given, or a secret shown
    DEBRIS = "debris"
    SETTINGS_LOST = "settings lost"
    OWNERS_LOST = "owners lost"  # and comments

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Gravity).index(self)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a phase is not right; all phases with the same `signature` have one cause.

    `headline` is for people, without the phase; `sample` is one message as it was. `statement` is
    the failing one. `said` is the tool's own last meaningful line. `unread` names the servers whose
    log nobody could read: what they would have told is not in here.
    """

    signature: str
    phase: str
    headline: str
    origin: Origin
    gravity: Gravity
    sample: str
    sqlstate: str | None = None
    statement: str | None = None
    said: str | None = None
    unread: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Where it happened and what it is, as a report tells it."""
        return f"{self.phase}: {self.headline}"

    def holds(self, text: str) -> bool:
        """Whether a text is a piece of its words or of its signature."""
        return text in self.words or text in self.signature

    @property
    def why(self) -> str:
        """The cause in one line, then what the tool itself said last."""
        told = self.sample
        if self.origin is Origin.SERVER_ERROR:
            told = f"ERROR {self.sqlstate}: {told}" if self.sqlstate else f"ERROR: {told}"
        if self.statement:
            told += f" (statement: {self.statement})"
        more = self.said is not None and self.sample not in self.said and self.said not in told
        return f"{told}; {self.said}" if more else told
