"""What could not be told: of which side, how that showed, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from assay.errors import AssayError, ServerError
from assay.oracle.words.failed import ReadFailed
from assay.oracle.words.marks import RUN
from assay.oracle.words.scope import SideName


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that a comparison could not tell.

    `side` is where it lies, None where it is nobody's or both sides'. `spoils` names findings, by
    kind and object as `Comparison.totals` does, that are not to be trusted: they do not count.
    """

    what: str
    side: SideName | None = None
    evidence: str = ""
    remedy: str = ""
    spoils: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: Exception, *, doing: str) -> Doubt:
        """What somebody's failure keeps us from telling."""
        if isinstance(error, AssayError):
            parts = (error.what, error.evidence, error.remedy)
            what, evidence, remedy = map(_plain, parts)
            side = error.side if isinstance(error, ReadFailed) else None
            return cls(f"{doing}: {what}", side, evidence, remedy)
        return cls(f"{doing}: {_plain(str(error)) or type(error).__name__}")

    @classmethod
    def of_rows(cls, relation: str, error: ServerError, *, redacted: bool) -> Doubt:
        """That the rows of a relation could not be read, and why: a message may repeat a value."""
        failed = error if isinstance(error, ReadFailed) else None
        said = f"SQLSTATE {failed.condition}" if failed and redacted else _plain(error.what)
        remedy = f"{_plain(error.remedy)}; or leave it out with --exclude {relation}"
        side = failed.side if failed else None
        return cls(f"the rows of {relation} could not be read", side, said, remedy)

    def __str__(self) -> str:
        """All of it but the remedy, on one line."""
        told = f"{self.side} {self.what}" if self.side else self.what
        return f"{told} ({self.evidence})" if self.evidence else told


def _plain(text: str) -> str:
    """On one line, without passwords that servers and libraries repeat."""
    return RUN.without_credentials(" ".join(text.split()))
