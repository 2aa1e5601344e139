"""What a phase came to, before anybody asks what the case wanted; how a call of a tool ended."""

from __future__ import annotations

from dataclasses import dataclass

from assay.oracle.words.finding import Finding
from assay.process import Execution
from assay.run.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Ruling:
    """An outcome, why, and what was found."""

    outcome: Outcome
    why: str | None = None
    findings: tuple[Finding, ...] = ()
    omitted: int = 0


def failed(execution: Execution) -> bool:
    """Whether a command of the tool ended otherwise than by exit 0; a claim is no command."""
    if execution.phase in ("caught_up", "status", "stop"):
        return False  # a claim, tested by the oracle and never used as a verdict
    running = execution.exit is None and not execution.stderr and not execution.timed_out
    return not execution.ok and not running


def crashed(execution: Execution) -> bool:
    """Whether it ended neither by success nor by saying no: killed, not started, a crash's code."""
    done, code = execution, execution.exit
    return done.timed_out or code is None or code < 0 or done.crashed


def how_it_ended(execution: Execution) -> str:
    if execution.timed_out:
        return f"{execution.phase}: ended at our time limit of {execution.seconds:g} s"
    if execution.exit is None:
        return f"{execution.phase}: {execution.stderr.strip()}"
    lines = [line for line in execution.output.splitlines() if line.strip()]
    how = f"killed by signal {-execution.exit}" if execution.exit < 0 else f"exit {execution.exit}"
    return f"{execution.phase}: {how}" + (f": {lines[-1].strip()[:300]}" if lines else "")
