"""What a run was made from, told so that two machines can be held against each other."""

from __future__ import annotations

import hashlib
from pathlib import Path

from assay.environment import inherited
from assay.process import execute

_PATIENCE = 20.0  # seconds for git
_MADE = ("__pycache__",)  # by running, not by writing


def code_digest(*folders: Path) -> str:
    """Of every file in these folders, by its place in them: alike wherever the same code runs."""
    told = hashlib.sha256()
    for number, folder in enumerate(folders):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not set(_MADE) & set(path.parts):
                place = path.relative_to(folder).as_posix()
                told.update(f"{number} {place} {file_digest(path)}\n".encode())
    return told.hexdigest()


def file_digest(path: Path) -> str:
    """Of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def commit(folder: Path) -> str:
    """The commit that is checked out there; empty where git knows none."""
    try:
        done = execute(
            ["git", "rev-parse", "HEAD"], env=inherited("HOME"), cwd=folder, timeout=_PATIENCE
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.ok else ""
