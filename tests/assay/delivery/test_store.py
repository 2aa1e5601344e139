"""Records are made once, in a folder and in a bucket."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from assay.delivery.ledger import Ledger
from assay.delivery.store import Bucket, Folder
from assay.errors import UsageError


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path):
    if request.param == "folder":
        yield Folder(tmp_path / "records")
        return
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x",
                              aws_secret_access_key="x")  # fmt: skip
        client.create_bucket(Bucket="states")
        yield Bucket(client, "states", "replicator/prod/evidence/")


def test_a_record_is_made_once(store):
    assert store.all_of("used") == {}
    assert store.put("used/a-b.json", "first")
    assert not store.put("used/a-b.json", "second")
    assert store.put("revoked/a.json", "other")
    assert store.all_of("used") == {"a-b.json": "first"}


def test_a_ledger_reads_what_another_has_written(store):
    assert Ledger("prod", store).revoke("a" * 64, "lost")
    assert not Ledger("prod", store).revoke("a" * 64, "lost again")
    known = Ledger("prod", store).known()
    assert known.revoked == ("a" * 64,)
    assert "1 revoked, 0 used" in known.told


@pytest.mark.parametrize("digest", ["", "a" * 63, "A" * 64, "../" + "a" * 61, "prod"])
def test_what_is_no_digest_is_not_revoked(store, digest):
    with pytest.raises(UsageError, match="is no digest"):
        Ledger("prod", store).revoke(digest, "why")
