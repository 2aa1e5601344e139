"""Workers as EC2 instances: one per job, made from the launch template, found by tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

JOB_TAG = "replicator:job-id"
PREFIX_TAG = "replicator:prefix"
LIVE = ("pending", "running", "stopping", "stopped")
# What asking again may cure; anything else will fail every time.
TRANSIENT = frozenset({
    "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity",
    "InstanceLimitExceeded", "VcpuLimitExceeded", "RequestLimitExceeded", "Throttling",
    "ThrottlingException", "InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable",
})  # fmt: skip
_USER_DATA = '#!/bin/sh\nexec "${{AMI_ROOT:-}}/opt/replicator/worker.sh" {job_id}\n'


class LaunchRefused(Exception):
    """A launch that will fail every time; its text is the error's code, nothing more."""


@dataclass(frozen=True, slots=True)
class Worker:
    """An instance that lives, and the job that it is for."""

    instance_id: str
    job_id: str
    launched: datetime


@dataclass(frozen=True, slots=True)
class Workers:
    """The instances of one deployment."""

    client: Any  # a low-level EC2 client
    prefix: str

    def launch(self, job_id: str, *, template: str, version: str, instance_type: str) -> str:
        """Start the worker of a job; asked again, the same one (client token). Its instance id.

        The user data carries the job id and nothing else. Raises LaunchRefused, or the client's
        error where it is worth asking again.
        """
        tags = [{"Key": JOB_TAG, "Value": job_id}, {"Key": PREFIX_TAG, "Value": self.prefix},
                {"Key": "Name", "Value": f"{self.prefix}-worker"}]  # fmt: skip
        try:
            answer = self.client.run_instances(
                LaunchTemplate={"LaunchTemplateId": template, "Version": version},
                InstanceType=instance_type,
                MinCount=1,
                MaxCount=1,
                ClientToken=job_id,
                UserData=_USER_DATA.format(job_id=job_id),
                TagSpecifications=[{"ResourceType": kind, "Tags": tags}
                                   for kind in ("instance", "volume")],
            )  # fmt: skip
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in TRANSIENT:
                raise
            raise LaunchRefused(code) from error
        instance_id: str = answer["Instances"][0]["InstanceId"]
        return instance_id

    def living(self) -> Iterator[Worker]:
        """All instances that have not ended."""
        pages = self.client.get_paginator("describe_instances").paginate(
            Filters=[
                {"Name": f"tag:{PREFIX_TAG}", "Values": [self.prefix]},
                {"Name": "instance-state-name", "Values": list(LIVE)},
            ]
        )
        for page in pages:
            for reservation in page["Reservations"]:
                for instance in reservation["Instances"]:
                    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
                    if JOB_TAG in tags:
                        yield Worker(
                            instance_id=instance["InstanceId"],
                            job_id=tags[JOB_TAG],
                            launched=instance["LaunchTime"],
                        )

    def end(self, instance_id: str) -> None:
        """Terminate an instance; one that is gone already is no error."""
        try:
            self.client.terminate_instances(InstanceIds=[instance_id])
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidInstanceID.NotFound":
                raise
