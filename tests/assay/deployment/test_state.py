"""Where a state lies, and what is said of who locks it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from assay.deployment import environments
from assay.deployment.ladder import Deployment
from assay.deployment.state import HASH_KEY, Lock, State, is_free
from assay.errors import SetupError, UsageError

S3_LOCK = """
Error: Error acquiring the state lock

Error message: operation error S3: PutObject, https response error StatusCode: 412,
api error PreconditionFailed: At least one of the pre-conditions did not hold
Lock Info:
  ID:        ab12cd34-1111-2222-3333-444455556666
  Path:      bucket/replicator/dev/terraform.tfstate
  Operation: OperationTypeApply
  Who:       maria@desk
  Version:   1.11.4
  Created:   2026-11-27 10:00:00.123456789 +0000 UTC
  Info:
"""


@pytest.fixture
def client():
    """Clients of an account in memory."""
    with mock_aws():
        yield lambda service: boto3.client(
            service,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )


def lock_table(client, key):
    """The table of the name locks, with this key."""
    client("dynamodb").create_table(
        TableName="locks",
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.mark.parametrize(
    "text",
    [
        "local",
        "local?by=workspace",
        "s3://some-bucket",
        "s3://some-bucket?table=lock_1",
        "s3://some-bucket?by=workspace",
        "s3://some-bucket?table=lock_1&by=workspace",
    ],
)
def test_a_place_is_written_as_it_is_read(text):
    assert str(State.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "s3://", "s3://b", "s3://UPPER-CASE", "s3://bucket/key", "s3://bucket?lock=x",
             "s3://bucket?table=", 's3://bucket?table=a"b', 's3://buc"ket', "file:///x",
             "s3://bucket#x", "s3://bucket?by=key", "local?by=key", "local?table=lock",
             "local/x", "s3://bucket?by=workspace&x=1"]
)  # fmt: skip
def test_other_places_are_refused(text):
    with pytest.raises(UsageError, match="is no place for a state"):
        State.parse(text)


def test_no_two_environments_share_a_key():
    known = [environments.read(name) for name in ("local", "dev", "staging", "prod")]
    known.append(replace(known[0], project="other"))
    assert len({State("bucket").key(one) for one in known}) == len(known)


def test_an_object_is_encrypted_and_locked_and_only_an_emulator_is_believed():
    dev, local = environments.read("dev"), environments.read("local")
    text = State("bucket").backend(dev)
    assert "use_lockfile = true" in text
    assert "encrypt = true" in text
    assert "skip_credentials_validation" not in text
    assert "skip_credentials_validation = true" in State("bucket").backend(local)
    assert 'dynamodb_table = "lock"' in State("bucket", "lock").backend(dev)
    assert State().backend(dev) == ""


def test_the_holder_of_a_lock_is_named_with_its_age():
    lock = Lock.read(S3_LOCK)
    assert lock.id == "ab12cd34-1111-2222-3333-444455556666"
    now = datetime(2026, 11, 27, 10, 7, 30, tzinfo=UTC)
    assert lock.held(now) == "maria@desk, apply, for 7 min"
    assert lock.held(datetime(2026, 11, 27, 10, 0, 42, tzinfo=UTC)).endswith("for 42 s")
    assert lock.held(datetime(2026, 11, 27, 10, 1, 59, tzinfo=UTC)).endswith("for 119 s")
    assert lock.held(datetime(2026, 11, 27, 10, 2, 0, tzinfo=UTC)).endswith("for 2 min")
    assert lock.held(datetime(2026, 11, 27, 9, 59, 58, tzinfo=UTC)).endswith("for 0 s")


def test_other_errors_are_no_lock():
    assert Lock.read("Error: no such bucket\nID: 7") is None


def test_a_lock_without_its_fields_is_a_lock_still():
    lock = Lock.read("Error acquiring the state lock")
    assert (
        lock.held(datetime.now(UTC)) == "somebody unknown, an operation unknown, for a time unknown"
    )


def test_a_bucket_must_be_there_and_keep_versions(client):
    with pytest.raises(SetupError, match="aws s3 mb s3://state-of-ours"):
        State("state-of-ours").check(client)
    client("s3").create_bucket(Bucket="state-of-ours")
    with pytest.raises(SetupError, match="put-bucket-versioning") as refused:
        State("state-of-ours").check(client)
    assert refused.value.evidence == "its versioning is off"
    client("s3").put_bucket_versioning(
        Bucket="state-of-ours", VersioningConfiguration={"Status": "Enabled"}
    )
    State("state-of-ours").check(client)


def test_a_state_in_a_file_asks_nothing():
    State().check(lambda _: pytest.fail("an account was asked"))


@pytest.mark.parametrize("row", [True, False])
@pytest.mark.parametrize("file", [True, False])
def test_a_state_is_free_when_neither_the_file_nor_the_row_is_there(client, file, row):
    dev = environments.read("dev")
    key = State("state-of-ours").key(dev)
    client("s3").create_bucket(Bucket="state-of-ours")
    client("s3").put_object(Bucket="state-of-ours", Key=key, Body=b"{}")  # the state is no lock
    lock_table(client, HASH_KEY)
    if file:
        client("s3").put_object(Bucket="state-of-ours", Key=f"{key}.tflock", Body=b"{}")
    if row:
        item = {HASH_KEY: {"S": f"state-of-ours/{key}"}}
        client("dynamodb").put_item(TableName="locks", Item=item)
    assert is_free(State("state-of-ours"), dev, client) is not file
    assert is_free(State("state-of-ours", "locks"), dev, client) is not (file or row)


@pytest.mark.parametrize(("key", "why"), [(None, "create-table"), ("id", "is no lock table")])
def test_a_lock_table_must_be_there_with_its_key(client, key, why):
    client("s3").create_bucket(Bucket="state-of-ours")
    client("s3").put_bucket_versioning(
        Bucket="state-of-ours", VersioningConfiguration={"Status": "Enabled"}
    )
    if key:
        lock_table(client, key)
    with pytest.raises(SetupError, match=why):
        State("state-of-ours", "locks").check(client)


@pytest.mark.parametrize(
    ("environment", "remembered", "named", "place"),
    [
        ("dev", None, None, "s3://usual"),
        ("dev", None, "s3://named", "s3://named"),
        ("dev", "s3://there", None, "s3://there"),
        ("local", None, None, "local"),  # no state of an emulator lies in a real bucket
    ],
)
def test_a_machine_that_deployed_nothing_is_told_where_it_lies(
    tmp_path, monkeypatch, environment, remembered, named, place
):
    monkeypatch.setenv("ASSAY_STATE", "s3://usual")
    state = State.parse(named) if named else None
    where = Deployment(environments.read(environment), None, tmp_path, state=state)
    if remembered:
        where.remember(State.parse(remembered))
    assert str(where.where()) == place


def test_without_the_variable_it_is_a_file(tmp_path, monkeypatch):
    monkeypatch.delenv("ASSAY_STATE", raising=False)
    assert str(Deployment(environments.read("dev"), None, tmp_path).where()) == "local"
