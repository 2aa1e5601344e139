"""What a program says of its version, kept between runs: to ask takes a process each time."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from assay import environment
from assay.process import execute

_SCRIPT = 1 << 16  # bytes: what is smaller may be a script, whose answer changes without it


def said_version(program: Path) -> str:
    """What it says to `--version`, "" where it does not run; asked once for each state of a file.

    Raises OSError where there is no such file.
    """
    about = program.stat()
    if about.st_size < _SCRIPT:
        return _asked(program)
    state = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    kept = environment.cache_dir() / "versions" / "-".join(map(str, state))
    with suppress(FileNotFoundError):
        return kept.read_text(encoding="utf-8")
    said = _asked(program)
    if said:
        _keep(kept, said)
    return said


def _asked(program: Path) -> str:
    answer = execute([str(program), "--version"], env=environment.inherited(), timeout=10)
    return answer.stdout if answer.ok else ""


def _keep(kept: Path, said: str) -> None:
    """Whole or not at all; where nothing can be written it is asked again."""
    draft = kept.with_name(f"{kept.name}.{os.getpid()}")
    with suppress(OSError):
        kept.parent.mkdir(exist_ok=True)
        draft.write_text(said, encoding="utf-8")
        draft.replace(kept)
