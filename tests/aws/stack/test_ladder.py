"""The ladder on an applied stack: climbed again, its state elsewhere, locked, half killed."""

from __future__ import annotations

import json
import os
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from assay import environment
from assay.clock import wait_until
from assay.deployment import ladder, moves, orphans, separation
from assay.deployment.state import State
from assay.deployment.terraform import StateLocked, TerraformFailed, program
from assay.errors import Refused
from assay.process import start

TABLE = "terraform-state-lock"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]})  # fmt: skip


@pytest.fixture
def deployment(deployments, stack):
    """What was deployed as `stack`."""
    return deployments["open"]


@pytest.fixture
def bucket(stack):
    """A versioned bucket for states, and the guide's lock table beside it."""
    name, s3, dynamodb = f"states-{uuid.uuid4()}", *map(stack.cloud.client, ("s3", "dynamodb"))
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if TABLE not in dynamodb.list_tables()["TableNames"]:
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    return name


@pytest.fixture
def in_s3(deployment, bucket):
    """Brings the state there for a test, and back."""
    moved = []

    def move(table=""):
        moved.append(moves.migrate(deployment, State(bucket, table)))
        return State(bucket, table)

    yield move
    if moved:
        assert moves.migrate(deployment, State()) == moved[0]


def locked(stack, deployment, state):
    """Whether somebody holds the state now."""
    key = state.key(deployment.environment) + ".tflock"
    listed = stack.cloud.client("s3").list_objects_v2(Bucket=state.bucket).get("Contents", ())
    return key in [one["Key"] for one in listed]


def test_climbing_again_changes_nothing_and_makes_nothing(deployment):
    results = ladder.climb(deployment)
    reused = [name for name, result in results.items() if result.reused]
    assert reused == ["release_binary", "worker_image", "lambda_package"]
    assert results["plan"].made["changes"] == []
    assert results["applied"].made["changed"] == 0
    assert results["endpoint"].made["endpoint"].startswith("http://127.0.0.1:")


def test_what_was_changed_by_hand_is_planned_for(stack, deployment):
    group = stack.outputs["worker_log_group"]
    stack.cloud.client("logs").put_retention_policy(logGroupName=group, retentionInDays=3)
    planned = ladder.climb(deployment, until="plan")["plan"].made["changes"]
    assert planned == [["aws_cloudwatch_log_group.worker", ["update"]]]
    assert ladder.climb(deployment)["applied"].made["changed"] == 1


def test_a_workspace_in_s3_is_its_environments(deployment, bucket, stack, tmp_path):
    state = State(bucket, workspaces=True)
    where = replace(deployment, home=tmp_path, state=state)
    made = where.initialised(state, image="ami-1")
    assert made.workspace == "local"
    separation.demand(made, where.environment, state)
    listed = stack.cloud.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert [one["Key"] for one in listed] == [state.key(where.environment)]
    made.choose("other")
    with pytest.raises(Refused, match="is not that of replicator-local"):
        separation.demand(made, where.environment, state)


def test_a_state_goes_to_s3_and_back_with_every_resource(deployment, in_s3, stack):
    before, given = sorted(deployment.terraform().resources()), deployment.terraform().variables
    state = in_s3()
    assert deployment.terraform().variables == given
    there = stack.cloud.client("s3").list_objects_v2(Bucket=state.bucket)["Contents"]
    assert [one["Key"] for one in there] == ["replicator/local/terraform.tfstate"]
    assert sorted(deployment.terraform().resources()) == before
    assert ladder.climb(deployment, until="plan")["plan"].made["changes"] == []


def test_a_migration_that_fails_leaves_the_state_where_it_is(stack, deployment, bucket):
    to = State(bucket)
    held = {"ID": str(uuid.uuid4()), "Operation": "OperationTypeApply", "Who": "maria@desk",
            "Created": "2026-11-27T10:00:00Z"}  # fmt: skip
    key = f"{to.key(deployment.environment)}.tflock"
    stack.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(held).encode())
    with pytest.raises(StateLocked, match="maria@desk"):
        moves.migrate(deployment, to)
    assert deployment.where() == State()
    assert stack.terraform.resources()
    assert ladder.climb(deployment, until="plan")["plan"].made["changes"] == []


def test_the_second_of_two_is_told_who_holds_the_state(stack, deployment, in_s3, tmp_path):
    state = in_s3()
    other = replace(deployment, home=tmp_path / "other", state=state)
    ladder.climb(other, until="lambda_package")
    with ThreadPoolExecutor(1) as first:
        working = first.submit(ladder.climb, deployment, until="plan")
        wait_until(lambda: locked(stack, deployment, state), what="the first", timeout=60)
        with pytest.raises(StateLocked) as refused:
            ladder.climb(other, until="plan")
        assert working.result()["plan"].made["changes"] == []
    assert "@" in refused.value.lock.who
    assert refused.value.what.startswith("The state is locked by ")
    assert f"assay state unlock --environment NAME {refused.value.lock.id}" in refused.value.remedy
    assert ladder.climb(other, until="plan")["plan"].made["changes"] == []


def test_the_lock_of_a_killed_terraform_is_seen_and_taken_away(stack, deployment, in_s3):
    state = in_s3(TABLE)
    terraform = deployment.terraform()
    env = {**environment.inherited("HOME"), **terraform.credentials, "TF_INPUT": "0",
           "TF_CLI_CONFIG_FILE": str(terraform.folder / "terraform.rc")}  # fmt: skip
    given = [f"-var={name}={value}" for name, value in terraform.variables.items()]
    running = start([program(), "plan", f"-var-file={terraform.var_file}", *given], env=env,
                    cwd=terraform.folder)  # fmt: skip
    wait_until(lambda: locked(stack, deployment, state) or not running.alive(),
               what="its lock", timeout=60)  # fmt: skip
    assert running.alive(), running.finish(timed_out=False).output
    os.killpg(running.pid, signal.SIGKILL)
    running.stop(grace=0)
    with pytest.raises(StateLocked) as refused:
        ladder.climb(deployment, until="plan")
    assert "plan, for" in refused.value.what
    moves.unlock(deployment, refused.value.lock.id)
    assert ladder.climb(deployment, until="plan")["plan"].made["changes"] == []


def test_a_lock_of_which_half_is_left_is_taken_away_by_its_id(stack, deployment, in_s3):
    state, table = in_s3(TABLE), stack.cloud.client("dynamodb")
    info = {"ID": str(uuid.uuid4()), "Operation": "OperationTypeApply", "Who": "maria@desk",
            "Created": "2026-11-27T10:00:00Z", "Path": "x"}  # fmt: skip
    key = f"{state.bucket}/{state.key(deployment.environment)}"
    table.put_item(TableName=TABLE, Item={"LockID": {"S": key}, "Info": {"S": json.dumps(info)}})
    with pytest.raises(StateLocked, match="maria@desk, apply"):
        ladder.climb(deployment, until="plan")
    with pytest.raises(TerraformFailed):
        moves.unlock(deployment, str(uuid.uuid4()))
    moves.unlock(deployment, info["ID"])
    assert ladder.climb(deployment, until="plan")["plan"].made["changes"] == []


def test_what_stands_in_no_state_is_found_and_removed_and_nothing_else(stack, deployment):
    assert ladder.orphans_of(deployment) == []
    client, iam = stack.cloud.client("sqs"), stack.cloud.client("iam")
    name = f"{deployment.environment.prefix}-stray"
    client.create_queue(QueueName=name)
    client.create_queue(QueueName=f"{deployment.environment.prefix}x-other")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=POLICY)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=POLICY)
    prefix = deployment.environment.prefix  # the name of one that is in the state as well
    twin = stack.cloud.client("apigatewayv2").create_api(Name=f"{prefix}-api", ProtocolType="HTTP")
    tags = [{"TagKey": f"assay:{key}", "TagValue": getattr(deployment.environment, key)}
            for key in ("project", "environment")]  # fmt: skip
    key = stack.cloud.client("kms").create_key(Tags=tags)["KeyMetadata"]["KeyId"]
    found = ladder.orphans_of(deployment)
    assert [str(one) for one in found] == [
        f"API {prefix}-api", f"queue {name}", f"role {name}", f"key {prefix}-{key}",
    ]  # fmt: skip
    assert found[0].key == twin["ApiId"]
    orphans.remove(deployment.account, deployment.environment, found, progress=str)
    assert ladder.orphans_of(deployment) == []
    assert ladder.climb(deployment, until="plan")["plan"].made["changes"] == []
