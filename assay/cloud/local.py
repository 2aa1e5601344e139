"""The local cloud: an emulator of AWS on loopback, with real functions, queues and workers."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.config import Config

import assay
from assay import environment
from assay.clock import wait_until
from assay.cloud import venvs
from assay.cloud.faults import Faults
from assay.errors import SetupError, TimedOut
from assay.process import CALL, LOOPBACK, Running, end_marked, free_port, start

ACCOUNT = "000000000000"
REGION = "us-east-1"
ACCESS_KEY = "AKIAROOTLOCAL0000000"
SECRET_KEY = "rootsecret"
READY = 30.0  # seconds
_REQUIREMENTS = Path(__file__).parent / "emulator" / "requirements.txt"
_CLIENT = Config(
    connect_timeout=3, read_timeout=30, retries={"mode": "standard", "max_attempts": 2}
)


@dataclass(frozen=True, slots=True)
class LocalCloud:
    """A running emulator: where it is, and what speaks to it. `state` holds all that it writes."""

    port: int
    state: Path
    pid: int
    mark: str  # what its process and all that it starts carry

    @property
    def url(self) -> str:
        """Its endpoint for every service."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def faults(self) -> Faults:
        """Faults on request."""
        return Faults(f"{self.url}/_assay/faults")

    def be_due(self) -> None:
        """Let every schedule be due now: its rules invoke their targets."""
        requests.post(f"{self.url}/_assay/schedules", timeout=60).raise_for_status()

    @property
    def log(self) -> Path:
        """What the emulator itself says."""
        return self.state / "emulator.log"

    def environment(self, *, account: str = ACCOUNT) -> dict[str, str]:
        """The variables with which Terraform and AWS's libraries speak to it.

        Another account than its own is an access key of 12 digits, which the emulator takes for
        the account's number.
        """
        key = ACCESS_KEY if account == ACCOUNT else account
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_S3_USE_PATH_STYLE": "true",
        }

    def client(self, service: str) -> Any:
        """A boto3 client of one service, with its root credentials."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=_CLIENT,
        )

    def endpoint(self, api_id: str) -> str:
        """Where an HTTP API answers; its amazonaws.com name leads elsewhere."""
        return f"{self.url}/_aws/execute-api/{api_id}/$default"

    def register_image(self, reference: str, *, name: str) -> str:
        """Register `proc:DIR` or a tag of Docker's as a machine image, once; its id."""
        client = self.client("ec2")
        named = client.describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"]
        for known in named:
            if f"({reference})" in known["Description"]:  # where the emulator keeps it
                return str(known["ImageId"])
        answer = client.register_image(
            Name=name, ImageLocation=reference, RootDeviceName="/dev/xvda"
        )
        image: str = answer["ImageId"]
        return image

    def instances(self, job_id: str | None = None) -> list[dict[str, Any]]:
        """All instances, ended ones of the last minute included; of one job if it is named."""
        wanted = [] if job_id is None else [{"Name": "tag:replicator:job-id", "Values": [job_id]}]
        pages = self.client("ec2").describe_instances(Filters=wanted)
        return [one for group in pages["Reservations"] for one in group["Instances"]]

    def answers(self) -> bool:
        """Whether it is there."""
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.url}/_ministack/health", timeout=2).ok
        return False

    def to_json(self) -> str:
        """For a file; no secret in it."""
        return json.dumps({**asdict(self), "state": str(self.state)})

    @classmethod
    def from_json(cls, text: str) -> LocalCloud:
        """What `to_json` wrote."""
        read = json.loads(text)
        return cls(**{**read, "state": Path(read["state"])})


@dataclass(slots=True)
class _WriteEnd:
    """The end of a pipe that only this process holds; its number may be another file's later."""

    descriptor: int | None

    def let_go(self) -> None:
        """Close it, once."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


@contextlib.contextmanager
def owned(state: Path) -> Iterator[LocalCloud]:
    """A cloud that lives as long as this block, or as this process: it notices a SIGKILL."""
    read_end, descriptor = os.pipe()
    write_end = _WriteEnd(descriptor)
    # A child made by plain fork would hold the pipe open after our death.
    os.register_at_fork(after_in_child=write_end.let_go)
    try:
        with _started(state, owner=read_end) as (cloud, running):
            _wait(cloud, running)
            yield cloud
    finally:
        os.close(read_end)
        write_end.let_go()


def kept(state: Path, *, seconds: float) -> LocalCloud:
    """A cloud that outlives this process, for at most so many seconds."""
    with _started(state, owner=0, seconds=seconds) as (cloud, running):
        _wait(cloud, running)
        running.disown()
        return cloud


def stop(cloud: LocalCloud) -> None:
    """End a cloud with all that it started."""
    end_marked(cloud.mark)


@contextlib.contextmanager
def _started(
    state: Path, *, owner: int, seconds: float = 0
) -> Iterator[tuple[LocalCloud, Running]]:
    """The emulator, begun; ended with all of its own when the block fails or does not disown it."""
    state.mkdir(parents=True, exist_ok=True)
    port, mark = free_port(), f"cloud-{os.urandom(6).hex()}"
    running = start(
        [str(venvs.python_of(_REQUIREMENTS, name="emulator")), "-m", "assay.cloud.emulator",
         str(owner)],
        env=_environment(state, port, mark, seconds),
        cwd=state,
        inherit=(owner,) if owner else (),
    )  # fmt: skip
    cloud = LocalCloud(port=port, state=state, pid=running.pid, mark=mark)
    kept_alive = False
    try:
        yield cloud, running
        kept_alive = seconds > 0
    finally:
        if not kept_alive:
            running.stop(grace=5)
            end_marked(mark)


def _environment(state: Path, port: int, mark: str, seconds: float) -> dict[str, str]:
    folders = {"TMPDIR": "temp", "STATE_DIR": "ministack", "S3_DATA_DIR": "s3"}
    for folder in folders.values():
        (state / folder).mkdir(exist_ok=True)
    return {
        **environment.inherited(),
        **{name: str(state / folder) for name, folder in folders.items()},
        "HOME": str(state),
        "PYTHONPATH": str(Path(assay.__path__[0]).parent),
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "DOCKER_NETWORK": "host",
        "ASSAY_CLOUD_STATE": str(state),
        "ASSAY_CLOUD_SECONDS": str(seconds),
        CALL: mark,
    }


def _wait(cloud: LocalCloud, running: Running) -> None:
    try:
        wait_until(
            lambda: cloud.answers() or not running.alive(), what="the local cloud", timeout=READY
        )
    except TimedOut as error:
        raise SetupError("The local cloud does not answer.", evidence=str(error)) from error
    if not running.alive():
        said = running.finish(timed_out=False).output
        said += cloud.log.read_text(encoding="utf-8") if cloud.log.exists() else ""
        raise SetupError("The local cloud ended at once.", evidence=said[-2000:].strip())
