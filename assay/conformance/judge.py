"""judge(evidence) -> judgement: a pure function, so that a stored run can be judged again."""

from __future__ import annotations

from dataclasses import dataclass

from assay.conformance.evidence import Barrier, Evidence, Stage
from assay.conformance.outcome import Outcome
from assay.oracle.words.finding import Equality, Finding
from assay.oracle.words.kinds import CONTENT, Kind
from assay.process import Execution

_USAGE_ERROR = 2  # of a `verify` that was called wrongly: no answer (contracts 1.5)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A case's outcome, the phase that decided it, and why.

    `expected` says whether the case allows this outcome and the source came to no harm.
    """

    outcome: Outcome
    phase: str
    why: str | None
    findings: tuple[Finding, ...] = ()
    omitted: int = 0
    proof: str | None = None
    harmed_source: bool = False
    expected: bool = False


@dataclass(frozen=True, slots=True)
class _Ruling:
    outcome: Outcome
    why: str | None = None
    findings: tuple[Finding, ...] = ()
    omitted: int = 0


def judge(evidence: Evidence) -> Judgement:
    """Judge a case from what was seen; the first stage that is not right decides."""
    phase = evidence.stages[-1].phase if evidence.stages else "setup"
    if evidence.trouble:
        return Judgement(Outcome.UNKNOWN, phase, evidence.trouble)
    for answer in evidence.premises:
        if not answer.held:
            return Judgement(Outcome.UNKNOWN, "setup", f"premise is not true: {answer.query}")
    if not evidence.stages:
        return Judgement(Outcome.UNKNOWN, phase, "no phase was run")
    decided, ruling = evidence.stages[-1], _Ruling(Outcome.UNKNOWN)
    for stage in evidence.stages:
        decided, ruling = stage, _rule(stage)
        if ruling.outcome is not Outcome.FAITHFUL:
            break
    if ruling.outcome is Outcome.FAITHFUL and not any(s.comparison for s in evidence.stages):
        ruling = _Ruling(Outcome.UNKNOWN, "no comparison was made")
    harm = [text for stage in evidence.stages for text in _harm(stage)]
    expected = (
        ruling.outcome is not Outcome.UNKNOWN and not harm and _meets(evidence, decided, ruling)
    )
    return Judgement(
        outcome=ruling.outcome,
        phase=decided.phase,
        why=ruling.why or (f"source harmed: {harm[0]}" if harm else None),
        findings=ruling.findings or _source_findings(evidence),
        omitted=ruling.omitted,
        proof=decided.comparison.proof if decided.comparison else None,
        harmed_source=bool(harm),
        expected=expected,
    )


def rule(stage: Stage) -> Outcome:
    """The outcome of one stage by itself."""
    return _rule(stage).outcome


def _rule(stage: Stage) -> _Ruling:
    if stage.phase == "verify":
        return _rule_answer(stage)
    if broken := next((e for e in stage.executions if failed(e)), None):
        return _rule_failure(stage, broken)
    if stage.barrier is not None and not stage.barrier.crossed:
        if stage.barrier.server_failed:
            return _Ruling(Outcome.UNKNOWN, stage.barrier.server_failed)
        if not stage.barrier.claimed:
            return _rule_stuck(stage, stage.barrier)
    return _rule_comparison(stage)


def _rule_failure(stage: Stage, broken: Execution) -> _Ruling:
    """A command ended otherwise than by exit 0."""
    why = _how_it_ended(broken)
    if stage.debris:
        return _Ruling(Outcome.FAILED_DIRTY, f"{why}; debris left", stage.debris)
    if _crashed(broken):
        return _Ruling(Outcome.FAILED_LOUD, why)
    return _Ruling(Outcome.REFUSED, why)


def _rule_stuck(stage: Stage, barrier: Barrier) -> _Ruling:
    """The stream did not carry the marker, and the tool does not say that it is done."""
    why = f"no marker row crossed the stream within {barrier.seconds:g} s"
    if stage.debris:
        return _Ruling(Outcome.FAILED_DIRTY, f"{why}; debris left", stage.debris)
    return _Ruling(Outcome.FAILED_LOUD, why)


def _rule_comparison(stage: Stage) -> _Ruling:
    comparison = stage.comparison
    if comparison is None:
        if stage.phase == "validate" or stage.compared_later:
            return _Ruling(Outcome.FAITHFUL)
        return _Ruling(Outcome.UNKNOWN, "no comparison was made")
    if comparison.equality is Equality.UNKNOWN:
        return _Ruling(Outcome.UNKNOWN, f"the oracle could not tell: {comparison.why}")
    wrong = comparison.findings + _statement_findings(stage) + stage.exposures + _lost(stage)
    if comparison.equality is Equality.DIFFERENT or wrong:
        return _Ruling(Outcome.SILENT_WRONG, str(wrong[0]), wrong, comparison.omitted)
    return _Ruling(Outcome.FAITHFUL)


def _rule_answer(stage: Stage) -> _Ruling:
    """A `verify` command says equal or not; the oracle knows."""
    comparison, answer = stage.comparison, stage.executions[-1] if stage.executions else None
    if comparison is None or answer is None or comparison.equality is Equality.UNKNOWN:
        return _Ruling(Outcome.UNKNOWN, "the oracle could not tell what verify should say")
    if _crashed(answer) or answer.exit == _USAGE_ERROR:
        return _Ruling(Outcome.FAILED_LOUD, _how_it_ended(answer))
    if comparison.equality is Equality.EQUAL:
        if answer.exit == 0:
            return _Ruling(Outcome.FAITHFUL)
        return _Ruling(Outcome.FAILED_LOUD, f"false alarm: {_how_it_ended(answer)}")
    if answer.exit == 0:
        why = f"verify says equal; {comparison.findings[0]}"
        return _Ruling(Outcome.SILENT_WRONG, why, comparison.findings, comparison.omitted)
    unnamed = [text for text in must_name(comparison.findings[0]) if text not in answer.output]
    if unnamed:
        return _Ruling(Outcome.FAILED_LOUD, f"verify does not name {', '.join(unnamed)}")
    return _Ruling(Outcome.FAITHFUL)


def must_name(finding: Finding) -> tuple[str, ...]:
    """What a truthful answer names: the table, and the row's key where it has one."""
    table = finding.object.rpartition(".")[2].strip('"')
    return (table, finding.key.strip("()")) if finding.key else (table,)


def failed(execution: Execution) -> bool:
    """Whether a command of the tool ended otherwise than by exit 0; a claim is no command."""
    if execution.phase in ("caught_up", "status", "stop"):
        return False  # a claim, tested by the oracle and never used as a verdict
    running = execution.exit is None and not execution.stderr and not execution.timed_out
    return not execution.ok and not running


def _crashed(execution: Execution) -> bool:
    """It ended neither by success nor by saying no: killed, never started, or a crash's code."""
    done, code = execution, execution.exit
    return done.timed_out or code is None or code < 0 or done.crashed


def _how_it_ended(execution: Execution) -> str:
    if execution.timed_out:
        return f"{execution.phase}: ended at our time limit of {execution.seconds:g} s"
    if execution.exit is None:
        return f"{execution.phase}: {execution.stderr.strip()}"
    lines = [line for line in execution.output.splitlines() if line.strip()]
    how = f"killed by signal {-execution.exit}" if execution.exit < 0 else f"exit {execution.exit}"
    return f"{execution.phase}: {how}" + (f": {lines[-1].strip()[:300]}" if lines else "")


def _statement_findings(stage: Stage) -> tuple[Finding, ...]:
    """Queries that had to hold on the target and statements that had to succeed there."""
    untrue = [
        Finding(
            Kind.STATEMENT, "query", column=a.query, source="true", target=a.error or "not true"
        )
        for a in stage.answers
        if not a.held
    ]
    errors = [
        Finding(Kind.STATEMENT, "statement", source="success", target=error)
        for error in stage.statement_errors
    ]
    return (*untrue, *errors)


def _lost(stage: Stage) -> tuple[Finding, ...]:
    """What the source held and no longer holds: equal to the rest is not equal to the source."""
    return tuple(
        change
        for change in stage.source_changes
        if change.kind in CONTENT or (change.kind == Kind.TABLE and change.target is None)
    )


def _harm(stage: Stage) -> list[str]:
    return [*stage.source_errors, *(str(change) for change in stage.source_changes)]


def _source_findings(evidence: Evidence) -> tuple[Finding, ...]:
    return tuple(change for stage in evidence.stages for change in stage.source_changes)


def _meets(evidence: Evidence, stage: Stage, ruling: _Ruling) -> bool:
    said = "".join(e.output for e in stage.executions)
    return any(
        expected.outcome is ruling.outcome
        and (expected.outcome is Outcome.FAITHFUL or expected.text in said)
        for expected in evidence.expected
    )
