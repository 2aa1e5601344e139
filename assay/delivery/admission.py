"""Lets a plan into an environment, or says all that speaks against it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.clock import utc_now
from assay.delivery.approvals import Approved, Sought, judge_approvals
from assay.delivery.envelope import NAME, Bundle
from assay.delivery.judging import Asked, judge_bundles
from assay.delivery.ledger import Known, Ledger, too_old
from assay.delivery.opened import Unreadable
from assay.delivery.policy import Policy, policy_of, policy_path
from assay.delivery.refusals import Kind, NotLetIn, Refusal
from assay.delivery.store import Bucket, Folder, Store
from assay.delivery.trust import Trust, people_by_key
from assay.deployment import environments
from assay.deployment.commit import authors
from assay.deployment.ladder import Deployment
from assay.deployment.places import CLONE
from assay.errors import UsageError

RECORDS = "evidence"  # below a deployment's folder, or beside its state in a bucket
ADMITTED = "admitted"


@dataclass(frozen=True, slots=True)
class Found:
    """What was judged: the bundles that count, as of which list, what speaks against them."""

    bundles: tuple[Bundle, ...]
    refusals: tuple[Refusal, ...]
    known: Known
    approvals: tuple[Approved, ...] = ()


@dataclass(slots=True)
class Gate:
    """One environment's: its policy, whom it trusts, its records; `files` are bundles.

    `clone` is where git knows the commits. It is the ladder's Admission.
    """

    environment: str
    policy: Policy
    trust: Trust
    ledger: Ledger
    files: tuple[Path, ...]
    accounts: Mapping[str, str] = field(default_factory=dict)
    clone: Path = CLONE
    found: Found | None = None

    def judge(
        self,
        commit: str,
        *,
        plan: str = "",
        artefacts: Mapping[str, str] | None = None,
        known: Known | None = None,
        now: datetime | None = None,
    ) -> Found:
        """All that speaks for and against; with a plan, its approvals as well.

        `known` is a list from a file, in place of the ledger as it stands.
        """
        now = now or datetime.now(UTC)
        bundles, unread = read_bundles(self.files, self.trust)
        refusals = list(unread)
        if known is not None:
            refusals += too_old(known, self.environment, self.policy.list_hours, now)
        else:
            known = self.ledger.known()
        asked = Asked(self.environment, commit, now, self.accounts, artefacts or {}, plan)
        judged = judge_bundles(bundles, self.policy, asked, known, whole=not unread)
        refusals += judged.refusals
        approvals: tuple[Approved, ...] = ()
        if plan:
            approvals, against = self._approvals(commit, plan, now, known)
            refusals += against
        return Found(judged.chosen, tuple(refusals), known, approvals)

    def _approvals(
        self, commit: str, plan: str, now: datetime, known: Known
    ) -> tuple[tuple[Approved, ...], tuple[Refusal, ...]]:
        written = frozenset[str]()
        if self.policy.approval.others_than_authors:
            written = authors(self.clone, commit, self.deployed())
        sought = Sought(self.environment, plan, commit, now, written)
        people = people_by_key(self.policy.people, self.trust.folder)
        return judge_approvals(self.ledger.store, self.policy, people, sought, known.revoked)

    def deployed(self) -> str:
        """The commit that was let in last; empty where there was none."""
        records = (json.loads(text) for text in self.ledger.store.all_of(ADMITTED).values())
        newest: dict[str, Any] = max(records, key=lambda record: str(record["at"]), default={})
        return str(newest.get("commit", ""))

    def demand(self, commit: str, plan: str, artefacts: Mapping[str, str]) -> Mapping[str, Any]:
        """What lets this plan in; NotLetIn says all that is missing."""
        self.found = self.judge(commit, plan=plan, artefacts=artefacts)
        if self.found.refusals:
            raise not_let_in(self.environment, self.found.refusals)
        return {
            "evidence": [one.digest for one in self.found.bundles],
            "approvals": [f"{one.by} as {one.role}" for one in self.found.approvals],
            "overrides": [one.override for one in self.found.approvals if one.override],
            "list": self.found.known.told,
            "commit": commit,
        }

    def use(self, plan: str) -> None:
        """Write down that this evidence brings this plan; NotLetIn where it has done so already."""
        if self.found is None:
            raise UsageError("Nothing was judged.", remedy="demand it before")
        replayed = self.ledger.use(self.found.bundles, plan)
        if replayed:
            raise not_let_in(self.environment, replayed)
        record = {
            "at": utc_now(),
            "plan": plan,
            "commit": next((one.evidence.commit for one in self.found.bundles), ""),
            "evidence": [one.digest for one in self.found.bundles],
            "approved": [[one.by, one.role, one.at] for one in self.found.approvals],
            "overrides": [[one.by, one.override] for one in self.found.approvals if one.override],
        }
        moment = record["at"]
        self.ledger.store.put(f"{ADMITTED}/{moment}-{plan[:12]}.json", json.dumps(record))


def gate_of(where: Deployment, files: Iterable[Path], *, origin: str = "") -> Gate:
    """The gate of a deployment's environment.

    UsageError where its evidence does not come from `origin`.
    """
    name = where.environment.environment
    policy = policy_of(name)
    if origin and policy.origin != origin:
        raise UsageError(
            f"What goes to {name} comes from {policy.origin or 'nowhere'}, not from {origin}.",
            evidence=f"origin in {policy_path(name).name}",
            remedy=f"--from {policy.origin}" if policy.origin else "correct its policy",
        )
    wanted = {one.environment for one in policy.suites if one.environment}
    accounts = {one: environments.read(one).account_id for one in wanted}
    return Gate(name, policy, Trust.of(policy, policy_path(name).parent),
                ledger_of(where), tuple(files), accounts)  # fmt: skip


def guarded(where: Deployment, evidence: Iterable[Path]) -> Deployment:
    """The deployment with its environment's gate, where its policy asks for anything."""
    if not policy_of(where.environment.environment).asks:
        return where
    gate = gate_of(where, bundles_in(evidence))
    return replace(where, approval=replace(where.approval, admission=gate))


def ledger_of(where: Deployment) -> Ledger:
    """The ledger beside a deployment's state."""
    place, name = where.where(), where.environment.environment
    store: Store = Folder(where.home / RECORDS)
    if place.bucket:
        prefix = f"{where.environment.project}/{name}/{RECORDS}/"
        store = Bucket(where.account.client("s3"), place.bucket, prefix)
    return Ledger(name, store)


def read_bundles(
    files: Sequence[Path], trust: Trust
) -> tuple[tuple[Bundle, ...], tuple[Refusal, ...]]:
    """The bundles whose signatures hold, and the refusals of the others."""
    bundles: list[Bundle] = []
    refusals: list[Refusal] = []
    for file in files:
        try:
            bundles.append(trust.bundle(file.read_text(encoding="utf-8")))
            refusals += altered_files(file, bundles[-1])
        except UnicodeDecodeError:
            refusals.append(Refusal(Kind.ALTERED, file.name, "it is no text"))
        except Unreadable as error:
            refusals.append(error.about(str(file)))
    return tuple(bundles), tuple(refusals)


def altered_files(file: Path, bundle: Bundle) -> list[Refusal]:
    """Files of the run that lie beside its bundle, and are not what they were."""
    from hashlib import sha256

    found = []
    for name, digest in bundle.evidence.files.items():
        beside = file.parent / Path(name).name
        if beside.is_file() and sha256(beside.read_bytes()).hexdigest() != digest:
            found.append(Refusal(Kind.ALTERED, str(beside), "it has changed after the run"))
    return found


def bundles_in(places: Iterable[Path]) -> tuple[Path, ...]:
    """The files of bundles that were named, or lie below folders; UsageError for no such place."""
    found: list[Path] = []
    for place in places:
        if place.is_dir():
            found += sorted(place.rglob(f"*{''.join(Path(NAME).suffixes)}"))
        elif place.is_file():
            found.append(place)
        else:
            raise UsageError(f"There is no {place}.", remedy="name a bundle, or a folder of some")
    return tuple(dict.fromkeys(found))


def not_let_in(environment: str, refusals: Sequence[Refusal]) -> NotLetIn:
    """The refusal of a plan or a commit, with all its reasons."""
    return NotLetIn(
        f"Nothing is let into {environment}: {len(refusals)} reason{'s' * (len(refusals) != 1)}.",
        refusals,
        remedy=f"see environments/{environment}.toml and docs/evidence.md",
    )
