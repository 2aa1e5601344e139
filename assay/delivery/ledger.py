"""What is revoked, and which bundle has brought which plan: beside the environment's records."""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from assay.clock import utc_now
from assay.delivery.bundle import Evidence
from assay.delivery.envelope import Bundle, read_document, seal
from assay.delivery.opened import Sign, Unreadable, Verify
from assay.delivery.refusals import Kind, Refusal
from assay.delivery.store import Store
from assay.errors import UsageError

LIST_TYPE = "application/vnd.replicator-assay.list+json"
REVOKED, USED = "revoked", "used"
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Known:
    """A list of revoked digests and used pairs, as it stood at a moment.

    A digest is that of a bundle, an artefact, a key or a commit.
    """

    environment: str
    as_of: str
    revoked: tuple[str, ...] = ()
    used: tuple[tuple[str, str], ...] = ()

    @property
    def told(self) -> str:
        """Which list it is."""
        digest = sha256(msgspec.json.encode(self)).hexdigest()[:12]
        return (f"the list {digest} of {self.environment} as of {self.as_of}: {len(self.revoked)} "
                f"revoked, {len(self.used)} used")  # fmt: skip

    def against(self, bundle: Bundle, plan: str) -> list[Refusal]:
        """Whether it, its signer or what it speaks of is revoked, or it brought this plan."""
        about, found = bundle.evidence.title, []
        for digest, what in _digests(bundle):
            if digest in self.revoked:
                found.append(Refusal(Kind.REVOKED, about, f"{what} {digest[:12]} is revoked"))
        if plan and (bundle.digest, plan) in self.used:
            found.append(Refusal(Kind.REPLAYED, about, f"it has brought plan {plan[:12]} here"))
        return found


def _digests(bundle: Bundle) -> Iterable[tuple[str, str]]:
    evidence: Evidence = bundle.evidence
    yield bundle.digest, "the bundle"
    yield bundle.signer, "its signer"
    yield evidence.commit, "the commit"
    for artefact in evidence.artefacts:
        yield artefact.digest, artefact.name


@dataclass(frozen=True, slots=True)
class Ledger:
    """The records of one environment."""

    environment: str
    store: Store

    def known(self) -> Known:
        """What stands in it now."""
        used = (name.removesuffix(".json").split("-") for name in self.store.all_of(USED))
        return Known(
            self.environment,
            utc_now(),
            tuple(name.removesuffix(".json") for name in self.store.all_of(REVOKED)),
            tuple((bundle, plan) for bundle, plan in used),
        )

    def revoke(self, digest: str, why: str) -> bool:
        """Nothing with this digest is let in any more; whether it was not so before."""
        if not _DIGEST.fullmatch(digest):
            raise UsageError(
                f"{digest!r} is no digest.",
                remedy="40 or 64 hexadecimal digits, of a bundle, an artefact, a key or a commit",
            )
        return self.store.put(f"{REVOKED}/{digest}.json", _record(why=why))

    def use(self, bundles: Iterable[Bundle], plan: str) -> list[Refusal]:
        """Write down that they bring this plan; those that have brought it already are refused."""
        return [
            Refusal(Kind.REPLAYED, one.evidence.title, f"it has brought plan {plan[:12]} here")
            for one in bundles
            if not self.store.put(f"{USED}/{one.digest}-{plan}.json", _record())
        ]


def write_list(known: Known, sign: Sign | None) -> str:
    """A list as a file for verification without network."""
    return seal(msgspec.json.encode(known), LIST_TYPE, sign) + "\n"


def read_list(text: str, verify: Verify) -> Known:
    """The list in a file; Unreadable where its signature does not hold."""
    try:
        opened = verify(read_document(text), LIST_TYPE)
        return msgspec.json.decode(opened.payload, type=Known)
    except (ValueError, msgspec.MsgspecError) as error:
        raise Unreadable(Kind.ALTERED, f"it is no list: {error}") from error


def too_old(known: Known, environment: str, hours: float, now: datetime) -> list[Refusal]:
    """Whether a list is another environment's, or so old that much may have happened since."""
    at = datetime.fromisoformat(known.as_of).astimezone(UTC)
    found = []
    if known.environment != environment:
        why = f"it is of {known.environment}, not of {environment}"
        found.append(Refusal(Kind.FOREIGN, "the list", why))
    age = (now - at).total_seconds() / 3600
    if age > hours or age < -0.1:
        why = f"it is as of {known.as_of}; {hours:g} hours are allowed"
        found.append(Refusal(Kind.STALE, "the list", why))
    return found


def _record(**more: str) -> str:
    return json.dumps({"by": getpass.getuser(), "at": utc_now(), **more})
