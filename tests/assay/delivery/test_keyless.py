"""What an identity has signed: a public bundle with its trust root, verified without network."""

from __future__ import annotations

import base64
import json
import logging
import socket
from pathlib import Path

import pytest

from assay.delivery import keyless, signers
from assay.delivery.opened import Unreadable
from assay.delivery.policy import parse_policy
from assay.delivery.refusals import Kind
from assay.delivery.statements import PAYLOAD_TYPE
from assay.delivery.trust import Trust
from assay.errors import SetupError

STORED = Path(__file__).parent / "sigstore"
IDENTITY = (
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/"
    "workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main"
)
ISSUER = "https://token.actions.githubusercontent.com"


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Whoever looks for a network fails."""

    def none(*_, **__):
        raise AssertionError("a network was asked for")

    monkeypatch.setattr(socket.socket, "connect", none)
    monkeypatch.setattr(socket, "getaddrinfo", none)


@pytest.fixture
def document():
    return json.loads((STORED / "dsse.sigstore.json").read_text())


def opened(document, *, root="trusted_root.json", identity=IDENTITY, issuer=ISSUER):
    return keyless.open_keyless(
        document, PAYLOAD_TYPE, root=STORED / root, identity=identity, issuer=issuer
    )


def test_a_public_bundle_holds(document):
    found = opened(document)
    assert found.signer == IDENTITY
    assert json.loads(found.payload)["predicateType"] == "https://slsa.dev/provenance/v1"


def changed_payload(document):
    payload = base64.b64decode(document["dsseEnvelope"]["payload"]).replace(b"a.txt", b"b.txt")
    document["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()


def changed_signature(document):
    signature = document["dsseEnvelope"]["signatures"][0]
    raw = bytearray(base64.b64decode(signature["sig"]))
    raw[-1] ^= 1
    signature["sig"] = base64.b64encode(raw).decode()


def no_log(document):
    document["verificationMaterial"]["tlogEntries"] = []


def no_time(document):
    del document["verificationMaterial"]["timestampVerificationData"]


@pytest.mark.parametrize("spoil", [changed_payload, changed_signature, no_log, no_time])
def test_a_changed_bundle_does_not_hold(document, spoil):
    spoil(document)
    with pytest.raises(Unreadable) as refused:
        opened(document)
    assert refused.value.kind is Kind.ALTERED


def test_a_bundle_of_another_trust_root_does_not_hold(document):
    with pytest.raises(Unreadable) as refused:
        opened(document, root="other_root.json")
    assert refused.value.kind is Kind.ALTERED


@pytest.mark.parametrize(
    "other", [{"identity": IDENTITY + "x"}, {"issuer": "https://accounts.example.com"}], ids=str
)
def test_another_identity_is_foreign(document, other):
    with pytest.raises(Unreadable) as refused:
        opened(document, **other)
    assert refused.value.kind is Kind.FOREIGN


def test_a_policy_names_an_identity_and_its_trust_root(tmp_path, document):
    path = tmp_path / "prod.toml"
    (tmp_path / "root.json").write_bytes((STORED / "trusted_root.json").read_bytes())
    path.write_text(
        f'[[trust]]\nname = "main"\nidentity = "{IDENTITY}"\nissuer = "{ISSUER}"\n'
        'trust_root = "root.json"\nenvironments = [""]\nsuites = ["conformance"]\n'
    )
    trust = Trust.of(parse_policy(path), tmp_path)
    assert trust.of_ledger(document, PAYLOAD_TYPE).signer == IDENTITY
    line = json.dumps(document)
    with pytest.raises(Unreadable, match=f"it is a {'https://slsa.dev/provenance/v1'}"):
        trust.bundle(f"{line}\n{line}\n")  # the signature holds, but it is none of our statements


def test_where_no_identity_is_trusted_it_is_foreign(tmp_path, document):
    with pytest.raises(Unreadable) as refused:
        Trust(tmp_path).of_ledger(document, PAYLOAD_TYPE)
    assert refused.value.kind is Kind.FOREIGN


def test_without_its_service_signing_was_not_run(monkeypatch, caplog):
    caplog.set_level(logging.ERROR)
    for name in ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_ACTIONS",
                 "BUILDKITE", "GITLAB_CI", "CIRCLECI"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("id.detect_gcp", lambda _: None, raising=False)
    monkeypatch.setenv(signers.VARIABLE, "sigstore")
    with pytest.raises(SetupError, match="Signing with Sigstore was NOT RUN"):
        signers.chosen("file", "prod")
