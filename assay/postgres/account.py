"""The unprivileged account that servers run under: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from assay import environment
from assay.errors import SetupError


@dataclass(frozen=True, slots=True)
class Account:
    """User and group ids for our servers; None where we are unprivileged already."""

    user: int | None
    group: int | None

    @classmethod
    def for_servers(cls) -> Account:
        """`nobody` when we are root, else ourselves."""
        if not environment.is_root():
            return cls(None, None)
        try:
            entry = pwd.getpwnam("nobody")
        except KeyError as error:
            raise SetupError(
                "PostgreSQL refuses to run as root and there is no user `nobody`.",
                remedy="run as an ordinary user, or use --pg-provider docker",
            ) from error
        return cls(entry.pw_uid, entry.pw_gid)

    def give(self, folder: Path) -> None:
        """Make a folder that account's own, closed to others."""
        folder.chmod(0o700)
        if self.user is not None and self.group is not None:
            os.chown(folder, self.user, self.group)

    def copy_readable(self, source: Path, target: Path) -> None:
        """Copy a tree so that every account can read and run what is inside."""
        shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("*.a"))
        open_to_all(target)


def open_to_all(folder: Path) -> None:
    """Let every account read what is in a tree, and run what its owner may run."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if _runs(path) else 0o444))


def _runs(path: Path) -> bool:
    return path.is_dir() or bool(path.stat().st_mode & 0o100)
