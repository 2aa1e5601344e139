"""The deployed code in process: tables, queues and keys of moto, and the handlers that use them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

# Powertools reads these when a handler is imported.
os.environ |= {"POWERTOOLS_METRICS_NAMESPACE": "p", "AWS_DEFAULT_REGION": "us-east-1"}  # noqa: TID251

from coordinator import app
from coordinator.settings import settings
from jobcore.records import Records
from tests.aws.tables import make_table

STACKS = "stacks"
KEY = "rk_test"
LIMIT = 5


def pytest_collection_modifyitems(items):
    """What runs in the stacks' process without them comes first: they are applied meanwhile."""
    if any(STACKS in item.fixturenames for item in items):
        items.sort(key=lambda item: STACKS in item.fixturenames)
        for item in items:
            group = item.get_closest_marker("xdist_group")
            if STACKS not in item.fixturenames and group and group.args == ("stack",):
                item.fixturenames.insert(0, "applying")


@dataclass(frozen=True)
class Account:
    """An account that holds what the functions need."""

    table: str
    queue_url: str
    key_arn: str
    records: Records

    def items(self) -> list[dict[str, Any]]:
        """Everything in the table."""
        return boto3.client("dynamodb").scan(TableName=self.table)["Items"]

    def messages(self) -> int:
        """How many messages wait."""
        name = "ApproximateNumberOfMessages"
        queue = boto3.client("sqs")
        answer = queue.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=[name])
        return int(answer["Attributes"][name])


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """A fresh account, named to the functions by their environment variables."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    with mock_aws():
        make_table("jobs")
        key_arn = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
        queue_url = boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
        keys = json.dumps([KEY, "rk_old"])
        boto3.client("ssm").put_parameter(Name="/p/api-keys", Value=keys, Type="SecureString")
        variables = {
            "JOBS_TABLE": "jobs",
            "QUEUE_URL": queue_url,
            "KEY_ARN": key_arn,
            "API_KEYS_PARAMETER": "/p/api-keys",
            "MAX_ACTIVE_JOBS": str(LIMIT),
            "ALLOW_PRIVATE_ADDRESSES": "false",
            "WORKER_LOG_GROUP": "/p/worker",
            "POWERTOOLS_SERVICE_NAME": "coordinator",
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        for cached in (settings, app.jobs, app.keys):
            cached.cache_clear()
        yield Account("jobs", queue_url, key_arn, Records(boto3.client("dynamodb"), "jobs"))


@pytest.fixture
def call(account: Account) -> Any:
    """Call the API in process: method, path, headers, body; status and body come back."""

    def called(route: str, body: Any = None, *, key: str | None = KEY, **more: Any) -> Any:
        method, _, path = route.partition(" ")
        names = {"POST /jobs": route, "GET /healthz": route}
        event = {
            "routeKey": names.get(route, f"{method} /jobs/{{job_id}}"),
            "headers": {
                "content-type": "application/json",
                **({} if key is None else {"x-api-key": key}),
                **more.get("headers", {}),
            },
            "pathParameters": {"job_id": path.removeprefix("/jobs/")},
            "body": body if isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": more.get("base64", False),
        }
        answer = app.handler(event, None)
        return answer["statusCode"], json.loads(answer["body"])

    return called
