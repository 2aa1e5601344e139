"""What an environment asks of evidence and of approvals: data in `environments/NAME.toml`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from assay.delivery.bundle import Suite
from assay.deployment.environments import path_of
from assay.errors import UsageError


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: a key that is none of it is an error."""


class Wanted(Part, frozen=True, kw_only=True):
    """A suite whose evidence must be there.

    `cases` is the least number that was judged, `pairs` the server pairs among them, `gaps` the
    known gaps that are accepted (a name ends in * where it only begins so), `artefacts` what it
    must have had under test, by the ladder's names of its steps.
    """

    name: Suite
    environment: str = ""
    fresh_hours: float
    cases: int = 1
    pairs: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    artefacts: tuple[str, ...] = ()
    self_test: bool = True


class Trusted(Part, frozen=True, kw_only=True):
    """Who is believed: a public key, or an identity that Sigstore knows, for some evidence only.

    `environments` and `suites` are what it may speak of; `""` is evidence of no environment.
    """

    name: str
    environments: tuple[str, ...]
    suites: tuple[Suite, ...]
    file: str = ""
    identity: str = ""
    issuer: str = ""
    trust_root: str = ""


class Person(Part, frozen=True, kw_only=True):
    """Who may approve, by which key; `emails` are those of their commits."""

    name: str
    file: str
    roles: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


class Approvals(Part, frozen=True, kw_only=True):
    """How many persons, of which role, for how long at most; never those who wrote it."""

    count: int = 0
    roles: tuple[str, ...] = ()
    hours: float = 24
    others_than_authors: bool = False


class Freeze(Part, frozen=True, kw_only=True):
    """A time in which nothing is brought here, but by the word of some role."""

    begins: datetime
    ends: datetime
    why: str
    may_override: tuple[str, ...] = ()


class Policy(Part, frozen=True, kw_only=True):
    """One environment's. `origin` is where evidence comes from, none for the first.

    `signed` false takes evidence without a signature. `list_hours` is how old a list of revoked
    digests and used pairs may be that is given in a file.
    """

    origin: str = ""
    signer: str = "file"
    signed: bool = True
    list_hours: float = 24
    suites: tuple[Wanted, ...] = ()
    trusted: tuple[Trusted, ...] = ()
    people: tuple[Person, ...] = ()
    approval: Approvals = msgspec.field(default_factory=Approvals)
    freezes: tuple[Freeze, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether there is anything to ask before a plan is applied."""
        return bool(self.suites or self.approval.count or self.freezes)


_TABLES = {"suite": "suites", "trust": "trusted", "person": "people", "freeze": "freezes"}


def policy_of(name: str) -> Policy:
    """The policy beside an environment's variables; one that asks for nothing where none is."""
    path = policy_path(name)
    return parse_policy(path) if path.is_file() else Policy()


def policy_path(name: str) -> Path:
    """Where it stands; UsageError for a name that is no environment."""
    return path_of(name).with_suffix(".toml")


def parse_policy(path: Path) -> Policy:
    """The policy in a file; UsageError names what is wrong in it."""
    try:
        given = msgspec.toml.decode(path.read_bytes())
        told = {_TABLES.get(name, name): value for name, value in given.items()}
        policy = msgspec.convert(told, Policy)
        _check(policy)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise UsageError(
            f"{path.name} is no policy.", evidence=str(error), remedy="see docs/evidence.md"
        ) from error
    return policy


def _check(policy: Policy) -> None:
    """ValueError for what could not be meant."""
    for one in policy.trusted:
        if bool(one.file) == bool(one.identity):
            raise ValueError(f"trust {one.name}: it has a file or an identity, one of them")
        if one.identity and not (one.issuer and one.trust_root):
            raise ValueError(f"trust {one.name}: an identity needs an issuer and a trust_root")
    if policy.suites and policy.signed and not policy.trusted:
        raise ValueError("suites are asked for, and nobody is trusted to sign their evidence")
    known = {role for person in policy.people for role in person.roles}
    asked = {*policy.approval.roles, *(r for one in policy.freezes for r in one.may_override)}
    if missing := asked - known:
        raise ValueError(f"nobody has the role {', '.join(sorted(missing))}")
    if policy.approval.count > len(policy.people):
        raise ValueError(f"{policy.approval.count} approvals are asked for, of "
                         f"{len(policy.people)} persons")  # fmt: skip
    for freeze in policy.freezes:
        if not (freeze.begins.tzinfo and freeze.ends.tzinfo) or freeze.begins >= freeze.ends:
            raise ValueError(f"freeze {freeze.why!r}: two moments with a zone, in order")
    if any(one.cases < 1 or one.fresh_hours <= 0 for one in policy.suites):
        raise ValueError("cases and fresh_hours are more than nothing")
