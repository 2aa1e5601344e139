"""A server of our own from binaries: template, data folder, postmaster, readiness."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from assay import environment
from assay.clock import wait_until
from assay.errors import ServerError
from assay.postgres import identity
from assay.postgres.account import Account
from assay.postgres.address import Address, Viewer
from assay.postgres.binaries import Binaries
from assay.postgres.lease import ServerEntry
from assay.postgres.logs import FileLog
from assay.postgres.owner import Owner
from assay.postgres.probe import probe
from assay.postgres.providers.base import Order, Start
from assay.postgres.server import Server
from assay.postgres.session import connect, literal
from assay.postgres.settings import SETTINGS, SUPERUSER
from assay.process import LOOPBACK, Running, die_with_parent, execute, free_port, start
from assay.redact import Secret

INITDB = (
    f"--username={SUPERUSER}",
    "--encoding=UTF8",
    "--locale=C",
    "--auth-local=trust",  # the socket lies in a folder that is closed to others
    "--auth-host=scram-sha-256",
    "--no-sync",
)
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of ours inside, closed to others
ROOM = 1 << 30  # bytes that must be free in shared memory for a server
START_LIMIT = 30.0  # seconds


def prepare(order: Order, *, provider: str, binaries: Binaries) -> Start:
    """Make the data folder of a server; the postmaster follows with `launch`."""
    cluster = Cluster.make(order, provider=provider, binaries=binaries)
    return Start(launch=cluster.launch, ready=cluster.ready)


@dataclass(slots=True)
class Cluster:
    """One data folder and its postmaster."""

    order: Order
    provider: str
    binaries: Binaries
    account: Account
    home: Path  # holds data, log and socket
    settings: Mapping[str, str]
    port: int = 0
    running: Running | None = None

    @classmethod
    def make(
        cls,
        order: Order,
        *,
        provider: str,
        binaries: Binaries,
        place: Path | None = None,
        settings: Mapping[str, str] = SETTINGS,
    ) -> Cluster:
        """Record the folder in the lease, then fill it from the template.

        `place` is the folder to put it in, by default shared memory where there is room.
        """
        account = Account.for_servers()
        template = _template(binaries, account)
        home = (_place() if place is None else place) / f"assay-{order.label}"
        order.lease.add(ServerEntry(label=order.label, pair=order.number, folder=str(home)))
        home.mkdir(mode=0o700)
        account.give(home)
        cluster = cls(order, provider, binaries, account, home, settings)
        _as(account, "cp", "-R", str(template), str(cluster.data))
        identity.renew(cluster.data)
        return cluster

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.home / "data"

    @property
    def log(self) -> FileLog:
        """Its log."""
        return FileLog(self.home / "server.log")

    def launch(self) -> None:
        """Start the postmaster; it dies with this process unless it may be kept."""
        self.port = free_port()
        self._configure()
        tied = (
            not self.order.keep
            and sys.platform == "linux"
            and threading.current_thread() is threading.main_thread()
        )
        self.running = start(
            [
                *("/bin/sh", "-c", 'exec "$@" >>"$0" 2>&1', str(self.log.path)),
                *(self.binaries.program("postgres"), "-D", str(self.data)),
            ],
            env={**environment.inherited(), "LC_ALL": "C"},
            cwd=Path("/"),
            user=self.account.user,
            group=self.account.group,
            before_exec=die_with_parent(signal.SIGQUIT) if tied else None,
        )
        self.order.lease.update(self.order.label, process=Owner.of(self.running.pid))

    def ready(self) -> Server:
        """Wait until it accepts connections, set the password, ask what it can do."""
        wait_until(
            self._answers, what=f"PostgreSQL in {self.home}", timeout=START_LIMIT, every=0.005
        )
        with connect(self._by_socket(), application="assay/start") as connection:
            self.order.credentials.apply(connection)
            facts = probe(connection)
        self.order.lease.update(self.order.label, system_identifier=facts.system_identifier)
        address = Address(LOOPBACK, self.port, SUPERUSER, self.order.credentials.password)
        return Server(
            role=self.order.role,
            provider=self.provider,
            version=facts.version,
            major=facts.major,
            owned=True,
            features=facts.features | {"owned", "shared-address"},
            system_identifier=facts.system_identifier,
            data=f"in {_kind(self.home)}",
            addresses=dict.fromkeys(Viewer, address),
            log=self.log,
            end=self.end,
            disown=self.disown,
            process=None if self.running is None else self.running.pid,
        )

    def end(self) -> None:
        """End it at once and remove its folder; nothing of it is worth keeping."""
        if self.running is not None:
            Owner.of(self.running.pid).end(first=signal.SIGQUIT, grace=3.0)
            self.running.finish(timed_out=False)
        shutil.rmtree(self.home, ignore_errors=True)
        self.order.lease.forget(self.order.label)

    def disown(self) -> None:
        """Let the postmaster outlive this process."""
        if self.running is not None:
            self.running.disown()

    def _answers(self) -> bool:
        if self.running is not None and not self.running.alive():
            if "could not bind" in self.log.read(0).decode("utf-8", "replace"):
                raise PortTaken(f"Port {self.port} was taken while the server started.")
            raise ServerError(
                f"PostgreSQL {self.binaries.version} ended while starting.",
                evidence=self.log.read(0).decode("utf-8", "replace")[-2000:].strip(),
                remedy="free shared memory or disk, or use another --pg-provider",
            )
        pid_file = self.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines() if pid_file.exists() else []
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _by_socket(self) -> Address:
        return Address(str(self.home), self.port, SUPERUSER, Secret(""))

    def _configure(self) -> None:
        own = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": str(self.home),
        }
        settings = {**self.settings, **own}
        text = "".join(f"{name} = {literal(value)}\n" for name, value in settings.items())
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as stream:
            stream.write(text)


class PortTaken(ServerError):
    """Somebody took the port between our choosing it and the server's binding it."""


def _as(account: Account, *argv: str) -> None:
    done = execute(
        argv,
        env={**environment.inherited(), "LC_ALL": "C"},
        timeout=60,
        cwd=Path("/"),
        user=account.user,
        group=account.group,
        # A copy that went on after our death would fight with the reaper.
        before_exec=die_with_parent(),
    )
    if not done.ok:
        raise ServerError(
            f"{argv[0]} failed.", evidence=done.output.strip()[-2000:] or f"exit {done.exit}"
        )


def _template(binaries: Binaries, account: Account) -> Path:
    """An initialised data folder for these binaries and options, made once and then copied."""
    key = "|".join((str(binaries.folder.resolve()), binaries.version, str(account.user), *INITDB))
    name = f"{binaries.version}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    folder = environment.cache_dir() / "templates"
    folder.mkdir(exist_ok=True)
    if account.user is not None:
        account.give(folder)
    template = folder / name
    if template.exists():
        return template
    with FileLock(environment.cache_dir() / f"{name}.lock"):
        if not template.exists():
            draft = folder / f"{name}.draft"
            shutil.rmtree(draft, ignore_errors=True)  # of a run that was killed
            _as(account, binaries.program("initdb"), *INITDB, "-D", str(draft))
            draft.rename(template)
    return template


def _place() -> Path:
    """Shared memory where there is room, else the temp folder."""
    if (
        SHARED_MEMORY.is_dir()
        and os.access(SHARED_MEMORY, os.W_OK)
        and shutil.disk_usage(SHARED_MEMORY).free >= ROOM
    ):
        return SHARED_MEMORY
    return Path(tempfile.gettempdir())


def _kind(path: Path) -> str:
    return "shared memory" if path.is_relative_to(SHARED_MEMORY) else str(path.parent)
