"""The project's own rules for a plan: what must hold of every environment before it is applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.deployment.environments import Environment

Plan = Mapping[str, Any]
Resource = Mapping[str, Any]
_DOCUMENT = "aws_iam_policy_document"
STATEFUL = frozenset({"aws_dynamodb_table", "aws_kms_key", "aws_sqs_queue", "aws_ssm_parameter",
                      "aws_cloudwatch_log_group"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a resource of the plan does not keep."""

    rule: str
    address: str
    why: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.address} {self.why}"


def check(plan: Plan, environment: Environment, *, allowed: Sequence[str] = ()) -> list[Broken]:
    """Every rule on every resource that will be there after the plan, and on what it would change.

    `allowed` are addresses that hold data and may be removed or replaced all the same, where the
    environment is not protected.
    """
    resources = list(planned(plan))
    found = [Broken(rule.__name__.replace("_", "-"), *broken)
             for rule in RULES for broken in rule(resources, environment)]  # fmt: skip
    return found + list(_changes(plan, environment, allowed))


def planned(plan: Plan) -> Iterator[Resource]:
    """The managed resources that will be there, as Terraform knows them before it applies.

    And the documents of policies, which are all that is known of a policy by then.
    """
    yield from _of(plan["planned_values"]["root_module"])
    for one in plan.get("resource_changes", ()):
        if one["type"] == _DOCUMENT:
            yield {**one, "values": one["change"]["after"]}


def _of(module: Mapping[str, Any]) -> Iterator[Resource]:
    yield from (one for one in module.get("resources", ()) if one["mode"] == "managed")
    for child in module.get("child_modules", ()):
        yield from _of(child)


Rule = Callable[[list[Resource], Environment], Iterator[tuple[str, str]]]


def names_begin_with_the_prefix(
    resources: list[Resource], environment: Environment
) -> Iterator[tuple[str, str]]:
    """Two environments in one account never meet."""
    for one in resources:
        name = _foreign(one["type"], one["values"], environment)
        if name:
            yield one["address"], f"is named {name}, not {environment.prefix}..."


def _foreign(kind: str, values: Mapping[str, Any], environment: Environment) -> str:
    """The name of a resource that is not of this environment; empty when it is."""
    name = values.get("function_name") if "lambda_function" in kind else None
    name = name or (values.get("name") if kind not in _UNNAMED else None)
    plain = str(name or environment.prefix).removeprefix("alias").lstrip("/")
    plain = plain.removeprefix("aws/lambda/")
    ours = environment.prefix
    return "" if plain == ours or plain.startswith((f"{ours}-", f"{ours}/")) else str(name)


_UNNAMED = frozenset({"aws_lambda_alias", "aws_apigatewayv2_stage", "aws_iam_role_policy",
                      "aws_cloudwatch_event_target"})  # fmt: skip


def tables_are_encrypted_and_recoverable(
    resources: list[Resource], environment: Environment
) -> Iterator[tuple[str, str]]:
    """Records hold sealed URLs: the table is encrypted and can be put back."""
    for one in _only(resources, "aws_dynamodb_table"):
        values = one["values"]
        if not _first(values.get("server_side_encryption")).get("enabled"):
            yield one["address"], "is not encrypted with a key of ours"
        if not _first(values.get("point_in_time_recovery")).get("enabled"):
            yield one["address"], "has no point in time recovery"
        if bool(values.get("deletion_protection_enabled")) != environment.protected:
            yield one["address"], f"has deletion protection other than {environment.protected}"


def queues_are_encrypted_and_end_in_a_dead_letter_queue(
    resources: list[Resource], _: Environment
) -> Iterator[tuple[str, str]]:
    """A message that nobody can handle ends where it is seen."""
    for one in _only(resources, "aws_sqs_queue"):
        values = one["values"]
        if not values.get("sqs_managed_sse_enabled") and not values.get("kms_master_key_id"):
            yield one["address"], "is not encrypted"
        unknown = "redrive_policy" not in values  # known after apply: it is set
        if not values.get("redrive_allow_policy") and not unknown and not values["redrive_policy"]:
            yield one["address"], "has no dead-letter queue and is none"


def keys_rotate(resources: list[Resource], _: Environment) -> Iterator[tuple[str, str]]:
    """Keys are rotated."""
    for one in _only(resources, "aws_kms_key"):
        if not one["values"].get("enable_key_rotation"):
            yield one["address"], "does not rotate"


def secrets_are_secure_strings(
    resources: list[Resource], _: Environment
) -> Iterator[tuple[str, str]]:
    """The API keys are encrypted where they lie."""
    for one in _only(resources, "aws_ssm_parameter"):
        if "key" in one["values"]["name"] and one["values"]["type"] != "SecureString":
            yield one["address"], f"is a {one['values']['type']}"


def logs_are_kept_for_a_time(
    resources: list[Resource], environment: Environment
) -> Iterator[tuple[str, str]]:
    """Not for ever, not too short."""
    for one in _only(resources, "aws_cloudwatch_log_group"):
        days = one["values"].get("retention_in_days")
        if days != environment.log_retention_days:
            yield one["address"], f"keeps logs for {days} days"


def workers_have_no_way_in(resources: list[Resource], _: Environment) -> Iterator[tuple[str, str]]:
    """No ingress, metadata version 2, an encrypted disk, gone when shut down."""
    for one in _only(resources, "aws_security_group"):
        if one["values"].get("ingress"):
            yield one["address"], "lets calls in"
    for one in _only(resources, "aws_launch_template"):
        values = one["values"]
        metadata = _first(values.get("metadata_options"))
        if metadata.get("http_tokens") != "required":
            yield one["address"], "allows metadata version 1"
        if metadata.get("http_put_response_hop_limit") != 1:
            yield one["address"], "lets metadata travel on"
        if values.get("instance_initiated_shutdown_behavior") != "terminate":
            yield one["address"], "stays when its worker ends"
        if values.get("user_data"):
            yield one["address"], "has user data of its own"
        for device in values.get("block_device_mappings") or ():
            if str(_first(device.get("ebs")).get("encrypted")).lower() != "true":
                yield one["address"], "has a disk that is not encrypted"


def policies_grant_no_wildcard_action(
    resources: list[Resource], _: Environment
) -> Iterator[tuple[str, str]]:
    """Roles name what they may do; only calls that know no resource are allowed on all."""
    for one in _only(resources, _DOCUMENT):
        for statement in one["values"].get("statement") or ():
            actions = statement.get("actions") or []
            if any("*" in action for action in actions):
                yield one["address"], f"allows {', '.join(actions)}"
            if (statement.get("resources") or []) == ["*"] and not set(actions) <= _ON_ALL:
                yield one["address"], f"allows {', '.join(actions)} on everything"


# Calls that AWS judges by no resource.
_ON_ALL = frozenset({"ec2:DescribeInstances", "xray:PutTraceSegments",
                     "xray:PutTelemetryRecords"})  # fmt: skip


def callers_of_functions_are_named(
    resources: list[Resource], environment: Environment
) -> Iterator[tuple[str, str]]:
    """The emulator needs no permission to invoke; AWS does: gateway and schedule, by their ARN."""
    permissions = list(_only(resources, "aws_lambda_permission"))
    principals = {one["values"].get("principal") for one in permissions}
    for needed in ("apigateway.amazonaws.com", "events.amazonaws.com"):
        if needed not in principals:
            yield "aws_lambda_permission", f"is missing for {needed}"
    for one in permissions:
        if "source_arn" in one["values"] and not one["values"]["source_arn"]:
            yield one["address"], "lets any account's API or schedule call"


def everything_is_tagged(
    resources: list[Resource], environment: Environment
) -> Iterator[tuple[str, str]]:
    """Owner and environment stand on whatever can have a tag."""
    for one in resources:
        tags = one["values"].get("tags_all")
        if "tags_all" in one["values"] and (tags or {}).get("assay:owner") != environment.owner:
            yield one["address"], "has no owner"


RULES: tuple[Rule, ...] = (
    names_begin_with_the_prefix,
    tables_are_encrypted_and_recoverable,
    queues_are_encrypted_and_end_in_a_dead_letter_queue,
    keys_rotate,
    secrets_are_secure_strings,
    logs_are_kept_for_a_time,
    workers_have_no_way_in,
    policies_grant_no_wildcard_action,
    callers_of_functions_are_named,
    everything_is_tagged,
)


_TAINTED = " (its creation was interrupted: allow it, or keep it by terraform untaint)"


def _changes(plan: Plan, environment: Environment, allowed: Sequence[str]) -> Iterator[Broken]:
    """What a plan must not do: touch another environment, or remove what holds data."""
    there = plan.get("prior_state", {}).get("values", {}).get("outputs", {})
    prefix = there.get("prefix", {}).get("value", environment.prefix)
    if prefix != environment.prefix:
        yield Broken("a-state-belongs-to-one-environment", "output.prefix",
                     f"is {prefix} in this state, not {environment.prefix}")  # fmt: skip
    for one in plan.get("resource_changes", ()):
        before, actions = one["change"].get("before") or {}, one["change"]["actions"]
        name = _foreign(one["type"], before, environment) if actions != ["no-op"] else ""
        if name:
            yield Broken(
                "others-are-left-alone", one["address"], f"is named {name} and would change"
            )
        spared = one["address"] in allowed and not environment.protected
        if "delete" in actions and one["type"] in STATEFUL and not spared:
            what = "replaced" if "create" in actions else "destroyed"
            tainted = one.get("action_reason") == "replace_because_tainted"
            why = f"would be {what}{_TAINTED if tainted else ''}"
            yield Broken("what-holds-data-stays", one["address"], why)


def _only(resources: list[Resource], kind: str) -> Iterator[Resource]:
    return (one for one in resources if one["type"] == kind)


def _first(blocks: Any) -> Mapping[str, Any]:
    return blocks[0] if blocks else {}
