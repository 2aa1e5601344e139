"""What ministack does not judge policies by, and our roles rely on: condition keys, resources."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_actions, responses
from ministack.services import ec2

Context = dict[str, Any]


def install() -> None:
    """Add the keys to what a call is judged by."""
    given = iam_actions.request_tag_context

    def complete(service: str, action: str, body: bytes, params: Any) -> Context:
        context: Context = given(service, action, body, params)
        if service == "kms":
            return {**context, **_encryption(body)}
        if service == "ec2":
            return {**context, **_instances(action, body)}
        return context

    known = iam_actions.extract_resource_arn

    def resource(
        service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
    ) -> Any:
        arn = known(service, method, path, headers, body, *rest)
        if service == "logs":
            return _log_stream_arn(arn, body)
        return _instance_arn(body) if service == "ec2" and arn in ("", "*") else arn

    iam_actions.request_tag_context = complete
    iam_actions.extract_resource_arn = resource


def _instance_arn(body: bytes) -> str:
    """The instance that a call is about; ministack judges all calls to EC2 by `*`."""
    asked = _asked(body)
    if asked.get("Action") not in ("RunInstances", "TerminateInstances"):
        return "*"
    name = asked.get("InstanceId.1", "*")
    return f"arn:aws:ec2:{responses.get_region()}:{responses.get_account_id()}:instance/{name}"


def _log_stream_arn(arn: str, body: bytes) -> str:
    """The stream that a call is about; ministack judges all calls by the group."""
    asked = _json(body)
    if "logStreamName" not in asked:
        return arn
    where = f"{responses.get_region()}:{responses.get_account_id()}"
    group, stream = asked.get("logGroupName", "*"), asked["logStreamName"]
    return f"arn:aws:logs:{where}:log-group:{group}:log-stream:{stream}"


def _json(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _asked(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _encryption(body: bytes) -> Context:
    """The encryption context of a call to KMS."""
    asked = _json(body).get("EncryptionContext") or {}
    keys = {f"kms:EncryptionContext:{name}": value for name, value in asked.items()}
    return {**keys, **({"kms:EncryptionContextKeys": list(asked)} if asked else {})}


def _instances(action: str, body: bytes) -> Context:
    """The launch template of a launch; the tags of the instance that is to end."""
    asked = _asked(body)
    template = asked.get("LaunchTemplate.LaunchTemplateId")
    if action == "ec2:RunInstances" and template:
        where = f"{responses.get_region()}:{responses.get_account_id()}"
        return {"ec2:LaunchTemplate": f"arn:aws:ec2:{where}:launch-template/{template}"}
    if action == "ec2:TerminateInstances":
        tags = ec2._tags.get(asked.get("InstanceId.1", ""), [])
        return {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in tags}
    return {}
