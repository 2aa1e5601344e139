"""Machine images of the worker: made by the guide's script, asked for, removed."""

from __future__ import annotations

import re
import sys
from typing import Any

from botocore.exceptions import ClientError

from assay import environment
from assay.deployment.accounts import Account
from assay.deployment.environments import Environment
from assay.deployment.places import in_clone
from assay.deployment.steps import Progress, StepError
from assay.errors import UsageError
from assay.process import execute

LIMIT = 3600.0  # seconds
_AMI = re.compile(r"ami-[0-9a-f]{8,17}")


def build(target: Environment, binary: str | None, progress: Progress) -> str:
    """Make one on AWS by `aws/ec2/build-ami.sh`; its id is the last line that the script says."""
    words = ["--region", target.region, *(("--binary", binary) if binary else ())]
    progress("  build-ami.sh: a machine is started and made into an image, ten minutes and more")
    done = execute(
        ["bash", str(in_clone("aws/ec2/build-ami.sh")), *words],
        env={**environment.for_pip(), **environment.variables("AWS_"), "PYTHON": sys.executable},
        timeout=LIMIT,
    )
    said = done.stdout.strip().rpartition("\n")[2]
    if not done.ok or not _AMI.fullmatch(said):
        raise StepError(
            "The worker's image could not be made.",
            evidence=done.output.strip()[-2000:],
            remedy="mend the cause, or give one that is there: --ami AMI",
        )
    return said


def missing(account: Account, image: str) -> str:
    """Why an image cannot be used; empty when it can."""
    try:
        found = account.client("ec2").describe_images(ImageIds=[image])["Images"]
    except ClientError as error:
        return str(error)
    if not found:
        return f"there is no {image} in this region"
    state = found[0].get("State", "available")
    return "" if state == "available" else f"{image} is {state}"


def demand(account: Account, image: str) -> None:
    """UsageError when an image that was given cannot be used."""
    why = missing(account, image)
    if why:
        raise UsageError(
            f"The image {image} cannot be used.",
            evidence=why,
            remedy="see its region, or make another: aws/ec2/build-ami.sh",
        )


def remove(account: Account, image: str) -> None:
    """Take an image away with its disks' snapshots; no error when it is gone already."""
    client = account.client("ec2")
    if missing(account, image):
        return
    (found,) = client.describe_images(ImageIds=[image])["Images"]
    try:
        client.deregister_image(ImageId=image)
        for snapshot in _snapshots(found):
            client.delete_snapshot(SnapshotId=snapshot)
    except ClientError as error:
        raise StepError(f"The image {image} could not be removed.", evidence=str(error)) from error


def _snapshots(image: dict[str, Any]) -> list[str]:
    disks = (one.get("Ebs", {}) for one in image.get("BlockDeviceMappings", ()))
    return [disk["SnapshotId"] for disk in disks if disk.get("SnapshotId")]
