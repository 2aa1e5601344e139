"""Phases in which a tool only says something: the suite knows what is true."""

from __future__ import annotations

from collections.abc import Sequence

from assay.conformance.evidence import Stage
from assay.conformance.ruling import Ruling, crashed, how_it_ended
from assay.oracle.words.finding import Equality, Finding
from assay.replicators.base import State
from assay.run.outcome import Outcome

USAGE_ERROR = 2  # of a `verify` that was called wrongly: no answer (contracts 1.5)


def rule_verify(stage: Stage) -> Ruling:
    """A `verify` command says equal or not; the oracle knows."""
    comparison, answer = stage.comparison, stage.executions[-1] if stage.executions else None
    if comparison is None or answer is None or comparison.equality is Equality.UNKNOWN:
        return Ruling(Outcome.UNKNOWN, "the oracle could not tell what verify should say")
    if crashed(answer) or answer.exit == USAGE_ERROR:
        return Ruling(Outcome.FAILED_LOUD, how_it_ended(answer))
    if comparison.equality is Equality.EQUAL:
        if answer.exit == 0:
            return Ruling(Outcome.FAITHFUL)
        return Ruling(Outcome.FAILED_LOUD, f"false alarm: {how_it_ended(answer)}")
    if answer.exit == 0:
        why = f"verify says equal; {comparison.findings[0]}"
        return Ruling(Outcome.SILENT_WRONG, why, comparison.findings, comparison.omitted)
    unnamed = [text for text in must_name(comparison.findings[0]) if text not in answer.output]
    if unnamed:
        return Ruling(Outcome.FAILED_LOUD, f"verify does not name {', '.join(unnamed)}")
    return Ruling(Outcome.FAITHFUL)


def rule_status(stage: Stage) -> Ruling:
    """A `status` says what has become of the stream; the suite knows."""
    if not stage.executions:
        return Ruling(Outcome.UNKNOWN, "the tool claims a status and has no such command")
    answer, truth, said = stage.executions[-1], set(stage.truth), set(stage.said)
    if crashed(answer):
        return Ruling(Outcome.FAILED_LOUD, how_it_ended(answer))
    if not said:
        why = f"what status says is in no rule of the tool's: {how_it_ended(answer)}"
        return Ruling(Outcome.FAILED_LOUD, why)
    hides = State.STREAMING in said - truth  # words that fit a good stream too tell of no bad one
    if said & truth and not hides:
        return Ruling(Outcome.FAITHFUL)
    why = f"status says {_either(stage.said)}; it is {_either(stage.truth)}"
    if hides or said <= {State.STREAMING, State.FINISHED}:
        return Ruling(Outcome.SILENT_WRONG, why)
    return Ruling(Outcome.FAILED_LOUD, f"false alarm: {why}" if State.STREAMING in truth else why)


def _either(states: Sequence[str]) -> str:
    return " or ".join(states).replace("_", " ")


def must_name(finding: Finding) -> tuple[str, ...]:
    """What a truthful answer names: the table, and the row's key where it has one."""
    table = finding.object.rpartition(".")[2].strip('"')
    return (table, finding.key.strip("()")) if finding.key else (table,)
