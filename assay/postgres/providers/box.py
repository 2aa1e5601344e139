"""One server in a container, through testcontainers; clean-up is ours, by label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from docker.errors import DockerException
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from assay.clock import wait_until
from assay.errors import ServerError
from assay.postgres.address import Address, Viewer
from assay.postgres.lease import ServerEntry
from assay.postgres.logs import FetchedLog
from assay.postgres.probe import probe
from assay.postgres.providers.base import Order
from assay.postgres.server import Server
from assay.postgres.session import connect
from assay.postgres.settings import SETTINGS, SUPERUSER

PORT = 5432
START_LIMIT = 60.0  # seconds
DATA = "/assay"  # a tmpfs; the same place in images old and new
TMPFS = "rw,size=2g"


def make(order: Order, *, provider: str, image: str) -> Box:
    """A container that has not been created yet."""
    return Box(order=order, provider=provider, container=_container(order, image))


@dataclass(slots=True)
class Box:
    """One container with a server in it."""

    order: Order
    provider: str
    container: DockerContainer

    @property
    def name(self) -> str:
        """The container's name, which carries the run's id."""
        return f"assay-{self.order.label}"

    def launch(self) -> None:
        """Record it; containers are started by `ready`, both sides at once."""
        order = self.order
        order.lease.add(ServerEntry(label=order.label, pair=order.number, container=self.name))

    def ready(self) -> Server:
        """Start the container and wait until the server answers from where we are."""
        try:
            self.container.start()
        except (DockerException, OSError) as error:
            raise ServerError(
                f"The container {self.name} could not be started.", evidence=str(error)
            ) from error
        tests = self._reachable()
        with connect(tests, application="assay/start") as connection:
            self.order.credentials.apply(connection)
            facts = probe(connection)
        self.order.lease.update(self.order.label, system_identifier=facts.system_identifier)
        addresses, shared = self._addresses(tests)
        return Server(
            role=self.order.role,
            provider=self.provider,
            version=facts.version,
            major=facts.major,
            owned=True,
            features=facts.features | {"owned"} | ({"shared-address"} if shared else set()),
            system_identifier=facts.system_identifier,
            data="in a container's tmpfs",
            addresses=addresses,
            log=FetchedLog(self._logs),
            end=self.end,
            disown=self.disown,
            container=self.name,
        )

    def end(self) -> None:
        """Remove the container with its volumes."""
        self.container.stop(force=True, delete_volume=True)
        self.order.lease.forget(self.order.label)

    def disown(self) -> None:
        """Nothing ties a container to this process but our connection to the daemon."""
        self.container.get_docker_client().client.close()

    def _addresses(self, tests: Address) -> tuple[Mapping[Viewer, Address], bool]:
        """Where each viewer finds it, and whether one address serves tool and peer.

        Another container reaches the bridge address always; this machine does on Linux, but not
        where Docker runs in a virtual machine.
        """
        bridge = self._at(self._attributes()["NetworkSettings"]["IPAddress"], PORT)
        shared = _answers(bridge)
        replicator = bridge if shared else tests
        return {
            Viewer.TESTS: tests,
            Viewer.REPLICATOR: replicator,
            Viewer.PEER: bridge,
        }, shared

    def _reachable(self) -> Address:
        """The published port on loopback; the bridge address where we are in a container too."""

        def answering() -> Address | None:
            attributes = self._attributes()
            if not attributes["State"]["Running"]:
                raise ServerError(
                    f"The container {self.name} ended while starting.",
                    evidence=self._logs().decode("utf-8", "replace")[-2000:].strip(),
                )
            network = attributes["NetworkSettings"]
            published = network["Ports"][f"{PORT}/tcp"] or []
            places = [("127.0.0.1", int(entry["HostPort"])) for entry in published[:1]]
            places.append((network["IPAddress"], PORT))
            return next((one for one in (self._at(*p) for p in places) if _answers(one)), None)

        found = wait_until(
            answering, what=f"PostgreSQL in {self.name}", timeout=START_LIMIT, every=0.02
        )
        return cast(Address, found)

    def _at(self, host: str, port: int) -> Address:
        return Address(host, port, SUPERUSER, self.order.credentials.password)

    def _attributes(self) -> dict[str, Any]:
        wrapped = self.container.get_wrapped_container()
        wrapped.reload()
        return cast(dict[str, Any], wrapped.attrs)

    def _logs(self) -> bytes:
        return cast(bytes, self.container.get_wrapped_container().logs())


def _container(order: Order, image: str) -> DockerContainer:
    """A container that is tmpfs, published on loopback only, labelled, and without Ryuk."""
    testcontainers_config.ryuk_disabled = True  # its image cannot be pulled everywhere
    settings = SETTINGS | {"listen_addresses": "*"}
    entry = ServerEntry(label=order.label, pair=order.number)
    container = (
        DockerContainer(image)
        .with_name(f"assay-{order.label}")
        .with_command(["postgres", *(f"-c{name}={value}" for name, value in settings.items())])
        .with_env("POSTGRES_PASSWORD", order.credentials.password.reveal())
        .with_env("POSTGRES_INITDB_ARGS", "--encoding=UTF8 --locale=C --no-sync")
        .with_env("PGDATA", f"{DATA}/data")
        .with_tmpfs_mount(DATA, TMPFS)
        .with_kwargs(labels=order.lease.labels(entry))
    )
    # Any port of loopback, which the fluent interface cannot say.
    container.ports = cast(Any, {f"{PORT}/tcp": ("127.0.0.1", None)})
    return container


def _answers(address: Address) -> bool:
    try:
        with connect(address, application="assay/start", timeout=2):
            return True
    except ServerError:
        return False
