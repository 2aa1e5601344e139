"""Local clouds that outlive the process that started them: by name, with a time to live."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from assay import environment
from assay.cloud import images, local
from assay.cloud.local import LocalCloud
from assay.deployment import ladder, release
from assay.deployment.places import AWS, in_clone
from assay.deployment.stack import Stack
from assay.errors import UsageError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_CLOUD, _STACK = "cloud.json", "stack"
PATIENCE = 5.0  # seconds for another command on the same cloud


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept cloud, and whether it still runs."""

    name: str
    folder: Path
    cloud: LocalCloud
    until: datetime

    @property
    def runs(self) -> bool:
        """Whether the emulator answers."""
        return self.cloud.answers()

    @property
    def has_stack(self) -> bool:
        """Whether the control plane was applied to it."""
        return Stack.is_in(self.folder / _STACK)

    def stack(self) -> Stack:
        """The control plane that was applied to it; UsageError when none was."""
        if not self.has_stack:
            raise UsageError(
                f"The local cloud {self.name} has no control plane.",
                remedy=f"assay cloud stop {self.name}, then assay cloud start {self.name}",
            )
        return Stack.load(self.cloud, self.folder / _STACK)

    def __str__(self) -> str:
        state = f"until {self.until:%Y-%m-%d %H:%M} UTC" if self.runs else "has ended"
        return f"local cloud {self.name}: {self.cloud.url}, {state}, {self.folder}"


def register(cloud: LocalCloud, folder: Path, replicator: str) -> str:
    """Make an image of the worker with a replicator and register it; its id."""
    reference = images.process_image(folder, release.named(replicator), sources=in_clone(AWS))
    return cloud.register_image(reference, name=f"worker-{folder.name}")


def start(
    name: str, *, seconds: float, replicator: str, bare: bool, progress: Callable[[str], None]
) -> Kept:
    """Start a cloud that lives so many seconds at most, with the control plane unless `bare`.

    UsageError when one of that name runs. What fails in the middle is ended again.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name of a local cloud.", remedy="lower-case letters, digits, hyphens"
        )
    folder = _home() / name
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(folder):
        if (known := _read(folder)) is not None and known.runs:
            raise UsageError(
                f"The local cloud {name} runs already.",
                evidence=str(known),
                remedy=f"use it, or end it: assay cloud stop {name}",
            )
        shutil.rmtree(folder, ignore_errors=True)
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        progress("starting the emulator")
        cloud = local.kept(folder / "state", seconds=seconds)
        try:
            written = {"cloud": json.loads(cloud.to_json()), "until": until.isoformat()}
            (folder / _CLOUD).write_text(json.dumps(written), encoding="utf-8")
            if not bare:
                ladder.stack(ladder.local(cloud, folder, replicator=replicator), progress=progress)
        except BaseException:
            local.stop(cloud)
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return Kept(name, folder, cloud, until)


def find(name: str) -> Kept:
    """The running cloud of that name; UsageError when there is none."""
    found = _read(_home() / name)
    if found is None or not found.runs:
        others = ", ".join(one.name for one in every() if one.runs) or "none"
        raise UsageError(
            f"No local cloud {name} runs.",
            evidence=f"running: {others}",
            remedy=f"assay cloud start {name}",
        )
    return found


def stop(kept: Kept) -> None:
    """End a cloud with all that it started, and remove its folder."""
    with _locked(kept.folder):
        local.stop(kept.cloud)
        shutil.rmtree(kept.folder, ignore_errors=True)


def every() -> list[Kept]:
    """All that are known, ended ones included, by name."""
    found = (_read(folder) for folder in sorted(_home().glob("*")) if folder.is_dir())
    return [one for one in found if one is not None]


def _home() -> Path:
    return environment.state_dir() / "clouds"


def _read(folder: Path) -> Kept | None:
    try:
        read = json.loads((folder / _CLOUD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    cloud = LocalCloud.from_json(json.dumps(read["cloud"]))
    return Kept(folder.name, folder, cloud, datetime.fromisoformat(read["until"]))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One command at a time on a cloud of a name."""
    try:
        with FileLock(f"{folder}.lock", timeout=PATIENCE):
            yield
    except Timeout:
        raise UsageError(
            f"Another command works on the local cloud {folder.name}.",
            evidence=f"it holds {folder}.lock",
            remedy="wait until it has ended",
        ) from None
