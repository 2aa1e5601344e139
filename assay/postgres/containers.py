"""The Docker daemon: whether it answers, images, and the removal of containers by label."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import docker
from docker.errors import DockerException, NotFound

from assay import environment
from assay.clock import monotonic, pause
from assay.errors import ServerError
from assay.postgres.lease import PAIR_LABEL

_DEFAULT_HOST = "unix:///var/run/docker.sock"
ANSWER_LIMIT = 5  # seconds for the daemon to answer at all
CREATION_LIMIT = 3.0  # seconds for a container that was asked for to appear
PULL_LIMIT = 180  # seconds for an image to come


@contextmanager
def daemon(*, timeout: int = 30) -> Iterator[Any]:
    """A client of the daemon that the environment names; DockerException when none answers."""
    if refusal := _socket_refuses():
        raise DockerException(refusal)
    client = docker.from_env(timeout=timeout)
    try:
        yield client
    finally:
        client.close()


def _socket_refuses() -> str | None:
    """Why nothing listens on the daemon's unix socket; None where something does, or for TCP.

    Asked before the library, which leaves its socket open when it cannot connect.
    """
    host = environment.variable("DOCKER_HOST") or _DEFAULT_HOST
    if not host.startswith("unix://"):
        return None
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ANSWER_LIMIT)
        try:
            probe.connect(host.removeprefix("unix://"))
        except OSError as error:
            return f"no daemon answers on {host}: {error.strerror or error}"
    return None


def why_absent() -> str | None:
    """Why Docker cannot be used here; None when the daemon answers."""
    try:
        with daemon(timeout=ANSWER_LIMIT) as client:
            client.ping()
    except DockerException as error:
        return str(error)
    return None


def has_image(image: str) -> bool:
    """Whether an image is local."""
    try:
        with daemon(timeout=ANSWER_LIMIT) as client:
            return bool(client.images.list(name=image))
    except DockerException:
        return False


def why_no_image(image: str) -> str | None:
    """Pull an image unless it is local; why it cannot be had, or None."""
    try:
        if not has_image(image):
            with daemon(timeout=PULL_LIMIT) as client:
                client.images.pull(image)
    except (DockerException, OSError) as error:  # OSError: the pull took too long
        return str(error)
    return None


def remove(
    label: str,
    *,
    sparing_pairs: Set[int] = frozenset(),
    awaited: Set[str] = frozenset(),
) -> int:
    """Remove the containers that carry a label, with their volumes; how many there were.

    Containers of spared pairs stay. A container that is `awaited` by name may still be on its way:
    its creation was asked for by a process that has died since.
    """
    missing, removed = set(awaited), 0
    deadline = monotonic() + CREATION_LIMIT
    try:
        with daemon() as client, ThreadPoolExecutor(max_workers=8) as threads:
            while True:
                labelled = {"label": label}
                found = client.containers.list(all=True, filters=labelled, ignore_removed=True)
                doomed = [one for one in found if _pair(one) not in sparing_pairs]
                list(threads.map(_remove_one, doomed))
                removed += len(doomed)
                missing -= {one.name for one in doomed}
                if not missing or monotonic() > deadline:
                    return removed
                pause(0.2)
    except DockerException as error:
        raise ServerError(
            f"Containers labelled {label} could not be removed.",
            evidence=str(error),
            remedy=f"docker rm -fv $(docker ps -aq --filter label={label})",
        ) from error


def networks() -> list[str]:
    """The address ranges of the daemon's networks; empty where no daemon answers."""
    try:
        with daemon(timeout=ANSWER_LIMIT) as client:
            configs = [network.attrs["IPAM"]["Config"] or [] for network in client.networks.list()]
    except DockerException:
        return []
    return [entry["Subnet"] for config in configs for entry in config if "Subnet" in entry]


def _pair(container: Any) -> int | None:
    number = container.labels.get(PAIR_LABEL)
    return None if number is None else int(number)


def _remove_one(container: Any) -> None:
    try:
        container.remove(force=True, v=True)
    except NotFound:
        return  # somebody else was faster; gone is gone
