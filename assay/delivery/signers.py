"""Who signs here: a file's key, a key of AWS KMS, or the identity of a workflow (Sigstore)."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import UnsupportedAlgorithmError
from securesystemslib.signer import AWSSigner, CryptoSigner, Key, Signer, SSlibKey

from assay import environment
from assay.delivery import keyless
from assay.delivery.opened import Sign
from assay.delivery.policy import policy_of
from assay.errors import Refused, SetupError, UsageError

VARIABLE = "ASSAY_EVIDENCE_SIGNER"
UNNAMED = "ci"  # whose key signs evidence that is of no environment
FORMS = "file, file:PATH, awskms:KEY, sigstore or none"


def signer_of(name: str) -> Sign | None:
    """The signer of an environment by its policy; of evidence of none, the key `ci`."""
    return chosen(policy_of(name).signer if name else "file", name or UNNAMED)


def chosen(form: str, name: str) -> Sign | None:
    """The signer of an environment (or of another name); None where nothing is to be signed.

    `form` is what its policy says; the variable ASSAY_EVIDENCE_SIGNER goes before it. `file` alone
    is the key that `assay evidence key` made on this machine, and nothing where there is none.
    """
    form = environment.variable(VARIABLE) or form
    kind, _, rest = form.partition(":")
    if form in ("", "none") or (form == "file" and not home_of(name).is_file()):
        return None
    if kind == "file":
        return signing(file_signer(Path(rest).expanduser() if rest else home_of(name)))
    if kind == "awskms" and rest:
        return signing(kms_signer(rest))
    if form == "sigstore":
        return keyless.signer()
    raise UsageError(f"There is no signer {form!r}.", remedy=FORMS)


def home_of(name: str) -> Path:
    """Where the private key of that name lies on this machine."""
    return environment.state_dir() / "evidence" / f"{name}.pem"


def make_key(path: Path) -> str:
    """A new private key (Ed25519) at that path, for its owner alone; its public part as PEM."""
    if path.exists():
        raise UsageError(
            "There is a key already.",
            evidence=str(path),
            remedy="remove it if it is to be replaced: what it signed is then trusted by nobody",
        )
    made = CryptoSigner.generate_ed25519()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(made.private_bytes)
    return public_pem(made)


def file_signer(path: Path) -> Signer:
    """The key in a file; Refused where others can read it, SetupError where it is none."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        if path.stat().st_mode & 0o077:
            raise Refused(f"Others can read the key {path}.", remedy=f"chmod 600 {path}")
        return CryptoSigner(load_pem_private_key(path.read_bytes(), None))
    except (OSError, ValueError, TypeError) as error:
        raise SetupError(
            f"The key {path} cannot be used.",
            evidence=str(error),
            remedy="assay evidence key makes one",
        ) from error


def kms_signer(key: str) -> Signer:
    """A key of AWS KMS by its id, ARN or alias; it never leaves there."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        uri, public = AWSSigner.import_(key)
        return Signer.from_priv_key_uri(uri, public)
    except (BotoCoreError, ClientError, UnsupportedAlgorithmError, ValueError) as error:
        raise SetupError(
            f"The key {key} of AWS KMS cannot be used.",
            evidence=str(error),
            remedy="it must be for SIGN_VERIFY; kms:GetPublicKey and kms:Sign are needed",
        ) from error


def signing(signer: Signer) -> Sign:
    """What puts a payload into an envelope that this key signs."""
    return partial(_sealed, signer)


def _sealed(signer: Signer, payload: bytes, payload_type: str) -> str:
    envelope = Envelope(payload, payload_type, {})
    envelope.sign(signer)
    return json.dumps(envelope.to_dict())


def public_pem(signer: Signer) -> str:
    """The public part of a signer's key."""
    return str(signer.public_key.keyval["public"]) if _is_pem(signer) else _as_pem(signer)


def read_public(path: Path) -> Key:
    """The public key in a PEM file; SetupError where there is none."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return SSlibKey.from_crypto(load_pem_public_key(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise SetupError(
            f"The public key {path} cannot be read.",
            evidence=str(error),
            remedy="assay evidence key --environment NAME prints it where the key is",
        ) from error


def _is_pem(signer: Signer) -> bool:
    return str(signer.public_key.keyval["public"]).startswith("-----BEGIN")


def _as_pem(signer: Signer) -> str:
    """Ed25519, which the library keeps as digits."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    raw = bytes.fromhex(signer.public_key.keyval["public"])
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
