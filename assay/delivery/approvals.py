"""Approvals: who allows one plan, in which role, until when, and whether in spite of a freeze."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec
from securesystemslib.signer import Key

from assay.delivery.envelope import open_with_keys, read_document, seal
from assay.delivery.opened import Sign, Unreadable
from assay.delivery.policy import Freeze, Person, Policy
from assay.delivery.refusals import Kind, Refusal
from assay.delivery.store import Store

APPROVAL_TYPE = "application/vnd.replicator-assay.approval+json"
KIND = "approvals"


@dataclass(frozen=True, slots=True)
class Approved:
    """What one person has said of one plan. `override` is why, where it overrides a freeze."""

    environment: str
    plan: str
    commit: str
    by: str
    role: str
    at: str
    until: str
    override: str = ""

    @property
    def title(self) -> str:
        """What names it for people."""
        return f"the approval of {self.by} as {self.role or 'no role'}, {self.at}"


@dataclass(frozen=True, slots=True)
class Sought:
    """What wants to be approved; `authors` are the e-mail addresses of who wrote it."""

    environment: str
    plan: str
    commit: str
    now: datetime
    authors: frozenset[str] = frozenset()


def write_approval(approved: Approved, sign: Sign) -> tuple[str, str]:
    """The name and the text of an approval's record."""
    payload = msgspec.json.encode(approved)
    return (
        f"{KIND}/{approved.plan[:12]}-{sha256(payload).hexdigest()[:12]}.json",
        seal(payload, APPROVAL_TYPE, sign),
    )


def judge_approvals(
    store: Store,
    policy: Policy,
    people: Mapping[str, tuple[Person, Key]],
    sought: Sought,
    revoked: Collection[str] = (),
) -> tuple[tuple[Approved, ...], tuple[Refusal, ...]]:
    """The approvals that count, and what is missing or wrong; a freeze is lifted by one of them.

    `revoked` are digests; the key of who approves may be one.
    """
    good: list[Approved] = []
    wrong: list[Refusal] = []
    for name, text in store.all_of(KIND).items():
        try:
            approved, person = _read(text, people, revoked)
        except Unreadable as error:
            wrong.append(error.about(name))
            continue
        against = list(_against(approved, person, policy, sought))
        wrong += against
        if not against:
            good.append(approved)
    asked = policy.approval
    counted = {one.by: one for one in good if not asked.roles or one.role in asked.roles}
    refusals: list[Refusal] = []
    if len(counted) < asked.count:
        plan = sought.plan[:12]
        why = f"{len(counted)} of {asked.count} approvals of plan {plan}"
        why += f" (as {' or '.join(asked.roles)})" if asked.roles else ""
        refusals += wrong or [Refusal(Kind.UNAPPROVED, sought.environment, why)]
    refusals += _frozen(policy.freezes, good, sought)
    return tuple(dict.fromkeys((*counted.values(), *(one for one in good if one.override)))), tuple(
        refusals
    )


def _read(
    text: str, people: Mapping[str, tuple[Person, Key]], revoked: Collection[str]
) -> tuple[Approved, Person]:
    """What is said, and by whom it is signed; Unreadable for a forged one."""
    try:
        keys = [key for _, key in people.values()]
        opened = open_with_keys(read_document(text), APPROVAL_TYPE, keys)
        approved = msgspec.json.decode(opened.payload, type=Approved)
        moments = (datetime.fromisoformat(approved.at), datetime.fromisoformat(approved.until))
    except (ValueError, TypeError, msgspec.MsgspecError) as error:
        raise Unreadable(Kind.ALTERED, f"it is no approval: {error}") from error
    if not all(moment.tzinfo for moment in moments):
        raise Unreadable(Kind.ALTERED, "its times have no zone")
    if opened.signer in revoked:
        raise Unreadable(Kind.REVOKED, f"the key {opened.signer[:12]} is revoked")
    person = people[opened.signer][0]
    if approved.by != person.name:
        raise Unreadable(Kind.ALTERED, f"it names {approved.by}, and {person.name} has signed it")
    return approved, person


def _against(
    approved: Approved, person: Person, policy: Policy, sought: Sought
) -> Iterator[Refusal]:
    about, asked = approved.title, policy.approval
    said = (approved.environment, approved.plan, approved.commit)
    for what, one, other in zip(
        ("environment", "plan", "commit"),
        said,
        (sought.environment, sought.plan, sought.commit),
        strict=True,
    ):
        if one != other:
            yield Refusal(Kind.FOREIGN, about, f"it is for {what} {one[:12]}, not {other[:12]}")
    at, until = (datetime.fromisoformat(one) for one in (approved.at, approved.until))
    if until < sought.now or at > sought.now + timedelta(minutes=5):
        yield Refusal(Kind.EXPIRED, about, f"it holds from {approved.at} to {approved.until}")
    elif until - at > timedelta(hours=asked.hours):
        yield Refusal(Kind.EXPIRED, about, f"it may hold for {asked.hours:g} hours at most")
    if approved.role and approved.role not in person.roles:
        yield Refusal(Kind.UNAPPROVED, about, f"{person.name} has not the role {approved.role}")
    may_lift = {role for freeze in policy.freezes for role in freeze.may_override}
    if asked.roles and approved.role not in {*asked.roles, *may_lift}:
        yield Refusal(Kind.UNAPPROVED, about, f"it takes {' or '.join(asked.roles)}")
    if asked.others_than_authors and sought.authors & {one.lower() for one in person.emails}:
        yield Refusal(Kind.OWN_WORK, about, f"{person.name} has written what is approved")


def _frozen(
    freezes: Sequence[Freeze], good: Sequence[Approved], sought: Sought
) -> Iterator[Refusal]:
    for freeze in freezes:
        lifted = any(one.override and one.role in freeze.may_override for one in good)
        if freeze.begins <= sought.now < freeze.ends and not lifted:
            who = f"; {' or '.join(freeze.may_override)} may override it"
            why = f"{freeze.why}, until {freeze.ends.isoformat()}"
            yield Refusal(Kind.FROZEN, sought.environment,
                          why + (who if freeze.may_override else ""))  # fmt: skip
