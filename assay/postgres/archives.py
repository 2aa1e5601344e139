"""Archives of server programs, unpacked once into a cache folder that every account can read."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from assay import environment
from assay.errors import SetupError
from assay.postgres.account import open_to_all


def kept_once(name: str, make: Callable[[Path], None]) -> Path:
    """The cache's folder of that name; `make` fills a draft of it where there is none yet.

    The name says all that its content depends on. A draft that a killed run left is begun anew.
    """
    home = environment.cache_dir() / "programs" / name
    if home.exists():
        return home
    home.parent.mkdir(exist_ok=True)
    home.parent.chmod(0o755)
    with FileLock(home.with_name(f"{name}.lock")):
        if not home.exists():
            draft = home.with_name(f"{name}.draft")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            make(draft)
            open_to_all(draft)
            draft.rename(home)
    return home


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar archive, compressed in any way; SetupError where it is none."""
    try:
        with tarfile.open(archive) as members:
            members.extractall(folder, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise SetupError(
            f"{archive.name} cannot be unpacked.",
            evidence=str(error),
            remedy="fetch it again, and see that there is room",
        ) from error


def of_19(clone: Path) -> Path:
    """The archive of PostgreSQL 19 for our own tests; SetupError says where it was looked for.

    No registry has one: ASSAY_PG_19_ARCHIVE names it, else it lies beside the clone.
    """
    named = environment.variable("ASSAY_PG_19_ARCHIVE")
    archive = Path(named) if named else clone.parent / "shared" / "postgresql-19.tar.xz"
    if not archive.is_file():
        raise SetupError(
            "There is no archive of PostgreSQL 19.",
            evidence="ASSAY_PG_19_ARCHIVE names none that is there"
            if named
            else "neither does ASSAY_PG_19_ARCHIVE name one, nor has ../shared one",
            remedy="set ASSAY_PG_19_ARCHIVE to a tar archive with postgresql-19/bin in it",
        )
    return archive


def programs_of_19(clone: Path) -> Path:
    """The folder of its programs, unpacked now if it was not."""
    return unpacked(of_19(clone)) / "postgresql-19" / "bin"


def unpacked(archive: Path) -> Path:
    """Where an archive lies unpacked: once for each content."""
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return kept_once(
        f"{archive.name.partition('.')[0]}-{digest[:12]}", lambda draft: unpack(archive, draft)
    )
