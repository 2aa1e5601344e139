"""RunInstances as AWS does it: launch templates resolved, client tokens obeyed, user data told."""

from __future__ import annotations

import hashlib
import json
import threading
from contextvars import ContextVar
from typing import Any

from ministack.core import responses
from ministack.services import ec2

Params = dict[str, Any]
TAGS: ContextVar[dict[str, str]] = ContextVar("tags", default={})  # noqa: B039  (never mutated)
_made: dict[tuple[str, str, str], tuple[str, Any]] = {}
_lock = threading.RLock()


def install() -> None:
    """Replace RunInstances and DescribeInstanceAttribute."""
    run, describe = ec2._run_instances, ec2._describe_instance_attribute

    def run_once(params: Params) -> Any:
        token = ec2._p(params, "ClientToken")
        if not token:
            return _from_template(run, params)
        key = (responses.get_account_id(), responses.get_region(), token)
        asked = _digest(params)
        with _lock:
            if key in _made:
                before, answer = _made[key]
                return answer if before == asked else _mismatch()
            answer = _from_template(run, params)
            if answer[0] == 200:
                _made[key] = (asked, answer)
            return answer

    def with_user_data(params: Params) -> Any:
        instance = ec2._instances.get(ec2._p(params, "InstanceId"))
        if instance is None or ec2._p(params, "Attribute") != "userData":
            return describe(params)
        value = f"<userData><value>{instance.get('UserData', '')}</value></userData>"
        return ec2._xml(
            200,
            "DescribeInstanceAttributeResponse",
            f"<instanceId>{instance['InstanceId']}</instanceId>{value}",
        )

    ec2._run_instances = ec2._ACTION_MAP["RunInstances"] = run_once
    ec2._describe_instance_attribute = with_user_data
    ec2._ACTION_MAP["DescribeInstanceAttribute"] = with_user_data


def _from_template(run: Any, params: Params) -> Any:
    """Run with what the launch template says and the request does not."""
    template = _template(params)
    if template is not None:
        params = {**_template_params(template), **params}
    token = TAGS.set(_tags(params))
    try:
        return run(params)
    finally:
        TAGS.reset(token)


def _template(params: Params) -> dict[str, Any] | None:
    asked = ec2._p(params, "LaunchTemplate.LaunchTemplateId")
    if not asked:
        return None
    record = ec2._launch_templates.get(asked)
    if record is None:
        raise KeyError(f"launch template {asked}")
    number = ec2._p(params, "LaunchTemplate.Version") or "$Default"
    numbers = {
        "$Default": record["DefaultVersionNumber"],
        "$Latest": record["LatestVersionNumber"],
    }
    wanted = int(numbers.get(number, number))
    found: dict[str, Any] = next(
        one["LaunchTemplateData"] for one in record["Versions"] if one["VersionNumber"] == wanted
    )
    return found


def _template_params(data: dict[str, Any]) -> Params:
    """The template's values as parameters of RunInstances."""
    profile = data.get("IamInstanceProfile") or {}
    values = {
        "ImageId": data.get("ImageId"),
        "InstanceType": data.get("InstanceType"),
        "KeyName": data.get("KeyName"),
        "UserData": data.get("UserData"),
        "IamInstanceProfile.Arn": profile.get("Arn"),
        "IamInstanceProfile.Name": profile.get("Name"),
    }
    for number, group in enumerate(data.get("SecurityGroupIds") or [], 1):
        values[f"SecurityGroupId.{number}"] = group
    return {name: [value] for name, value in values.items() if value}


def _tags(params: Params) -> dict[str, str]:
    """The tags that the instance will get; ministack adds them only after it has booted."""
    tags: dict[str, str] = {}
    for spec in range(1, 11):
        if ec2._p(params, f"TagSpecification.{spec}.ResourceType") != "instance":
            continue
        for number in range(1, 51):
            name = f"TagSpecification.{spec}.Tag.{number}"
            if key := ec2._p(params, f"{name}.Key"):
                tags[key] = ec2._p(params, f"{name}.Value", "")
    return tags


def _digest(params: Params) -> str:
    asked = {name: value for name, value in sorted(params.items()) if name != "ClientToken"}
    return hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()


def _mismatch() -> Any:
    said = "The client token was used with different parameters"
    return ec2._error("IdempotentParameterMismatch", said, 400)
