"""Python environments beside the project's own, made once from locked requirements and kept."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from filelock import FileLock

from assay import environment
from assay.errors import SetupError
from assay.process import execute

LIMIT = 600.0  # seconds


def python_of(requirements: Path, *, name: str) -> Path:
    """The interpreter of an environment with exactly these requirements (hashes checked).

    The environment lies in the cache folder, under the hash of the file and the interpreter.
    """
    key = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = environment.cache_dir() / "venvs" / f"{name}-{key}"
    home.parent.mkdir(parents=True, exist_ok=True)
    done = home / ".complete"
    with FileLock(f"{home}.lock", timeout=LIMIT):
        if not done.exists():
            shutil.rmtree(home, ignore_errors=True)
            _make(home, requirements)
            done.touch()
    return home / "bin" / "python"


def _make(home: Path, requirements: Path) -> None:
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input",
           "--disable-pip-version-check", "--require-hashes", "-r", str(requirements)]  # fmt: skip
    env = environment.for_pip()
    for argv in ([sys.executable, "-m", "venv", str(home)], pip):
        made = execute(argv, env=env, timeout=LIMIT)
        if not made.ok:
            raise SetupError(
                f"The environment {home.name} could not be made.",
                evidence=made.output[-1500:].strip(),
                remedy="see that pip can reach a package index",
            )
