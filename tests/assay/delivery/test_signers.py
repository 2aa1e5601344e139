"""Keys in files, keys of AWS KMS, and who is believed."""

from __future__ import annotations

import json

import boto3
import moto
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from assay import environment
from assay.delivery import signers
from assay.delivery.envelope import open_with_keys
from assay.delivery.opened import Unreadable
from assay.delivery.refusals import Kind
from assay.errors import Refused, SetupError, UsageError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A machine without keys."""
    monkeypatch.delenv(signers.VARIABLE, raising=False)
    monkeypatch.setattr(environment, "state_dir", lambda: tmp_path / "state")
    return tmp_path


def opened(line, public, folder):
    (folder / "public.pem").write_text(public)
    return open_with_keys(json.loads(line), "text", [signers.read_public(folder / "public.pem")])


def test_without_a_key_nothing_is_signed(home):
    assert signers.chosen("file", "dev") is None
    assert signers.chosen("none", "dev") is None


def test_a_key_that_was_made_signs(home):
    public = signers.make_key(signers.home_of("dev"))
    assert signers.home_of("dev").stat().st_mode & 0o777 == 0o600
    line = signers.chosen("file", "dev")(b"said", "text")
    assert opened(line, public, home).payload == b"said"
    other = signers.make_key(home / "other")
    with pytest.raises(Unreadable) as refused:
        opened(line, other, home)
    assert refused.value.kind is Kind.FOREIGN


def test_a_key_is_not_replaced(home):
    signers.make_key(home / "key")
    with pytest.raises(UsageError, match="There is a key already"):
        signers.make_key(home / "key")


def test_a_key_that_others_can_read_is_refused(home):
    signers.make_key(home / "key")
    (home / "key").chmod(0o640)
    with pytest.raises(Refused, match="Others can read the key"):
        signers.chosen(f"file:{home / 'key'}", "dev")


def test_what_is_no_key_is_told(home):
    (home / "key").write_text("nothing")
    (home / "key").chmod(0o600)
    with pytest.raises(SetupError, match="cannot be used"):
        signers.chosen(f"file:{home / 'key'}", "dev")
    with pytest.raises(SetupError, match="cannot be used"):
        signers.chosen(f"file:{home / 'none'}", "dev")
    with pytest.raises(SetupError, match="cannot be read"):
        signers.read_public(home / "key")


def test_the_variable_goes_before_the_policy(home, monkeypatch):
    signers.make_key(home / "key")
    monkeypatch.setenv(signers.VARIABLE, f"file:{home / 'key'}")
    assert signers.chosen("none", "dev") is not None


def test_an_unknown_signer_is_wrong_use(home):
    with pytest.raises(UsageError, match="There is no signer 'gpg'"):
        signers.chosen("gpg", "dev")


def signed_as_it_is(key, digest, _algorithm):
    """KMS's MessageType DIGEST, which moto takes for the message."""
    return key.private_key.sign(digest, ec.ECDSA(Prehashed(SHA256())))


def test_a_key_of_kms_signs_and_never_leaves_there(home, monkeypatch):
    monkeypatch.setattr("moto.kms.utils.ECDSAPrivateKey.sign", signed_as_it_is)
    for name, value in (("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "x"),
                        ("AWS_SECRET_ACCESS_KEY", "x")):  # fmt: skip
        monkeypatch.setenv(name, value)
    with moto.mock_aws():
        client = boto3.client("kms")
        key = client.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"][
            "KeyId"
        ]
        line = signers.chosen(f"awskms:{key}", "prod")(b"said", "text")
        public = signers.public_pem(signers.kms_signer(key))
        with pytest.raises(SetupError, match="of AWS KMS cannot be used"):
            signers.chosen("awskms:alias/none", "prod")
    assert opened(line, public, home).payload == b"said"
    with pytest.raises(Unreadable) as refused:
        opened(line.replace(json.loads(line)["payload"], "c2FpZQ=="), public, home)
    assert refused.value.kind is Kind.ALTERED
