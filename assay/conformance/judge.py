"""judge(evidence) -> judgement: a pure function, so that a stored run can be judged again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assay.conformance.answers import rule_status, rule_verify
from assay.conformance.case import Expected
from assay.conformance.evidence import Evidence, Stage, Trouble
from assay.conformance.phases import STEPS, Ground
from assay.conformance.ruling import Ruling, crashed, failed, how_it_ended
from assay.names import MARKER_TABLE
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.oracle.words.kinds import CONTENT, Kind
from assay.postgres.barrier import Barrier
from assay.process import Execution
from assay.run.events import PhaseJudged
from assay.run.outcome import Outcome

SETUP = "setup"  # what stands for a phase where none was begun
END = "end"  # and after all of them


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of every phase of a case, in their order."""

    phases: tuple[PhaseJudged, ...]

    @property
    def gravest(self) -> PhaseJudged:
        """The phase that speaks for the case."""
        return max(self.phases, key=lambda one: one.gravity)

    @property
    def expected(self) -> bool:
        """Whether the case allows all of them, and the source came to no harm."""
        return all(phase.expected for phase in self.phases)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of all phases."""
        return tuple(found for phase in self.phases for found in phase.findings)


Place = tuple[str, str, str | None, str | None]  # of a finding, whatever the values
Known = Mapping[Place, Finding]  # what earlier phases had left wrong, as it was last seen


def judge(evidence: Evidence) -> Judgement:
    """Judge every phase of a case for itself, from what was seen."""
    judged = list(_judged(evidence))
    if trouble := evidence.trouble:
        judged.append(_unproved(trouble.phase, trouble.what))
    elif not judged:
        judged.append(_unproved(SETUP, _without_phase(evidence)))
    elif not any(stage.comparison or stage.truth for stage in evidence.stages) and all(
        phase.outcome is Outcome.FAITHFUL for phase in judged
    ):
        judged[-1] = _unproved(judged[-1].phase, "no comparison was made")
    told = {phase.phase for phase in judged}
    unreached = (_not_reached(u.phase, u.why) for u in evidence.unreached if u.phase not in told)
    return Judgement((*judged, *unreached))


def _judged(evidence: Evidence) -> Iterator[PhaseJudged]:
    """Whole stages; of one that trouble of ours broke off, nothing is proved."""
    broken_off = evidence.trouble.phase if evidence.trouble else ""
    stages = [stage for stage in evidence.stages if stage.phase != broken_off]
    for number, stage in enumerate(stages):
        if stage.compared_later and (
            instead := _never_compared(stage, stages[number + 1 :], evidence.trouble)
        ):
            yield instead
            continue
        before = standing_on_the_same(stages[: number + 1])
        ruling = _rule(stage, before)
        harm = _harm(stage, before)
        own = tuple(change for change in stage.source_changes if str(change) in harm)
        last = number == len(stages) - 1 and evidence.trouble is None
        whys = (f"source harmed: {harm[0]}" if harm else None, ruling.why)
        yield PhaseJudged(
            phase=stage.phase,
            outcome=ruling.outcome,
            expected=not harm and _meets(evidence, stage, ruling.outcome, last=last),
            assisted=stage.assisted,
            proof=stage.comparison.proof if stage.comparison else None,
            harmed_source=bool(harm),
            why="; ".join(why for why in whys if why) or None,
            findings=ruling.findings or own,
            omitted=ruling.omitted,
        )


def standing_on_the_same(stages: Sequence[Stage]) -> list[Stage]:
    """The stages before the last one whose databases it has gone on with."""
    fresh = max((n for n, stage in enumerate(stages) if stage.anew), default=0)
    return list(stages[fresh:-1])


def _never_compared(
    stage: Stage, later: Sequence[Stage], trouble: Trouble | None
) -> PhaseJudged | None:
    """What a copy is that the stream had yet to complete, where no later phase judged it whole."""
    after = [one for one in later if not (one.assisted or STEPS[one.phase].answers)]
    if any(_rule(one, ()).outcome is Outcome.FAITHFUL for one in after):
        return None
    if not after and trouble is None:
        return _unproved(stage.phase, "no comparison was made")
    why = "its comparison was left to a later phase, which found no faithful copy"
    return _not_reached(stage.phase, why)


def _not_reached(phase: str, why: str) -> PhaseJudged:
    return PhaseJudged(phase, Outcome.NOT_REACHED, expected=True, why=why)


def _unproved(phase: str, why: str) -> PhaseJudged:
    return PhaseJudged(phase, Outcome.UNKNOWN, expected=False, why=why)


def _without_phase(evidence: Evidence) -> str:
    untrue = next((answer.query for answer in evidence.premises if not answer.held), None)
    return "no phase was run" if untrue is None else f"premise is not true: {untrue}"


def rule(stage: Stage, before: Sequence[Stage] = ()) -> Outcome:
    """The outcome of one stage, after others on the same databases."""
    return _rule(stage, before).outcome


def ends(expected: Sequence[Expected], stage: Stage, outcome: Outcome) -> bool:
    """Whether a phase came to what the case asks for instead of a copy: nothing follows then."""
    return outcome is not Outcome.FAITHFUL and _allowed(expected, stage, outcome)


def _rule(stage: Stage, before: Sequence[Stage]) -> Ruling:
    return _with_more(_rule_phase(stage, before), stage)


def _rule_phase(stage: Stage, before: Sequence[Stage]) -> Ruling:
    if stage.phase == "verify":
        return rule_verify(stage)
    if stage.phase == "status":
        return rule_status(stage)
    known = {_place(found): found for one in before for found in _all_wrong(one)}
    if broken := next((e for e in stage.executions if failed(e)), None):
        return _rule_failure(stage, broken, known)
    if stage.barrier is not None and not stage.barrier.crossed:
        if stage.barrier.server_failed:
            return Ruling(Outcome.UNKNOWN, stage.barrier.why)
        if not stage.barrier.claimed:
            return _rule_stuck(stage, stage.barrier, known)
        if _equal(stage) and not stage.barrier.unsynced:
            return _rule_claim(stage.barrier)
    return _beside(_rule_comparison(stage), stage, before, known)


def _with_more(ruling: Ruling, stage: Stage) -> Ruling:
    """What is wrong whatever else a phase does, and what a failure has left then as well."""
    more = tuple(found for found in beside(stage) if found not in ruling.findings)
    if not more or ruling.outcome is Outcome.UNKNOWN:
        return ruling
    silent = ruling.outcome in (Outcome.FAITHFUL, Outcome.SILENT_WRONG)
    return replace(
        ruling,
        outcome=Outcome.SILENT_WRONG if silent else Outcome.FAILED_DIRTY,
        why="; ".join(filter(None, (ruling.why, str(more[0])))),
        findings=ruling.findings + more,
    )


def beside(stage: Stage) -> tuple[Finding, ...]:
    """What no phase may do: show a password, or change the target where it only had to answer."""
    return stage.target_changes + stage.exposures


def _rule_failure(stage: Stage, broken: Execution, known: Known) -> Ruling:
    """A command ended otherwise than by exit 0."""
    why = how_it_ended(broken)
    if dirty := _rule_dirty(stage, why, known):
        return dirty
    return Ruling(Outcome.FAILED_LOUD if crashed(broken) else Outcome.REFUSED, why)


def _rule_stuck(stage: Stage, barrier: Barrier, known: Known) -> Ruling:
    """The stream did not carry the marker, and the tool does not say that it is done.

    A copy that is the beginning of a stream is what was found, if all of it is there and right:
    that nothing follows is for the phase of the stream to tell.
    """
    if dirty := _rule_dirty(stage, barrier.why, known):
        return dirty
    if STEPS[stage.phase].makes is Ground.COPY and _equal(stage) and not _all_wrong(stage):
        return Ruling(Outcome.FAITHFUL)
    return Ruling(Outcome.FAILED_LOUD, barrier.why)


def _rule_claim(barrier: Barrier) -> Ruling:
    """The tool says that it is done: both sides are equal where the stream had nothing to bring."""
    never = Finding(Kind.ROW, f"public.{MARKER_TABLE}", source="a row that was written last")
    return Ruling(Outcome.SILENT_WRONG, f"{barrier.why}, and the tool says it is done", (never,))


def _rule_dirty(stage: Stage, why: str, known: Known) -> Ruling | None:
    """What a failure has left: data that is there and wrong comes before all other debris."""
    wrong = tuple(found for found in _present_and_wrong(stage) if not _was_so(found, known))
    if wrong:
        why = f"{why}; data present and wrong: {wrong[0]}"
    elif stage.debris:
        why = f"{why}; debris left"
    found = (*wrong, *(one for one in stage.debris if one not in wrong))
    return Ruling(Outcome.FAILED_DIRTY, why, found) if found else None


def _present_and_wrong(stage: Stage) -> Iterator[Finding]:
    """Rows that should not be there, and of a copy also those that lack beside others.

    What a stream that stands still has not brought yet is no finding of its own, a row that the
    case has deleted meanwhile neither, nor is what the target held before and holds unchanged.
    """
    if stage.changed if stage.phase == "live" else not stage.debris:
        return
    touched = {one.object for one in stage.debris if one.side != "source"}
    for found in stage.comparison.findings if stage.comparison else ():
        if found.kind not in CONTENT or found.kind == Kind.SEQUENCE_STATE:
            continue
        # What other databases held before is not known.
        if stage.phase != "live" and ": " not in found.object and found.object not in touched:
            continue
        extra = found.source is None or (
            found.kind == Kind.MULTIPLICITY and _more(found.target, found.source)
        )
        if extra or (stage.phase != "live" and (found.target or found.object in stage.begun)):
            yield found


def _more(target: str | None, source: str | None) -> bool:
    """Of counts."""
    return (target or "").isdigit() and (source or "").isdigit() and int(target) > int(source)  # type: ignore[arg-type]


def _rule_comparison(stage: Stage) -> Ruling:
    comparison = stage.comparison
    if comparison is None:
        if stage.phase == "validate" or stage.compared_later:
            return Ruling(Outcome.FAITHFUL)
        return Ruling(Outcome.UNKNOWN, "no comparison was made")
    if comparison.equality is Equality.UNKNOWN:
        return Ruling(Outcome.UNKNOWN, f"the oracle could not tell: {comparison.why}")
    wrong = _all_wrong(stage)
    if comparison.equality is Equality.DIFFERENT or wrong:
        return Ruling(Outcome.SILENT_WRONG, str(wrong[0]), wrong, comparison.omitted)
    return Ruling(Outcome.FAITHFUL)


def _equal(stage: Stage) -> bool:
    return stage.comparison is not None and stage.comparison.equality is Equality.EQUAL


def _all_wrong(stage: Stage) -> tuple[Finding, ...]:
    seen = stage.comparison.findings if stage.comparison else ()
    return seen + _statement_findings(stage) + stage.exposures + _lost(stage)


def _place(found: Finding) -> Place:
    return (found.kind, found.object, found.key, found.column)


def _was_so(found: Finding, known: Known) -> bool:
    """Whether an earlier phase left exactly this wrong: another value there is this phase's own.

    What is not there at all cannot follow its source, whatever that holds now.
    """
    earlier = known.get(_place(found))
    if earlier is None or earlier.target != found.target:
        return False
    return found.target is None or earlier.source == found.source


def _beside(ruling: Ruling, stage: Stage, before: Sequence[Stage], known: Known) -> Ruling:
    """What a phase itself did wrong: not what an earlier one had left on the same databases."""
    if ruling.outcome is not Outcome.SILENT_WRONG or not known:
        return ruling
    fresh = tuple(found for found in ruling.findings if not _was_so(found, known))
    if fresh:
        return replace(ruling, why=str(fresh[0]), findings=fresh)
    earlier = [one.comparison for one in before if one.comparison is not None]
    if _hidden(stage) or (earlier and _more_omitted(stage.comparison, earlier)):
        return ruling
    return Ruling(Outcome.FAITHFUL, "but for what an earlier phase had left wrong")


def _hidden(stage: Stage) -> bool:
    """Whether earlier damage hides what the phase did: no row crossed, or a table has no place."""
    if stage.barrier is not None and not stage.barrier.crossed:
        return True
    seen = stage.comparison.findings if stage.comparison else ()
    return any(f.kind == Kind.TABLE and f.target is None and f.column is None for f in seen)


def _more_omitted(seen: Comparison | None, earlier: Sequence[Comparison]) -> bool:
    """Whether there are more differences of something than there were, of which some are cut."""
    known = earlier[-1].totals
    return seen is not None and any(
        count > known.get(name, 0) for name, count in seen.totals.items()
    )


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


def _harm(stage: Stage, before: Sequence[Stage]) -> list[str]:
    """What this phase did to the source: told once, of the phase after which it is first seen."""
    told = {str(change) for one in before for change in one.source_changes}
    changes = [text for change in stage.source_changes if (text := str(change)) not in told]
    return [*stage.source_errors, *changes]


def _meets(evidence: Evidence, stage: Stage, outcome: Outcome, *, last: bool) -> bool:
    """FAITHFUL is right on the way to what the case asks for, but not as the tool's own end."""
    if outcome is Outcome.FAITHFUL and (stage.assisted or not last):
        return True
    return outcome is not Outcome.UNKNOWN and _allowed(evidence.expected, stage, outcome)


def _allowed(allowed: Sequence[Expected], stage: Stage, outcome: Outcome) -> bool:
    said = "".join(e.output for e in stage.executions)
    return any(
        expected.outcome is outcome and (outcome is Outcome.FAITHFUL or expected.text in said)
        for expected in allowed
    )
