"""A bundle as a file: two DSSE envelopes, one a line, as in-toto's bundles are (`.intoto.jsonl`).

A line is an envelope with signatures by keys, or a bundle of Sigstore that holds one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Key

from assay.delivery.bundle import Evidence
from assay.delivery.opened import Opened, Sign, Unreadable, Verify
from assay.delivery.refusals import Kind
from assay.delivery.statements import PAYLOAD_TYPE, NoStatement, read_statements, write_statements

NAME = "evidence.intoto.jsonl"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Evidence whose signature holds. `digest` is of what was signed, not of the file's spelling.

    `signer` is empty where signatures were not asked for.
    """

    evidence: Evidence
    digest: str
    signer: str = ""


def write_bundle(path: Path, evidence: Evidence, sign: Sign | None) -> str:
    """Write evidence, signed where there is a signer; the bundle's digest."""
    result, provenance = write_statements(evidence)
    lines = [seal(payload, PAYLOAD_TYPE, sign) for payload in (result, provenance)]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return sha256(result).hexdigest()


def read_bundle(text: str, verify: Verify) -> Bundle:
    """The evidence in a file's text; Unreadable says why it is not to be believed."""
    documents = [read_document(line) for line in text.splitlines() if line.strip()]
    if len(documents) != 2:
        raise Unreadable(Kind.ALTERED, f"it has {len(documents)} statements, not two")
    result, provenance = (verify(document, PAYLOAD_TYPE) for document in documents)
    if result.signer != provenance.signer:
        raise Unreadable(Kind.ALTERED, "its statements are signed by two signers")
    try:
        evidence = read_statements(result.payload, provenance.payload)
    except NoStatement as error:
        raise Unreadable(Kind.ALTERED, str(error)) from error
    return Bundle(evidence, sha256(result.payload).hexdigest(), result.signer)


def seal(payload: bytes, payload_type: str, sign: Sign | None) -> str:
    """One line: the payload in its envelope."""
    if sign is not None:
        return sign(payload, payload_type)
    return json.dumps(Envelope(payload, payload_type, {}).to_dict())


def open_with_keys(document: dict[str, Any], payload_type: str, keys: Sequence[Key]) -> Opened:
    """The payload of an envelope that one of the keys has signed; Unreadable otherwise."""
    envelope = _envelope(document, payload_type)
    if not envelope.signatures:
        raise Unreadable(Kind.UNSIGNED, "nobody has signed it")
    known = [key for key in keys if key.keyid in envelope.signatures]
    if not known:
        raise Unreadable(Kind.FOREIGN, "it is signed by no key that is trusted here: "
                         f"{', '.join(name[:12] for name in envelope.signatures)}")  # fmt: skip
    try:
        good = envelope.verify(known, 1)
    except VerificationError as error:
        raise Unreadable(Kind.ALTERED, "the signature does not hold") from error
    return Opened(envelope.payload, next(iter(good)))


def open_unsigned(document: dict[str, Any], payload_type: str) -> Opened:
    """The payload of an envelope, whoever may have signed it; Unreadable where it is none."""
    if "dsseEnvelope" in document:  # of Sigstore
        document = document["dsseEnvelope"]
    return Opened(_envelope(document, payload_type).payload, "")


def _envelope(document: dict[str, Any], payload_type: str) -> Envelope:
    try:
        copy = json.loads(json.dumps(document))  # the library changes what it is given
        envelope = Envelope.from_dict(copy)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(Kind.ALTERED, f"it is no signed envelope: {error}") from error
    if envelope.payload_type != payload_type:
        raise Unreadable(Kind.ALTERED, f"it holds {envelope.payload_type}, not {payload_type}")
    return envelope


def read_document(line: str) -> dict[str, Any]:
    """The JSON of one line; Unreadable where it is no object."""
    try:
        document = json.loads(line)
    except ValueError as error:
        raise Unreadable(Kind.ALTERED, f"it is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise Unreadable(Kind.ALTERED, "a line of it is no envelope")
    return document
