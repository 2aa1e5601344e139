"""Where an environment's records lie: a folder, or below a prefix of a bucket.

Each record is a file of its own that is made once and never changed, so two that want the same one
cannot both have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import ClientError

_THERE = ("PreconditionFailed", "ConditionalRequestConflict")


class Store(Protocol):
    """Records by name, such as `used/NAME.json`."""

    def put(self, name: str, text: str) -> bool:
        """Make a record; whether it was not there before."""

    def all_of(self, kind: str) -> dict[str, str]:
        """The texts of all records of a kind, by their names without it."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Records as files."""

    path: Path

    def put(self, name: str, text: str) -> bool:
        """Make a record; whether it was not there before."""
        path = self.path / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            return False
        return True

    def all_of(self, kind: str) -> dict[str, str]:
        """The texts of all records of a kind."""
        files = sorted((self.path / kind).glob("*.json"))
        return {file.name: file.read_text(encoding="utf-8") for file in files}

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Records as objects; `client` is boto3's of S3, `prefix` ends with a slash."""

    client: Any
    bucket: str
    prefix: str

    def put(self, name: str, text: str) -> bool:
        """Make a record; whether it was not there before."""
        try:
            self.client.put_object(
                Bucket=self.bucket,
                Key=f"{self.prefix}{name}",
                Body=text.encode(),
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _THERE:
                return False
            raise
        return True

    def all_of(self, kind: str) -> dict[str, str]:
        """The texts of all records of a kind."""
        below = f"{self.prefix}{kind}/"
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=below
        )
        keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
        return {key.removeprefix(below): self._text(key) for key in keys}

    def _text(self, key: str) -> str:
        got: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return got.decode()

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"
