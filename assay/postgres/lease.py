"""The local lease: one file per process that says what it made, written before making it."""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assay import environment
from assay.names import RunId
from assay.postgres.owner import Owner

LIFETIME = timedelta(hours=24)
RUN_LABEL = "assay.run"
POOL_LABEL = "assay.pool"
PAIR_LABEL = "assay.pair"
EXPIRES_LABEL = "assay.expires"


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """One server we start: its folder or container, its process and its identity once known."""

    label: str
    pair: int
    folder: str | None = None
    container: str | None = None
    process: Owner | None = None
    system_identifier: str | None = None
    kept_until: str | None = None  # set: the reaper spares it, sweep ends it

    @property
    def kept(self) -> bool:
        """Whether it shall outlive its run."""
        return self.kept_until is not None

    def expired(self, now: datetime) -> bool:
        """Whether its time is over; only kept ones have a time."""
        return self.kept_until is not None and datetime.fromisoformat(self.kept_until) <= now


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file that goes with a server pair, such as a password file."""

    path: str
    pair: int


@dataclass(frozen=True, slots=True)
class RunState:
    """What a process of a run made, as it lies on disk."""

    run: str
    pool: str
    owner: Owner
    host: str
    created: str
    expires: str
    servers: tuple[ServerEntry, ...] = ()
    files: tuple[FileEntry, ...] = ()
    docker: bool = False

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> RunState:
        """Read back what `to_json` wrote."""
        data = json.loads(text)
        servers = tuple(
            ServerEntry(**{**entry, "process": _owner(entry["process"])})
            for entry in data.pop("servers")
        )
        data["owner"] = Owner(**data["owner"])
        data["files"] = tuple(FileEntry(**entry) for entry in data["files"])
        return cls(servers=servers, **data)


@dataclass(slots=True)
class RunLease:
    """The lease of this process: every change is on disk before the thing exists."""

    run: RunId
    directory: Path = field(default_factory=lambda: environment.state_dir() / "runs")
    _state: RunState = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        now = datetime.now(UTC)
        self._state = RunState(
            run=self.run.text,
            pool=f"{self.run.text}-{os.getpid()}-{secrets.token_hex(2)}",
            owner=Owner.me(),
            host=socket.gethostname(),
            created=now.isoformat(),
            expires=(now + LIFETIME).isoformat(),
        )

    @property
    def pool(self) -> str:
        """The name of this process within the run, carried by folders and containers."""
        return self._state.pool

    @property
    def path(self) -> Path:
        """The lease's file."""
        return self.directory / f"{self.pool}.json"

    @property
    def state(self) -> RunState:
        """What is on disk."""
        return self._state

    def open(self) -> None:
        """Write the file for the first time."""
        self._write(self._state)

    def labels(self, entry: ServerEntry) -> dict[str, str]:
        """What a container of ours carries."""
        return {
            RUN_LABEL: self.run.text,
            POOL_LABEL: self.pool,
            PAIR_LABEL: str(entry.pair),
            EXPIRES_LABEL: self._state.expires,
        }

    def add(self, entry: ServerEntry) -> None:
        """Record a server that is about to be made."""
        with self._lock:
            uses_docker = self._state.docker or entry.container is not None
            servers = (*self._state.servers, entry)
            self._write(replace(self._state, servers=servers, docker=uses_docker))

    def add_file(self, path: Path, *, pair: int) -> None:
        """Record a file that is about to be made and goes with a server pair."""
        with self._lock:
            entry = FileEntry(str(path), pair)
            self._write(replace(self._state, files=(*self._state.files, entry)))

    def update(self, label: str, **changes: object) -> None:
        """Complete what is known of a server."""
        with self._lock:
            servers = tuple(
                replace(entry, **changes) if entry.label == label else entry  # type: ignore[arg-type]
                for entry in self._state.servers
            )
            self._write(replace(self._state, servers=servers))

    def forget(self, label: str) -> None:
        """Strike out a server that is gone."""
        with self._lock:
            servers = tuple(e for e in self._state.servers if e.label != label)
            self._write(replace(self._state, servers=servers))

    def keep(self, pair: int, *, until: datetime) -> None:
        """Let a server pair outlive the run until a moment."""
        for entry in self._state.servers:
            if entry.pair == pair:
                self.update(entry.label, kept_until=until.isoformat())

    def _write(self, state: RunState) -> None:
        write(self.path, state)
        self._state = state


def write(path: Path, state: RunState) -> None:
    """Replace a lease's file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{threading.get_ident()}.draft")
    draft.write_text(state.to_json(), encoding="utf-8")
    draft.replace(path)


def read_all(directory: Path | None = None) -> Iterator[tuple[Path, RunState]]:
    """Every lease of this user on this machine."""
    folder = environment.state_dir() / "runs" if directory is None else directory
    for path in sorted(folder.glob("*.json")):
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:  # its owner has just finished
            continue
        yield path, RunState.from_json(text)


def _owner(data: dict[str, object] | None) -> Owner | None:
    return None if data is None else Owner(**data)  # type: ignore[arg-type]
