"""Causes: what a phase that is not right has in common with others, and how bad it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assay.conformance import judge
from assay.conformance.answers import USAGE_ERROR
from assay.conformance.causes.authored import NOBODY, Authored
from assay.conformance.causes.blame import blamed, unread
from assay.conformance.causes.meaning import Meaning, left_behind, meaning, meanings
from assay.conformance.causes.said import Said, said
from assay.conformance.causes.statements import applied, kind_of
from assay.conformance.causes.wording import Situation, normalised, readable
from assay.conformance.evidence import Stage
from assay.conformance.ruling import crashed, failed
from assay.oracle.words.finding import Equality, Finding
from assay.oracle.words.marks import RUN
from assay.postgres.log_lines import Entry
from assay.process import Execution
from assay.replicators.base import NOT_ACTIVE, State
from assay.run.cause import Cause, Gravity, Origin
from assay.run.events import PhaseJudged
from assay.run.outcome import Outcome

_CLAIMS = ("caught_up", "status", "stop")
_SHOWN = 160  # characters of a statement
_HEADLINE = 200


def causes_of(
    judged: PhaseJudged, stage: Stage, logs: Mapping[str, str], authored: Authored = NOBODY
) -> tuple[Cause, ...]:
    """Why a phase is not right, worst first; none where it is, or nothing was proved or judged.

    Harm done to the source, a failure, and what it leaves behind are a cause each. Of a silent
    defect the gravest finding is: others may be its consequences. `logs` are the parts of both
    servers' logs that belong to this phase, by side; `authored` is what the case itself made.
    """
    outcome = judged.outcome
    if outcome in (Outcome.UNKNOWN, Outcome.NOT_REACHED):
        return ()
    harm = (_of_harm(stage, authored),) if judged.harmed_source else ()
    if outcome is Outcome.FAITHFUL:
        return harm
    if failed := _failure(stage, logs, authored):
        return (*harm, failed, *_beside(judged, stage, authored))
    if judged.findings and judged.findings == judge.beside(stage):
        told = _of_findings(judged, stage, logs, authored)
        return (*harm, told) if told else harm
    if stage.phase == "verify":
        return (*harm, _of_answer(stage, authored))
    if stage.phase == "status":
        return (*harm, _of_status(stage))
    told = _of_findings(judged, stage, logs, authored)
    return (*harm, told) if told else harm


def _beside(judged: PhaseJudged, stage: Stage, authored: Authored) -> Iterator[Cause]:
    """What a failure leaves: data that is there and wrong, debris.

    What is merely missing then is the failure's consequence and no cause.
    """
    if stage.phase in ("verify", "status"):
        return
    wrong: dict[Meaning, Finding] = {}
    for found in judged.findings:
        if found.side is None and found.target is not None:
            told = meaning(found, authored)
            if told.gravity in (Gravity.ROWS_LOST, Gravity.ROWS_WRONG):
                wrong.setdefault(told, found)
    for told in sorted(wrong, key=lambda m: m.gravity.rank):
        yield _of_meaning(stage.phase, told, str(wrong[told]))
    phase = next((e.phase for e in stage.executions if failed(e)), None) or stage.phase
    debris: dict[Meaning, Finding] = {}
    for found in stage.debris:
        if (left := left_behind(found)) is not None:
            debris.setdefault(left, found)
    for left, found in debris.items():
        yield _of_meaning(phase, left, str(found))


# a failure


def _failure(stage: Stage, logs: Mapping[str, str], authored: Authored) -> Cause | None:
    """A command that failed, or a stream that carries nothing."""
    broken = _broken(stage)
    barrier = stage.barrier
    stuck = barrier is not None and not (barrier.crossed or barrier.claimed)
    if broken is None and not stuck:
        return None
    told = [broken] if broken else [e for e in stage.executions if e.phase not in _CLAIMS]
    output = "".join(e.output for e in told)
    waiting = stuck or (broken is not None and broken.timed_out)
    setting = _Setting(
        phase=broken.phase or stage.phase if broken else stage.phase,
        gravity=Gravity.FAILED,
        said=said(output),
        unread=unread(logs),
        authored=authored,
    )
    killed = broken is not None and not broken.timed_out and (broken.exit or 0) < 0
    entry = blamed(logs, output, setting.said, waiting=waiting, quoted_only=killed)
    if entry is not None:
        return setting.of_entry(entry)
    if broken is None:
        return setting.of_silence("no row crosses the stream, and nobody says why")
    return setting.of_end(broken)


def _broken(stage: Stage) -> Execution | None:
    answer = stage.executions[-1] if stage.executions else None
    if stage.phase == "status":
        silent = answer is not None and answer.exit != 0 and not stage.said
        return answer if answer is not None and (silent or crashed(answer)) else None
    if stage.phase != "verify":
        return next((e for e in stage.executions if failed(e)), None)
    return answer if answer is not None and _no_answer(answer) else None


def _no_answer(answer: Execution) -> bool:
    """A `verify` that says neither yes nor no: crashed, called wrongly, stopped by an error."""
    if crashed(answer) or answer.exit == USAGE_ERROR:
        return True
    words = None if answer.exit == 0 else said(answer.output)
    return words is not None and words.of_server


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all causes of one failure share."""

    phase: str
    gravity: Gravity
    said: Said | None
    unread: tuple[str, ...]
    authored: Authored

    def of_entry(self, entry: Entry) -> Cause:
        """A server's error."""
        situation = Situation(self.authored, entry.sqlstate, entry.statement)
        message = normalised(entry.message, situation)
        doing = kind_of(entry.statement) if entry.statement else applied(entry.context or "")
        statement = None if entry.statement is None else _short(entry.statement.rstrip("; \n"))
        return self._cause(
            (entry.sqlstate, message, doing or entry.process),
            message,
            Origin.SERVER_ERROR,
            _short(entry.message, 500),
            sqlstate=entry.sqlstate,
            statement=statement,
        )

    def of_end(self, broken: Execution) -> Cause:
        """How a command ended, with what it said."""
        code = broken.exit
        words = self.said
        if broken.timed_out:
            told = words.message if words and _is_error(words.message) else None
            return self._ended(f"ended at our time limit of {broken.seconds:g} s", told,
                               Origin.TIME_LIMIT)  # fmt: skip
        if code is not None and code < 0:
            told = words.message if words else None
            return self._ended(f"killed by signal {-code}", told, Origin.SIGNAL)
        if words is None:
            return self.of_silence(f"exit {code} without a word")
        situation = Situation(self.authored, words.sqlstate)
        message = normalised(words.message, situation)
        return self._cause(
            (words.sqlstate or "", message), message, Origin.TOOL_MESSAGE,
            _short(words.message, 500), sqlstate=words.sqlstate,
        )  # fmt: skip

    def of_silence(self, told: str) -> Cause:
        """Nobody said anything."""
        return self._cause((told,), told, Origin.TOOL_MESSAGE, told)

    def _ended(self, how: str, told: str | None, origin: Origin) -> Cause:
        message = normalised(told, Situation(self.authored)) if told else ""
        kept = re.sub(r" of [\d.e+]+ s$", "", how)
        headline = f"{kept}: {message}" if message else kept
        return self._cause((kept, message), headline, origin, f"{how}: {told}" if told else how)

    def _cause(
        self,
        signature: Sequence[str],
        headline: str,
        origin: Origin,
        sample: str,
        *,
        sqlstate: str | None = None,
        statement: str | None = None,
    ) -> Cause:
        return Cause(
            signature="|".join((self.phase, *signature)),
            phase=self.phase,
            headline=_short(readable(headline), _HEADLINE),
            origin=origin,
            gravity=self.gravity,
            sample=sample,
            sqlstate=sqlstate,
            statement=statement,
            said=_short(self.said.line, 300) if self.said else None,
            unread=self.unread,
        )


def _is_error(message: str) -> bool:
    return (
        re.search(r"error|fail|refus|denied|cannot|could not|not exist", message, re.I) is not None
    )


# an answer


def _of_answer(stage: Stage, authored: Authored) -> Cause:
    """What `verify` said or failed to say; what the case planted only tells which kind it is."""
    comparison, answer = stage.comparison, stage.executions[-1]
    words = said(answer.output)
    if comparison is None or comparison.equality is Equality.EQUAL:
        told = normalised(words.message, Situation(authored)) if words else f"exit {answer.exit}"
        headline, gravity = f"raises a false alarm: {told}", Gravity.FAILED
    else:
        planted = _worst(comparison.findings, authored)[0]
        missed = answer.exit == 0
        headline = (
            f"says that both sides are equal, although {planted.headline}"
            if missed
            else f"sees a difference and does not name it, where {planted.headline}"
        )
        gravity = planted.gravity if missed else Gravity.FAILED
    return Cause(
        signature=f"{stage.phase}|{headline}",
        phase=stage.phase,
        headline=_short(readable(headline), _HEADLINE),
        origin=Origin.FINDING,
        gravity=gravity,
        sample=_short(words.message if words else f"exit {answer.exit}", 500),
        said=_short(words.line, 300) if words else None,
    )


# findings


def _of_status(stage: Stage) -> Cause:
    """What `status` said of a stream, and what was true: of all that reaches nobody it is one."""
    says, true = (" or ".join(states).replace("_", " ") for states in (stage.said, stage.truth))
    told = said(stage.executions[-1].output)
    answer = says or "what no rule of its driver knows"
    dead = {State(state) for state in stage.truth} <= NOT_ACTIVE
    ground = "of a target that nothing reaches" if dead else f"of a stream that is {true}"
    return Cause(
        signature=f"{stage.phase}|says {answer} {ground}",
        phase=stage.phase,
        headline=f"says {answer} {ground}",
        origin=Origin.FINDING,
        gravity=Gravity.FAILED,
        sample=_short(f"it is {true}; {told.message if told else 'status says nothing'}", 500),
        said=_short(told.line, 300) if told else None,
    )


def _of_findings(
    judged: PhaseJudged, stage: Stage, logs: Mapping[str, str], authored: Authored
) -> Cause | None:
    """A silent defect: the gravest finding, or a server's error that names its object.

    None where nothing is wrong but the source, of which all is told.
    """
    found = [one for one in judged.findings if one.side != "source"]
    if not found:
        return None
    worst, finding = _worst(found, authored)
    if finding in stage.target_changes:
        return _of_meaning(stage.phase, _as_change("target", worst), str(finding))
    cause = _of_meaning(stage.phase, worst, str(finding), unread=unread(logs))
    entry = blamed(logs, "", None, waiting=True, about=finding)
    if entry is None:
        return cause
    setting = _Setting(stage.phase, worst.gravity, None, unread(logs), authored)
    return setting.of_entry(entry)


def _of_harm(stage: Stage, authored: Authored) -> Cause:
    if stage.source_errors:
        error = re.sub(r"^\S*?:\d+: ", "", stage.source_errors[0])
        message = normalised(error, Situation(authored))
        told = f"the application's statements fail on the source: {readable(message)}"
        return Cause(
            f"{stage.phase}|source|{message}", stage.phase, _short(told, _HEADLINE),
            Origin.FINDING, Gravity.SOURCE_HARMED, _short(stage.source_errors[0], 500),
        )  # fmt: skip
    worst, change = _worst(stage.source_changes, authored)
    harmed = replace(_as_change("source", worst), gravity=Gravity.SOURCE_HARMED)
    return _of_meaning(stage.phase, harmed, str(change))


def _as_change(side: str, told: Meaning) -> Meaning:
    headline = f"the {side} is changed: {told.headline}"
    return Meaning(told.gravity, f"{side}|{told.signature}", headline)


def _worst(findings: Iterable[Finding], authored: Authored) -> tuple[Meaning, Finding]:
    return min(meanings(findings, authored), key=lambda pair: pair[0].place)


def _of_meaning(phase: str, told: Meaning, sample: str, *, unread: tuple[str, ...] = ()) -> Cause:
    return Cause(
        signature=f"{phase}|{told.signature}",
        phase=phase,
        headline=_short(readable(told.headline), _HEADLINE),
        origin=Origin.FINDING,
        gravity=told.gravity,
        sample=_short(sample, 500),
        unread=unread,
    )


def _short(text: str, limit: int = _SHOWN) -> str:
    """On one line, without the passwords that statements and messages hold."""
    line = RUN.without_credentials(" ".join(text.split()))
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
