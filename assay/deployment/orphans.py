"""What carries an environment's name and stands in no state: left by a run that was killed.

Found by name, since not everything on AWS can be found by its tags; keys, which have no name, by
their tags. Each kind knows how it is listed and how it is removed, in an order in which nothing
stands in another's way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from assay.deployment.accounts import Account
from assay.deployment.environments import Environment
from assay.deployment.steps import Progress, StepError
from assay.deployment.terraform import Managed
from assay.errors import Refused

WAIT_DAYS = 7  # before AWS deletes a key, its minimum
Client = Any


@dataclass(frozen=True, slots=True)
class Orphan:
    """One thing: its kind, the name that it carries, what the API calls it by."""

    kind: str
    name: str
    key: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Kind:
    """How the things of one service are listed (name and key) and removed (by key).

    `type` is what Terraform calls it. Where several may have one name, the key tells them apart.
    """

    name: str
    type: str
    service: str
    every: Callable[[Client], Iterator[tuple[str, str]]]
    remove: Callable[[Client, str], None]
    by_key: bool = False


def find(account: Account, environment: Environment, managed: Iterable[Managed]) -> list[Orphan]:
    """What has the environment's prefix and is not in the state."""
    known = {(one.type, value) for one in managed for value in one.values.values()
             if isinstance(value, str)}  # fmt: skip
    return [
        Orphan(kind.name, name, key)
        for kind in KINDS
        for name, key in kind.every(account.client(kind.service))
        if _ours(name, environment) and (kind.type, key if kind.by_key else name) not in known
    ]


def expiry(managed: Iterable[Managed]) -> str:
    """The last moment that a tag of the state gives (RFC 3339); empty where none does."""
    tags = (one.values.get("tags_all") or {} for one in managed)
    return max((str(one["assay:expires"]) for one in tags if "assay:expires" in one), default="")


def remove(
    account: Account, environment: Environment, found: list[Orphan], *, progress: Progress
) -> None:
    """Remove them; goes on past what fails, StepError says at the end what is left."""
    if environment.protected:
        raise Refused(
            f"The environment {environment.environment} is protected: nothing of it is swept.",
            evidence=f"{len(found)} things, such as {found[0]}" if found else "",
            remedy="bring them into the state: terraform import",
        )
    kinds = {kind.name: kind for kind in KINDS}
    left = []
    for one in found:
        kind = kinds[one.kind]
        try:
            kind.remove(account.client(kind.service), one.key)
            progress(f"removed {one}")
        except (ClientError, BotoCoreError) as error:
            left.append(f"{one}: {error}")
    if left:
        raise StepError(f"{len(left)} things could not be removed.", evidence="\n".join(left))


def _ours(name: str, environment: Environment) -> bool:
    plain = name.removeprefix("alias").lstrip("/").removeprefix("aws/lambda/")
    return plain.startswith((f"{environment.prefix}-", f"{environment.prefix}/"))


def _listed(operation: str, place: str, name: str, key: str = "") -> Any:
    """A lister: all pages of an operation, the name and the key of each of its items."""

    def every(client: Client) -> Iterator[tuple[str, str]]:
        for page in client.get_paginator(operation).paginate():
            for item in page.get(place) or ():
                yield (str(item[name]), str(item[key or name])) if name else (item, item)

    return every


def _urls(client: Client) -> Iterator[tuple[str, str]]:
    for page in client.get_paginator("list_queues").paginate():
        for url in page.get("QueueUrls") or ():
            yield url.rpartition("/")[2], url


def _topics(client: Client) -> Iterator[tuple[str, str]]:
    for page in client.get_paginator("list_topics").paginate():
        for topic in page["Topics"]:
            yield topic["TopicArn"].rpartition(":")[2], topic["TopicArn"]


def _rules(client: Client) -> Iterator[tuple[str, str]]:
    for one in client.list_rules()["Rules"]:
        yield one["Name"], one["Name"]


def _keys(client: Client) -> Iterator[tuple[str, str]]:
    """The keys that are not on their way out; named by their tags, as everything else here is."""
    for page in client.get_paginator("list_keys").paginate():
        for key in (one["KeyId"] for one in page["Keys"]):
            described = client.describe_key(KeyId=key)["KeyMetadata"]
            if described["KeyManager"] != "CUSTOMER" or described["KeyState"] == "PendingDeletion":
                continue
            listed = client.list_resource_tags(KeyId=key)["Tags"]
            tags = {tag["TagKey"]: tag["TagValue"] for tag in listed}
            yield f"{tags.get('assay:project')}-{tags.get('assay:environment')}-{key}", key


def _remove_function(client: Client, name: str) -> None:
    for page in client.get_paginator("list_event_source_mappings").paginate(FunctionName=name):
        for one in page["EventSourceMappings"]:
            client.delete_event_source_mapping(UUID=one["UUID"])
    client.delete_function(FunctionName=name)


def _remove_rule(client: Client, name: str) -> None:
    targets = [one["Id"] for one in client.list_targets_by_rule(Rule=name)["Targets"]]
    if targets:
        client.remove_targets(Rule=name, Ids=targets)
    client.delete_rule(Name=name)


def _remove_profile(client: Client, name: str) -> None:
    found = client.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    for role in found["Roles"]:
        client.remove_role_from_instance_profile(
            InstanceProfileName=name, RoleName=role["RoleName"]
        )
    client.delete_instance_profile(InstanceProfileName=name)


def _remove_role(client: Client, name: str) -> None:
    for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
        client.delete_role_policy(RoleName=name, PolicyName=policy)
    client.delete_role(RoleName=name)


def _by(operation: str, parameter: str, **more: Any) -> Callable[[Client, str], None]:
    def remove_one(client: Client, key: str) -> None:
        given: Mapping[str, Any] = {parameter: key, **more}
        getattr(client, operation)(**given)

    return remove_one


KINDS: tuple[Kind, ...] = (
    Kind("rule", "aws_cloudwatch_event_rule", "events", _rules, _remove_rule),
    Kind("API", "aws_apigatewayv2_api", "apigatewayv2",
         _listed("get_apis", "Items", "Name", "ApiId"), _by("delete_api", "ApiId"), by_key=True),
    Kind("function", "aws_lambda_function", "lambda",
         _listed("list_functions", "Functions", "FunctionName"), _remove_function),
    Kind("queue", "aws_sqs_queue", "sqs", _urls, _by("delete_queue", "QueueUrl")),
    Kind("topic", "aws_sns_topic", "sns", _topics, _by("delete_topic", "TopicArn")),
    Kind("alarm", "aws_cloudwatch_metric_alarm", "cloudwatch",
         _listed("describe_alarms", "MetricAlarms", "AlarmName"),
         lambda client, name: client.delete_alarms(AlarmNames=[name])),
    Kind("launch template", "aws_launch_template", "ec2",
         _listed("describe_launch_templates", "LaunchTemplates", "LaunchTemplateName",
                 "LaunchTemplateId"), _by("delete_launch_template", "LaunchTemplateId")),
    Kind("security group", "aws_security_group", "ec2",
         _listed("describe_security_groups", "SecurityGroups", "GroupName", "GroupId"),
         _by("delete_security_group", "GroupId")),
    Kind("instance profile", "aws_iam_instance_profile", "iam",
         _listed("list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
         _remove_profile),
    Kind("role", "aws_iam_role", "iam", _listed("list_roles", "Roles", "RoleName"), _remove_role),
    Kind("parameter", "aws_ssm_parameter", "ssm",
         _listed("describe_parameters", "Parameters", "Name"), _by("delete_parameter", "Name")),
    Kind("log group", "aws_cloudwatch_log_group", "logs",
         _listed("describe_log_groups", "logGroups", "logGroupName"),
         _by("delete_log_group", "logGroupName")),
    Kind("table", "aws_dynamodb_table", "dynamodb", _listed("list_tables", "TableNames", ""),
         _by("delete_table", "TableName")),
    Kind("alias", "aws_kms_alias", "kms", _listed("list_aliases", "Aliases", "AliasName"),
         _by("delete_alias", "AliasName")),
    Kind("key", "aws_kms_key", "kms", _keys,
         _by("schedule_key_deletion", "KeyId", PendingWindowInDays=WAIT_DAYS), by_key=True),
)  # fmt: skip
