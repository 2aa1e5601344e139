"""Terraform's state: where it lies, one key for each environment, who locks it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import ClientError

from assay.deployment.environments import Environment
from assay.errors import SetupError, UsageError

FILE = "backend.tf"
HASH_KEY = "LockID"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_TABLE = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_FIELD = re.compile(r"^\W*(ID|Path|Operation|Who|Created):\s+(\S.*?)\s*$", re.MULTILINE)
_CREATED = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class State:
    """A file in the deployment's folder, or an object of S3; locked by a file beside it.

    With `table` the guide's DynamoDB table locks it as well. Environments have a key each, or with
    `workspaces` one key and a workspace of Terraform each. Written as `local`, `s3://BUCKET` or
    `s3://BUCKET?table=NAME`, with `by=workspace` after the question mark.
    """

    bucket: str = ""
    table: str = ""
    workspaces: bool = False

    @classmethod
    def parse(cls, text: str) -> State:
        """The state that a text names; UsageError shows the forms."""
        parts = urlsplit(text)
        query = parse_qs(parts.query, keep_blank_values=True)
        asked = {name: values[0] for name, values in query.items()}
        table, by = asked.pop("table", None), asked.pop("by", None)
        named = parts.scheme == "s3" and not parts.path.strip("/") and not parts.fragment
        known = by in (None, "workspace") and not asked
        known = known and (table is None or _TABLE.fullmatch(table) is not None)
        workspaces = by is not None
        if known and table is None and not parts.fragment and text.partition("?")[0] == "local":
            return cls(workspaces=workspaces)
        if not named or not known or not _BUCKET.fullmatch(parts.netloc):
            raise UsageError(
                f"{text!r} is no place for a state.",
                remedy="local, s3://BUCKET or s3://BUCKET?table=NAME, each with by=workspace; "
                "the key in it follows from the environment",
            )
        return cls(parts.netloc, table or "", workspaces)

    def __str__(self) -> str:
        asked = [f"table={self.table}"] if self.table else []
        asked += ["by=workspace"] if self.workspaces else []
        place = f"s3://{self.bucket}" if self.bucket else "local"
        return place + (f"?{'&'.join(asked)}" if asked else "")

    def workspace(self, environment: Environment) -> str:
        """The workspace of Terraform that an environment has; `default` where it has a key."""
        return environment.environment if self.workspaces else "default"

    def backend_key(self, environment: Environment) -> str:
        """The key that Terraform is given; with workspaces all environments have this one."""
        own = "" if self.workspaces else f"{environment.environment}/"
        return f"{environment.project}/{own}terraform.tfstate"

    def key(self, environment: Environment) -> str:
        """The object's name: no two environments share one."""
        prefix = f"env:/{self.workspace(environment)}/" if self.workspaces else ""
        return f"{prefix}{self.backend_key(environment)}"

    def backend(self, environment: Environment) -> str:
        """The block of Terraform's language; empty for a file."""
        if not self.bucket:
            return ""
        settings = {
            "bucket": f'"{self.bucket}"',
            "key": f'"{self.backend_key(environment)}"',
            "region": f'"{environment.region}"',
            "encrypt": "true",
            "use_lockfile": "true",
            **({"dynamodb_table": f'"{self.table}"'} if self.table else {}),
            **(dict.fromkeys(_EMULATED, "true") if environment.local else {}),
        }
        lines = "".join(f"    {name} = {value}\n" for name, value in settings.items())
        return f'terraform {{\n  backend "s3" {{\n{lines}  }}\n}}\n'

    def check(self, client: Any) -> None:
        """SetupError where the bucket is missing, or keeps no versions of what it holds.

        `client` gives a boto3 client of a service.
        """
        if not self.bucket:
            return
        try:
            versions = client("s3").get_bucket_versioning(Bucket=self.bucket).get("Status")
        except ClientError as error:
            raise SetupError(
                f"The bucket {self.bucket} for the state cannot be used.",
                evidence=str(error),
                remedy=f"aws s3 mb s3://{self.bucket}, or correct --state",
            ) from error
        if versions != "Enabled":
            raise SetupError(
                f"The bucket {self.bucket} keeps no versions: a broken state could not be put "
                "back.",
                evidence=f"its versioning is {versions or 'off'}",
                remedy=f"aws s3api put-bucket-versioning --bucket {self.bucket} "
                "--versioning-configuration Status=Enabled",
            )
        if self.table:
            _check_table(client("dynamodb"), self.table)


def is_free(state: State, environment: Environment, client: Any) -> bool:
    """Whether neither the file beside the state nor the row of the guide's table is there."""
    key = f"{state.key(environment)}.tflock"
    listed = client("s3").list_objects_v2(Bucket=state.bucket, Prefix=key).get("Contents", ())
    row = {HASH_KEY: {"S": f"{state.bucket}/{state.key(environment)}"}}
    table = client("dynamodb") if state.table else None
    return not listed and (
        table is None or "Item" not in table.get_item(TableName=state.table, Key=row)
    )


# What the S3 backend must not ask of an emulator.
_EMULATED = ("use_path_style", "skip_credentials_validation", "skip_requesting_account_id",
             "skip_metadata_api_check")  # fmt: skip


def _check_table(client: Any, table: str) -> None:
    try:
        described = client.describe_table(TableName=table)["Table"]
    except ClientError as error:
        raise SetupError(
            f"The lock table {table} cannot be used.",
            evidence=str(error),
            remedy=f"aws dynamodb create-table --table-name {table} --attribute-definitions "
            f"AttributeName={HASH_KEY},AttributeType=S --key-schema "
            f"AttributeName={HASH_KEY},KeyType=HASH --billing-mode PAY_PER_REQUEST",
        ) from error
    keys = [key["AttributeName"] for key in described["KeySchema"]]
    if keys != [HASH_KEY]:
        raise SetupError(
            f"The table {table} is no lock table.",
            evidence=f"its key is {', '.join(keys)}",
            remedy=f"name a table whose only key is {HASH_KEY}",
        )


@dataclass(frozen=True, slots=True)
class Lock:
    """Who holds a state, as Terraform says."""

    id: str
    who: str
    operation: str
    created: datetime | None

    @classmethod
    def read(cls, output: str) -> Lock | None:
        """The holder in what Terraform printed; None when no lock was in the way."""
        if "acquiring the state lock" not in output:
            return None
        said: Mapping[str, str] = dict(_FIELD.findall(output))
        return cls(
            said.get("ID", ""),
            said.get("Who", "somebody unknown"),
            said.get("Operation", "an operation unknown").removeprefix("OperationType").lower(),
            _time(said.get("Created", "")),
        )

    def held(self, now: datetime) -> str:
        """Who, what and for how long."""
        age = "for a time unknown"
        if self.created is not None:
            seconds = max(0, int((now - self.created).total_seconds()))
            age = f"for {seconds} s" if seconds < 120 else f"for {seconds // 60} min"
        return f"{self.who}, {self.operation}, {age}"


def _time(said: str) -> datetime | None:
    try:
        return datetime.strptime(said[:19], _CREATED).replace(tzinfo=UTC)
    except ValueError:
        return None
