"""Why evidence, an approval or a plan is not let in: each reason has a kind of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from assay.errors import Refused


class Kind(StrEnum):
    """What is wrong, in one word that programs can rely on."""

    ALTERED = "altered"  # not what was signed, or not of the form
    UNSIGNED = "unsigned"
    FOREIGN = "foreign"  # another commit, artefact, environment, account, or an unknown signer
    UNCOMMITTED = "uncommitted"  # made from files that no commit names
    STALE = "stale"
    PARTIAL = "partial"  # a suite, cases or servers are missing
    GAPS = "gaps"  # a known gap that the environment does not accept
    VACUOUS = "vacuous"  # nothing judged, or no self-test that saw what it planted
    FAILED = "failed"
    UNKNOWN = "unknown"
    REPLAYED = "replayed"  # it has brought this very plan here already
    REVOKED = "revoked"
    UNAPPROVED = "unapproved"
    EXPIRED = "expired"
    OWN_WORK = "own work"  # who approves has written it
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True, order=True)
class Refusal:
    """One reason; `about` names the bundle, suite or approval that it speaks of."""

    kind: Kind
    about: str
    why: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.about}: {self.why}"


class NotLetIn(Refused):
    """Something was refused; `refusals` are all the reasons, never none."""

    def __init__(self, what: str, refusals: Sequence[Refusal], *, remedy: str = "") -> None:
        self.refusals = tuple(refusals)
        super().__init__(what, evidence="\n".join(map(str, self.refusals)), remedy=remedy)
