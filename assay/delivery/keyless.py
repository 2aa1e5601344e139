"""Sigstore: a workflow's identity signs, and is verified without network by a stored trust root."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from assay.delivery.opened import Opened, Sign, Unreadable
from assay.delivery.refusals import Kind
from assay.errors import SetupError

MEDIA_TYPE = "application/vnd.dev.sigstore.bundle"


def is_bundle(document: dict[str, Any]) -> bool:
    """Whether a line is a bundle of Sigstore."""
    return str(document.get("mediaType", "")).startswith(MEDIA_TYPE)


def signer() -> Sign:
    """What signs by the identity that the surroundings give; SetupError: it was NOT RUN."""
    _demand_library()
    from sigstore.oidc import IdentityError, detect_credential

    try:
        token = detect_credential()
    except IdentityError as error:
        raise _not_run(str(error)) from error
    if token is None:
        raise _not_run("no identity is offered here")
    return partial(_sealed, token)


def _not_run(evidence: str) -> SetupError:
    return SetupError(
        "Signing with Sigstore was NOT RUN.",
        evidence=evidence,
        remedy="in GitHub give the job `id-token: write`; elsewhere sign with a key: file, awskms",
    )


def _sealed(token: str, payload: bytes, _payload_type: str) -> str:
    from sigstore.dsse import Statement
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken
    from sigstore.sign import SigningContext

    context = SigningContext.from_trust_config(ClientTrustConfig.production())
    with context.signer(IdentityToken(token)) as identity:
        signed: str = identity.sign_dsse(Statement(payload)).to_json()
    return json.dumps(json.loads(signed))  # on one line


def open_keyless(
    document: dict[str, Any], payload_type: str, *, root: Path, identity: str, issuer: str
) -> Opened:
    """The payload that this identity signed, by a stored trust root and without any network.

    Unreadable: altered where the bundle does not hold, foreign where another identity signed it.
    """
    _demand_library()
    from sigstore.errors import Error
    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier
    from sigstore.verify.policy import Identity

    try:
        verifier = Verifier(trusted_root=TrustedRoot.from_file(str(root)))
    except (OSError, ValueError, Error) as error:
        raise SetupError(
            f"The trust root {root} cannot be read.",
            evidence=str(error),
            remedy="store Sigstore's trusted_root.json there",
        ) from error
    wanted = Identity(identity=identity, issuer=issuer)
    try:
        bundle = Bundle.from_json(json.dumps(document))
    except (ValueError, Error) as error:
        raise Unreadable(Kind.ALTERED, f"it is no bundle of Sigstore: {error}") from error
    try:
        wanted.verify(bundle.signing_certificate)
    except Error as error:
        raise Unreadable(Kind.FOREIGN, f"another identity has signed it: {error}") from error
    try:
        kind, payload = verifier.verify_dsse(bundle, wanted)
    except (ValueError, Error) as error:
        raise Unreadable(Kind.ALTERED, f"Sigstore's bundle does not hold: {error}") from error
    if kind != payload_type:
        raise Unreadable(Kind.ALTERED, f"it holds {kind}, not {payload_type}")
    return Opened(payload, identity)


def _demand_library() -> None:
    from importlib.util import find_spec

    if find_spec("sigstore") is None:
        raise SetupError(
            "Sigstore's library is not installed: what it signed was NOT verified.",
            remedy="pip install 'replicator-assay[sigstore]'",
        )
