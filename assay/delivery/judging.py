"""Whether evidence lets a commit in: a pure function of bundles, a policy and what is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from assay.delivery.bundle import Evidence
from assay.delivery.envelope import Bundle
from assay.delivery.ledger import Known
from assay.delivery.policy import Policy, Wanted
from assay.delivery.refusals import Kind, Refusal
from assay.run.outcome import Verdict

SKEW = 0.1  # hours by which clocks may differ


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be let in where.

    `accounts` are the numbers of environments' accounts by name. `artefacts` are the digests of
    what is about to be deployed, by name; without them those that the origin's deployment names.
    `plan` is empty while there is none.
    """

    environment: str
    commit: str
    now: datetime
    accounts: Mapping[str, str] = field(default_factory=dict)
    artefacts: Mapping[str, str] = field(default_factory=dict)
    plan: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """The bundles that were chosen, one a suite, and what speaks against them."""

    chosen: tuple[Bundle, ...]
    refusals: tuple[Refusal, ...]


def judge_bundles(
    bundles: Sequence[Bundle], policy: Policy, asked: Asked, known: Known, *, whole: bool = True
) -> Judged:
    """Hold what is there against the policy.

    `whole` false: some bundles could not be opened, so that a missing suite is no reason of its
    own.
    """
    chosen = {wanted: _newest(bundles, wanted, asked) for wanted in policy.suites}
    deployed = next((one.evidence for wanted, one in chosen.items()
                     if one is not None and wanted.name == "deployment"), None)  # fmt: skip
    artefacts = asked.artefacts or _artefacts(deployed)
    refusals: list[Refusal] = []
    for wanted, bundle in chosen.items():
        if bundle is None:
            missing = Refusal(Kind.PARTIAL, _title(wanted), "there is no evidence of it")
            refusals += [missing] if whole else []
            continue
        refusals += _against(bundle.evidence, wanted, asked, artefacts, deployed)
        refusals += known.against(bundle, asked.plan)
    found = {one.digest: one for one in chosen.values() if one is not None}
    return Judged(tuple(found.values()), tuple(dict.fromkeys(refusals)))


def _newest(bundles: Sequence[Bundle], wanted: Wanted, asked: Asked) -> Bundle | None:
    """The last one of the suite; one that speaks of what is asked goes before all others."""
    fitting = [one for one in bundles if one.evidence.suite == wanted.name]
    return max(
        fitting,
        key=lambda one: (
            not any(_foreign(one.evidence, wanted, asked)),
            _moment(one.evidence.ended),
        ),
        default=None,
    )


def _against(
    evidence: Evidence,
    wanted: Wanted,
    asked: Asked,
    artefacts: Mapping[str, str],
    deployed: Evidence | None,
) -> Iterator[Refusal]:
    about = evidence.title
    for kind, why in (
        *((Kind.FOREIGN, why) for why in _foreign(evidence, wanted, asked)),
        *_of_artefacts(evidence, wanted, artefacts),
        *_of_time(evidence, wanted, asked, deployed),
        *_of_content(evidence, wanted),
    ):
        yield Refusal(kind, about, why)


def _foreign(evidence: Evidence, wanted: Wanted, asked: Asked) -> Iterator[str]:
    if evidence.commit != asked.commit:
        yield f"it is of commit {evidence.commit[:12]}, not {asked.commit[:12]}"
    if evidence.environment != wanted.environment:
        names = (one or "no environment" for one in (evidence.environment, wanted.environment))
        yield "it is of {}, not of {}".format(*names)
    account = asked.accounts.get(wanted.environment, "")
    if evidence.account != account:
        yield f"it is of account {evidence.account or 'none'}, not {account or 'none'}"


def _of_artefacts(
    evidence: Evidence, wanted: Wanted, artefacts: Mapping[str, str]
) -> Iterator[tuple[Kind, str]]:
    """What was tested is what is deployed, by digest."""
    tested = _artefacts(evidence)
    for name in wanted.artefacts:
        if name not in tested:
            yield Kind.PARTIAL, f"it does not say which {name} it was"
        elif tested[name] != artefacts.get(name):
            meant = artefacts.get(name, "")[:12] or "one that nothing names"
            yield Kind.FOREIGN, f"it is of {name} {tested[name][:12]}, not {meant}"


def _of_time(
    evidence: Evidence, wanted: Wanted, asked: Asked, deployed: Evidence | None
) -> Iterator[tuple[Kind, str]]:
    began, ended = _moment(evidence.started), _moment(evidence.ended)
    age = (asked.now - ended).total_seconds() / 3600
    if age > wanted.fresh_hours:
        yield Kind.STALE, f"it is {age:.0f} hours old; {wanted.fresh_hours:g} are allowed"
    if age < -SKEW or began > ended:
        yield Kind.STALE, f"its times cannot be: {evidence.started} to {evidence.ended}"
    on_it = deployed is not None and wanted.name != "deployment" and wanted.environment
    if on_it and deployed is not None and began < _moment(deployed.ended):
        yield Kind.STALE, f"it began before the deployment had ended ({deployed.ended})"


def _of_content(evidence: Evidence, wanted: Wanted) -> Iterator[tuple[Kind, str]]:
    if evidence.uncommitted:
        yield Kind.UNCOMMITTED, evidence.uncommitted.splitlines()[0]
    if evidence.verdict is not Verdict.PASS:
        kind = Kind.FAILED if evidence.verdict is Verdict.FAIL else Kind.UNKNOWN
        yield kind, "; ".join(evidence.reasons) or evidence.line
    if evidence.part:
        yield Kind.PARTIAL, f"it is {evidence.part} alone: assay merge puts shards together"
    if not evidence.judged:
        yield Kind.VACUOUS, "nothing was judged"
    elif evidence.judged < wanted.cases:
        yield Kind.PARTIAL, f"{evidence.judged} were judged, at least {wanted.cases} are asked for"
    if wanted.self_test and not evidence.self_test.proves:
        test = evidence.self_test
        yield Kind.VACUOUS, f"its self-test found {test.detected} of {test.planted}"
    if missing := set(wanted.pairs) - set(evidence.pairs):
        yield Kind.PARTIAL, f"nothing was judged on PostgreSQL {', '.join(sorted(missing))}"
    unknown = [name for name in evidence.gaps
               if not any(fnmatchcase(name, one) for one in wanted.gaps)]  # fmt: skip
    if unknown:
        yield Kind.GAPS, f"known gaps that are not accepted here: {', '.join(unknown[:5])}"


def _artefacts(evidence: Evidence | None) -> dict[str, str]:
    return {one.name: one.digest for one in evidence.artefacts} if evidence is not None else {}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _title(wanted: Wanted) -> str:
    return wanted.name + (f" of {wanted.environment}" if wanted.environment else "")
