"""The control plane applied to the local cloud, from the same Terraform as everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assay.cloud.local import LocalCloud
from assay.deployment.environments import Environment
from assay.deployment.terraform import Terraform
from assay.redact import Secret

_FILE = "stack.json"


@dataclass(frozen=True, slots=True)
class Stack:
    """An applied control plane on the local cloud."""

    cloud: LocalCloud
    environment: Environment
    terraform: Terraform
    outputs: Mapping[str, Any]

    @property
    def endpoint(self) -> str:
        """Where its API answers."""
        return self.cloud.endpoint(self.outputs["api_id"])

    @property
    def api_key(self) -> Secret:
        """The newest key of its API."""
        return Secret(self.outputs["api_key"])

    def save(self) -> None:
        """Write what `load` needs; no secret in it."""
        path = self.terraform.folder / _FILE
        path.write_text(json.dumps(asdict(self.environment)), encoding="utf-8")

    @classmethod
    def load(cls, cloud: LocalCloud, folder: Path) -> Stack:
        """The stack that was applied from that folder."""
        read = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        terraform = Terraform.at(folder, cloud.environment())
        return cls(cloud, Environment(**read), terraform, terraform.outputs())

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Whether one was applied from there."""
        return (folder / _FILE).is_file()

    def records(self) -> list[dict[str, Any]]:
        """All items of its table, as DynamoDB types them."""
        pages = self.cloud.client("dynamodb").get_paginator("scan")
        return [item for page in pages.paginate(TableName=self.outputs["table_name"])
                for item in page["Items"]]  # fmt: skip

    def destroy(self) -> None:
        """Remove all that Terraform made."""
        self.terraform.destroy()
