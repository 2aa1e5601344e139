"""Every environment can be planned with its own file, in its own account, and keeps the rules."""

from __future__ import annotations

import copy
from dataclasses import asdict, replace

import pytest

from assay.deployment import environments, rules
from assay.deployment.terraform import TerraformFailed, changes

NAMES = ("local", "dev", "staging", "prod")
GIVEN_LATER = {"worker_ami_id", "lambda_package", "api_key_versions", "expires"}
pytestmark = pytest.mark.terraform


def test_the_configuration_is_valid(prepared):
    prepared.run("validate")


@pytest.mark.parametrize("name", NAMES)
def test_terraforms_own_tests_pass_with_a_mocked_provider(prepared, name):
    done = prepared.run(
        "test",
        f"-var-file={environments.path_of(name)}",
        *(f"-var={key}={value}" for key, value in prepared.variables.items()),
    )
    assert "0 failed" in done.stdout
    assert "5 passed" in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_python_and_terraform_read_an_environment_alike(planned, name):
    told = {key: one.get("value") for key, one in planned(name)["variables"].items()}
    assert asdict(environments.read(name)) == {
        key: value for key, value in told.items() if key not in GIVEN_LATER
    }


@pytest.mark.parametrize("name", NAMES)
def test_an_environments_plan_makes_it_whole_and_keeps_every_rule(planned, name):
    plan = planned(name)
    assert {actions for _, actions in changes(plan)} == {("create",)}
    assert len(changes(plan)) >= 40
    assert [str(one) for one in rules.check(plan, environments.read(name))] == []


@pytest.mark.parametrize("name", NAMES)
def test_another_account_is_refused_before_anything_is_made(planned, name):
    other = "999999999999"
    with pytest.raises(TerraformFailed, match=f"This is account {other}; {name} belongs to"):
        planned(name, account=other)


def test_what_the_local_environment_leaves_out_is_what_the_docs_say(planned):
    kinds = {name: {one["type"] for one in rules.planned(planned(name))} for name in NAMES}
    assert kinds["local"] == kinds["dev"] == kinds["staging"] == kinds["prod"]


def resource(plan, kind):
    """The first resource of a kind in what is planned."""
    return next(one for one in rules.planned(plan) if one["type"] == kind)["values"]


def statement(plan):
    """The first statement of a policy."""
    return resource(plan, "aws_iam_policy_document")["statement"][0]


# A change of the plan, and the rule that sees it.
DAMAGE = [
    (lambda p: resource(p, "aws_sqs_queue").update(name="jobs"), "names-begin-with-the-prefix"),
    (lambda p: resource(p, "aws_dynamodb_table").update(server_side_encryption=[]),
     "tables-are-encrypted-and-recoverable"),
    (lambda p: resource(p, "aws_dynamodb_table").update(point_in_time_recovery=[]),
     "tables-are-encrypted-and-recoverable"),
    (lambda p: resource(p, "aws_dynamodb_table").update(deletion_protection_enabled=False),
     "tables-are-encrypted-and-recoverable"),
    (lambda p: resource(p, "aws_sqs_queue").update(sqs_managed_sse_enabled=False),
     "queues-are-encrypted-and-end-in-a-dead-letter-queue"),
    (lambda p: [one["values"].update(redrive_policy="", redrive_allow_policy="")
                for one in rules.planned(p) if one["type"] == "aws_sqs_queue"],
     "queues-are-encrypted-and-end-in-a-dead-letter-queue"),
    (lambda p: resource(p, "aws_kms_key").update(enable_key_rotation=False), "keys-rotate"),
    (lambda p: [one["values"].update(type="String") for one in rules.planned(p)
                if one["type"] == "aws_ssm_parameter"], "secrets-are-secure-strings"),
    (lambda p: resource(p, "aws_cloudwatch_log_group").update(retention_in_days=0),
     "logs-are-kept-for-a-time"),
    (lambda p: resource(p, "aws_security_group").update(ingress=[{"from_port": 22}]),
     "workers-have-no-way-in"),
    (lambda p: resource(p, "aws_launch_template")["metadata_options"][0].update(
        http_tokens="optional"), "workers-have-no-way-in"),
    (lambda p: resource(p, "aws_launch_template")["metadata_options"][0].update(
        http_put_response_hop_limit=2), "workers-have-no-way-in"),
    (lambda p: resource(p, "aws_launch_template").update(
        instance_initiated_shutdown_behavior="stop"), "workers-have-no-way-in"),
    (lambda p: resource(p, "aws_launch_template").update(user_data="eA=="),
     "workers-have-no-way-in"),
    (lambda p: resource(p, "aws_launch_template")["block_device_mappings"][0]["ebs"][0].update(
        encrypted="false"), "workers-have-no-way-in"),
    (lambda p: statement(p).update(actions=["dynamodb:*"]), "policies-grant-no-wildcard-action"),
    (lambda p: statement(p).update(actions=["kms:Decrypt"], resources=["*"]),
     "policies-grant-no-wildcard-action"),
    (lambda p: resource(p, "aws_lambda_permission").update(principal="s3.amazonaws.com"),
     "callers-of-functions-are-named"),
    (lambda p: resource(p, "aws_lambda_permission").update(source_arn=""),
     "callers-of-functions-are-named"),
    (lambda p: resource(p, "aws_dynamodb_table").update(tags_all={}), "everything-is-tagged"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "rule"), DAMAGE, ids=[f"{n}-{rule}" for n, (_, rule) in enumerate(DAMAGE)]
)
def test_a_plan_that_breaks_a_rule_is_seen(planned, damage, rule):
    plan = copy.deepcopy(planned("prod"))
    damage(plan)
    assert {one.rule for one in rules.check(plan, environments.read("prod"))} == {rule}


def test_every_rule_has_a_plan_that_breaks_it():
    names = {rule.__name__.replace("_", "-") for rule in rules.RULES}
    assert names == {rule for _, rule in DAMAGE}


def change(plan, kind, actions):
    """Let the plan do something else with the first resource of a kind; its address."""
    one = next(c for c in plan["resource_changes"] if c["type"] == kind)
    one["change"]["actions"] = actions
    return one["address"]


@pytest.mark.parametrize(
    "kind", ["aws_dynamodb_table", "aws_kms_key", "aws_sqs_queue", "aws_ssm_parameter",
             "aws_cloudwatch_log_group"]
)  # fmt: skip
@pytest.mark.parametrize(
    ("actions", "what"), [(["delete"], "destroyed"), (["delete", "create"], "replaced")]
)
def test_what_holds_data_is_neither_destroyed_nor_replaced(planned, kind, actions, what):
    plan = copy.deepcopy(planned("prod"))
    address = change(plan, kind, actions)
    (found,) = rules.check(plan, environments.read("prod"))
    assert (found.address, found.why) == (address, f"would be {what}")


def test_what_was_interrupted_while_it_was_made_is_told_apart(planned):
    plan = copy.deepcopy(planned("prod"))
    address = change(plan, "aws_sqs_queue", ["delete", "create"])
    (found,) = rules.check(plan, environments.read("prod"))
    assert "untaint" not in found.why
    one = next(c for c in plan["resource_changes"] if c["address"] == address)
    one["action_reason"] = "replace_because_tainted"
    (found,) = rules.check(plan, environments.read("prod"))
    assert "terraform untaint" in found.why


@pytest.mark.parametrize(("protected", "seen"), [(True, 1), (False, 0)])
def test_it_may_go_by_name_where_it_is_not_protected(planned, protected, seen):
    plan = copy.deepcopy(planned("prod"))
    address = change(plan, "aws_dynamodb_table", ["delete", "create"])
    resource(plan, "aws_dynamodb_table").update(deletion_protection_enabled=protected)
    environment = replace(environments.read("prod"), protected=protected)
    assert len(rules.check(plan, environment, allowed=[address])) == seen
    assert rules.check(plan, environment, allowed=["aws_kms_key.jobs"])


def test_what_belongs_to_another_environment_is_left_alone(planned):
    plan = copy.deepcopy(planned("prod"))
    address = change(plan, "aws_lambda_function", ["update"])
    touched = next(c for c in plan["resource_changes"] if c["address"] == address)
    touched["change"]["before"] = {"function_name": "replicator-prod2-coordinator"}
    (found,) = rules.check(plan, environments.read("prod"))
    assert (found.rule, found.address) == ("others-are-left-alone", address)


def test_the_state_of_another_environment_is_refused(planned):
    plan = copy.deepcopy(planned("prod"))
    plan["prior_state"] = {"values": {"outputs": {"prefix": {"value": "replicator-staging"}}}}
    (found,) = rules.check(plan, environments.read("prod"))
    assert found.rule == "a-state-belongs-to-one-environment"
