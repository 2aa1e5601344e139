"""Instances that really run: their user data, as a process or in a container, with their role.

An image ``proc:DIR`` is a folder that stands for the file system of an image: its instance is a
process on this machine, with ``AMI_ROOT`` naming the folder. Any other image is one of Docker's. An
instance whose user data has ended is terminated, as one is that shuts itself down.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import responses
from ministack.services import ec2, iam, sts

from assay import clock, environment
from assay.cloud.emulator.launches import TAGS

PROCESS = "proc:"
STATE = "ASSAY_CLOUD_STATE"  # the folder for what instances write
PREFIX_TAG = "replicator:prefix"
ROUNDS = 300  # of killing what an instance runs
_processes: dict[str, subprocess.Popen[bytes]] = {}


class _Handle:
    """What RunInstances expects back from a boot."""

    def __init__(self, instance_id: str) -> None:
        self.id = self.name = instance_id

    def remove(self, *, force: bool = True) -> None:
        end(self.id)


def install() -> None:
    """Replace how ministack boots an instance and how it removes one."""
    launch, remove = ec2._vm_launch, ec2._vm_remove_container

    def boot(instance: dict[str, Any], reference: str) -> Any:
        if reference.startswith(PROCESS):
            return _boot_process(instance, Path(reference.removeprefix(PROCESS)))
        container = launch(instance, reference)
        threading.Thread(
            target=_run_in, args=(container, instance, _environment(instance)), daemon=True
        ).start()
        return container

    def remove_any(instance: dict[str, Any]) -> None:
        if instance["InstanceId"] in _processes:
            end(instance["InstanceId"])
        else:
            remove(instance)

    ec2._vm_launch, ec2._vm_remove_container = boot, remove_any


def end(instance_id: str) -> None:
    """Kill all that an instance runs: it gets no time to say goodbye."""
    if _processes.pop(instance_id, None) is not None:
        _kill_all(instance_id)


def _kill_all(instance_id: str) -> None:
    """Whatever group or session its processes are in: all have its folder in their environment."""
    needle = f"/instances/{instance_id}".encode()
    for _ in range(ROUNDS):
        found = False
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if needle in (entry / "environ").read_bytes():
                    os.kill(int(entry.name), signal.SIGKILL)
                    found = True
        if not found:
            return
        clock.pause(0.01)


def end_all() -> None:
    """Kill all of them."""
    for instance_id in list(_processes):
        end(instance_id)


def _boot_process(instance: dict[str, Any], root: Path) -> _Handle:
    instance_id = instance["InstanceId"]
    home = Path(environment.inherited(STATE)[STATE]) / "instances" / instance_id
    home.mkdir(parents=True)
    script = home / "user-data"
    script.write_bytes(_user_data(instance))
    with (home / "console.log").open("wb") as console:
        process = subprocess.Popen(
            ["/bin/sh", str(script)],
            cwd=home,
            env={
                **_environment(instance),
                **environment.inherited("ASSAY_CALL"),
                "HOME": str(home),
                "TMPDIR": str(home),
                "AMI_ROOT": str(root),
            },
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _processes[instance_id] = process
    instance["VmManager"] = "docker"  # else ministack would not ask us to end it
    threading.Thread(target=_watch, args=(instance, process), daemon=True).start()
    return _Handle(instance_id)


def _watch(instance: dict[str, Any], process: subprocess.Popen[bytes]) -> None:
    process.wait()
    _kill_all(instance["InstanceId"])  # what its user data left running
    _ended(instance)


def _run_in(container: Any, instance: dict[str, Any], environment: dict[str, str]) -> None:
    container.exec_run(["/bin/sh", "-c", _user_data(instance).decode()], environment=environment)
    _ended(instance)
    with contextlib.suppress(Exception):  # removed meanwhile by TerminateInstances
        container.remove(force=True)


def _ended(instance: dict[str, Any]) -> None:
    if instance["State"]["Name"] == "running":
        instance["State"] = {"Code": 48, "Name": "terminated"}
        instance["_terminated_at"] = time.time()


def _user_data(instance: dict[str, Any]) -> bytes:
    return base64.b64decode(instance.get("UserData") or b"")


def _environment(instance: dict[str, Any]) -> dict[str, str]:
    """What an instance on AWS would ask its metadata service for."""
    region = responses.get_region()
    return {
        **_credentials(instance),
        "INSTANCE_ID": instance["InstanceId"],
        "REPLICATOR_PREFIX": TAGS.get().get(PREFIX_TAG, ""),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{app._resolve_port()}",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _credentials(instance: dict[str, Any]) -> dict[str, str]:
    """Credentials of the instance's role."""
    arn = (instance.get("IamInstanceProfile") or {}).get("Arn", "")
    profile = iam._instance_profiles.get(arn.rsplit("/", 1)[-1])
    if not profile or not profile["Roles"]:
        return {}
    role = profile["Roles"][0]
    name = role if isinstance(role, str) else role["RoleName"]
    account, session = responses.get_account_id(), instance["InstanceId"]
    access, secret, token = (
        "ASIA" + secrets.token_hex(8).upper(), secrets.token_hex(20), secrets.token_hex(32)
    )  # fmt: skip
    sts.register_session(access, {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "UserId": f"{name}:{session}", "SecretAccessKey": secret, "SessionToken": token,
    })  # fmt: skip
    return {
        "AWS_ACCESS_KEY_ID": access,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
    }
