"""Whose fault is it? The exception says.

::

    AssayError            trouble: nothing was proved
      SetupError          the machine, its tools or the environment
        ServerError       a PostgreSQL server could not be started, reached or brought back
      Refused             a guard said no before the first write
      UsageError          the caller's input: a malformed file, an unknown name
      TimedOut            a wait of ours ended
    Divergence            finding: not the outcome that was required

What a tool under test does is never an exception: it is an ``Execution``.
"""

from __future__ import annotations


class AssayError(Exception):
    """Trouble of ours: nothing was proved."""

    def __init__(self, what: str, *, evidence: str = "", remedy: str = "") -> None:
        """Keep the three parts of a message: what, the evidence, what to do."""
        self.what = what
        self.evidence = evidence
        self.remedy = remedy
        lines = [what]
        if evidence:
            lines.append(f"Evidence: {evidence}")
        if remedy:
            lines.append(f"To fix: {remedy}")
        super().__init__("\n".join(lines))


class SetupError(AssayError):
    """The machine, its tools or the environment do not allow the run."""


class ServerError(SetupError):
    """A PostgreSQL server could not be started, reached or brought back."""


class Refused(AssayError):
    """A guard said no before the first write (faults-and-histories S1 to S14)."""


class UsageError(AssayError):
    """The caller's input is wrong: a malformed file, an unknown name."""


class TimedOut(AssayError):
    """A wait of ours ended without its answer."""


class Divergence(AssertionError):
    """A finding: not the outcome that was required."""
