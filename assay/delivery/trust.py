"""Whose signature is believed for which evidence, as an environment's policy says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from securesystemslib.signer import Key

from assay.delivery import keyless
from assay.delivery.bundle import Evidence
from assay.delivery.envelope import Bundle, open_unsigned, open_with_keys, read_bundle
from assay.delivery.opened import Opened, Unreadable
from assay.delivery.policy import Person, Policy, Trusted
from assay.delivery.refusals import Kind
from assay.delivery.signers import read_public


@dataclass(frozen=True, slots=True)
class Trust:
    """Signers by the ids of their keys, and those that Sigstore knows; `folder` is the policy's."""

    folder: Path
    signed: bool = True
    keys: dict[str, Trusted] = field(default_factory=dict)
    publics: tuple[Key, ...] = ()
    keyless: tuple[Trusted, ...] = ()

    @classmethod
    def of(cls, policy: Policy, folder: Path) -> Trust:
        """The signers of a policy; SetupError for a key that cannot be read."""
        keys, publics = {}, []
        for one in policy.trusted:
            if one.file:
                publics.append(read_public(folder / one.file))
                keys[publics[-1].keyid] = one
        without = tuple(one for one in policy.trusted if one.identity)
        return cls(folder, policy.signed, keys, tuple(publics), without)

    def bundle(self, text: str) -> Bundle:
        """The evidence in a file; Unreadable where nobody who may say it has signed it."""
        bundle = read_bundle(text, self._open)
        if self.signed:
            self._may_say(bundle.signer, bundle.evidence)
        return bundle

    def of_ledger(self, document: dict[str, Any], payload_type: str) -> Opened:
        """The payload of a list, which somebody who is trusted has signed."""
        return self._open(document, payload_type)

    def _open(self, document: dict[str, Any], payload_type: str) -> Opened:
        if not self.signed:
            return open_unsigned(document, payload_type)
        if not keyless.is_bundle(document):
            return open_with_keys(document, payload_type, self.publics)
        foreign = Unreadable(Kind.FOREIGN, "no identity of Sigstore is trusted here")
        for one in self.keyless:
            try:
                return keyless.open_keyless(
                    document,
                    payload_type,
                    root=self.folder / one.trust_root,
                    identity=one.identity,
                    issuer=one.issuer,
                )
            except Unreadable as error:
                if error.kind is not Kind.FOREIGN:
                    raise
                foreign = error
        raise foreign

    def _may_say(self, signer: str, evidence: Evidence) -> None:
        known = [self.keys[signer]] if signer in self.keys else []
        known += [one for one in self.keyless if one.identity == signer]
        if not any(evidence.environment in one.environments and evidence.suite in one.suites
                   for one in known):  # fmt: skip
            names = ", ".join(one.name for one in known)
            raise Unreadable(Kind.FOREIGN, f"{names} may not sign {evidence.suite} of "
                             f"{evidence.environment or 'no environment'}")  # fmt: skip


def people_by_key(people: Sequence[Person], folder: Path) -> dict[str, tuple[Person, Key]]:
    """Who may approve, by the ids of their keys; SetupError for a key that cannot be read."""
    read = [(person, read_public(folder / person.file)) for person in people]
    return {key.keyid: (person, key) for person, key in read}
