"""What the deployment says to its workers: one parameter, written by Terraform."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Settings:
    """The same for every job of a deployment; times in seconds."""

    table: str
    region: str
    key_arn: str
    log_group: str
    heartbeat_seconds: float
    job_time_limit_seconds: float
    allow_private_addresses: bool


def read(client: Any, prefix: str) -> Settings:
    """From the parameter store (`client` is an SSM client); TypeError or KeyError if it is bad."""
    answer = client.get_parameter(Name=f"/{prefix}/worker")
    given = json.loads(answer["Parameter"]["Value"])
    return Settings(**{field.name: given[field.name] for field in fields(Settings)})
