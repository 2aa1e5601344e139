"""The coordinator's environment variables, set by Terraform; read once."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between deployments."""

    table: str
    queue_url: str
    key_arn: str
    api_keys_parameter: str
    max_active_jobs: int
    allow_private_addresses: bool
    worker_log_group: str
    region: str


@functools.cache
def settings() -> Settings:
    """The settings; KeyError or ValueError when Terraform and code do not agree."""
    env = os.environ
    return Settings(
        table=env["JOBS_TABLE"],
        queue_url=env["QUEUE_URL"],
        key_arn=env["KEY_ARN"],
        api_keys_parameter=env["API_KEYS_PARAMETER"],
        max_active_jobs=int(env["MAX_ACTIVE_JOBS"]),
        allow_private_addresses=env["ALLOW_PRIVATE_ADDRESSES"] == "true",
        worker_log_group=env["WORKER_LOG_GROUP"],
        region=env["AWS_REGION"],
    )
