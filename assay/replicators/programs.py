"""The programs of a tool under test: where they are looked for, and whether they can start."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Iterable

from assay.environment import inherited
from assay.errors import UsageError
from assay.postgres.binaries import CLIENT
from assay.process import execute

_NOT_STARTED = (126, 127)  # what a shell and the dynamic linker end with


def search_path(client_tools: str) -> str:
    """The PATH of every phase: pg_dump and its like of the right major, then the system's own."""
    return os.pathsep.join((client_tools, os.defpath))


@functools.cache
def first_line(argv: tuple[str, ...], path: str | None) -> str:
    """What a version command says first, asked once with the PATH of the phases."""
    env = inherited() if path is None else {**inherited(), "PATH": path}
    done = execute(argv, env=env, timeout=10)
    return (done.output.strip().splitlines() or ["unknown"])[0]


def check_startable(name: str, programs: Iterable[str], *, version: tuple[str, ...] = ()) -> None:
    """UsageError naming every program that no phase could start; client programs are ours.

    `version` is the command that asks for the version: it has to start, whatever it says.
    """
    wrong = [line for program in programs if (line := _why_not(program))]
    if not wrong and version and version[0] not in CLIENT:
        done = execute(version, env={**inherited(), "PATH": os.defpath}, timeout=10)
        if done.exit in (None, *_NOT_STARTED) or done.timed_out:
            wrong = [f"{' '.join(version)}: {done.output.strip()[-500:] or 'no answer in 10 s'}"]
    if wrong:
        raise UsageError(
            f"The tool {name} cannot be started.",
            evidence="\n".join(wrong),
            remedy="name the program by its path, or install it; no phase was tried",
        )


def _why_not(program: str) -> str | None:
    if program in CLIENT or program.startswith(("pg_", "{")):
        return None  # client programs come with the servers, a placeholder with the call
    if shutil.which(program, path=os.defpath) is not None:
        return None
    if "/" in program:
        return f"{program} is not there, or not executable"
    elsewhere = shutil.which(program, path=inherited().get("PATH"))
    told = f"{program} is in none of {os.defpath}, where phases look for programs"
    return told + (f"; it is {elsewhere}" if elsewhere else "")
