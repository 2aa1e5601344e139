"""Where a deployment goes: an account of AWS, or the local cloud that stands for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from assay import environment
from assay.cloud.local import LocalCloud
from assay.deployment.environments import Environment
from assay.errors import Refused, SetupError

_CLIENT = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 4}
)


class Account(Protocol):
    """Credentials, clients and addresses."""

    def environment(self) -> dict[str, str]:
        """The variables with which Terraform and AWS's libraries speak to it."""

    def client(self, service: str) -> Any:
        """A boto3 client of one service."""

    def endpoint(self, outputs: Mapping[str, Any]) -> str:
        """Where the API that has these outputs answers."""


@dataclass(frozen=True, slots=True)
class Local:
    """The account of a local cloud."""

    cloud: LocalCloud

    def environment(self) -> dict[str, str]:
        """Its own key, and where it listens."""
        return self.cloud.environment()

    def client(self, service: str) -> Any:
        """A client with its root credentials."""
        return self.cloud.client(service)

    def endpoint(self, outputs: Mapping[str, Any]) -> str:
        """Below the emulator's own address."""
        return self.cloud.endpoint(outputs["api_id"])


@dataclass(frozen=True, slots=True)
class Aws:
    """The account whose credentials are in the environment, or in AWS's own files."""

    region: str

    def environment(self) -> dict[str, str]:
        """AWS's variables as they were given, and the region."""
        return {**environment.variables("AWS_"), "AWS_REGION": self.region}

    def client(self, service: str) -> Any:
        """A client for the region."""
        return boto3.client(service, region_name=self.region, config=_CLIENT)

    def endpoint(self, outputs: Mapping[str, Any]) -> str:
        """As API Gateway names it."""
        return str(outputs["api_endpoint"])


def demand(account: Account, wanted: Environment) -> str:
    """The account's number, asked of itself; Refused when it is not the environment's."""
    try:
        number = str(account.client("sts").get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise SetupError(
            "AWS does not say whose credentials these are.",
            evidence=str(error),
            remedy="log in (aws sso login, or AWS_PROFILE, or a role), then try again",
        ) from error
    if number != wanted.account_id:
        raise Refused(
            f"This is account {number}; {wanted.environment} belongs to {wanted.account_id}.",
            evidence=f"account_id in environments/{wanted.environment}.tfvars",
            remedy="use the credentials of that account, or correct the file",
        )
    return number
