"""Which instance this is: told by the environment, else by the metadata service (version 2)."""

from __future__ import annotations

import os
import urllib.request
from dataclasses import dataclass

METADATA = "http://169.254.169.254/latest"
LIMIT = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Identity:
    """The instance, and the deployment that it belongs to."""

    instance_id: str
    region: str
    prefix: str


def identity() -> Identity:
    """Of this instance; OSError when the metadata service does not answer."""
    env = os.environ
    if "INSTANCE_ID" in env:
        return Identity(env["INSTANCE_ID"], env["AWS_REGION"], env["REPLICATOR_PREFIX"])
    token = _ask("PUT", "/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"})
    header = {"X-aws-ec2-metadata-token": token}
    return Identity(
        instance_id=_ask("GET", "/meta-data/instance-id", header),
        region=_ask("GET", "/meta-data/placement/region", header),
        prefix=_ask("GET", "/meta-data/tags/instance/replicator:prefix", header),
    )


def _ask(method: str, path: str, headers: dict[str, str]) -> str:
    request = urllib.request.Request(METADATA + path, method=method, headers=headers)
    with urllib.request.urlopen(request, timeout=LIMIT) as answer:
        text: bytes = answer.read()
    return text.decode()
