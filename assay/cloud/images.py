"""Images of the worker for the local cloud: a folder that stands for a machine's file system.

The worker's own files are those that go into the image on AWS; what differs is the interpreter,
the command that ends the machine, and how the replicator is called.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assay import environment
from assay.errors import SetupError
from assay.process import execute
from assay.replicators.tool import OWN_ENVIRONMENT, own_program

REPLICATOR = "opt/replicator"
LIMIT = 1200.0  # seconds for an image of Docker's


@dataclass(frozen=True, slots=True)
class Program:
    """A replicator as the worker calls it (`aws/ec2/worker/replicator.py` says what is meant)."""

    argv: tuple[str, ...]
    passwords: str
    pin: str
    environment: Mapping[str, str] = field(default_factory=dict)


def reference(client_tools: Path) -> Program:
    """Our own, run by this interpreter; `client_tools` is the folder of pg_dump and its like."""
    return _ours("assay.replicators.reference", client_tools)


def control(name: str, client_tools: Path) -> Program:
    """A negative control, such as `noop` or `schema-only`, called as the reference is."""
    return _ours("assay.replicators.controls", client_tools, name)


def seren(binary: Path, client_tools: Path) -> Program:
    """The Rust tool: it takes passwords in its URLs only, and resolves names by itself.

    Its names are pinned by a hosts file of its own, which takes root (pinned.sh).
    """
    return Program(
        (f"{{root}}/{REPLICATOR}/pinned.sh", str(binary.absolute())),
        passwords="urls",
        pin="hosts",
        environment={**_path(client_tools), "RUST_LOG": "info", "RUST_BACKTRACE": "0"},
    )


def process_image(folder: Path, program: Program, *, sources: Path) -> str:
    """Lay an image out in a folder; its reference for `LocalCloud.register_image`.

    `sources` is the clone's folder `aws`.
    """
    home = folder / REPLICATOR
    library = home / "lib"
    library.mkdir(parents=True, exist_ok=True)
    skip = shutil.ignore_patterns("__pycache__")
    for part in ("ec2/worker", "common/jobcore", "contract"):
        shutil.copytree(sources / part, library / Path(part).name, dirs_exist_ok=True, ignore=skip)
    for script in ("worker.sh", "pinned.sh"):
        shutil.copy(sources / "ec2" / script, home)
    install(folder, program)
    _script(home / "python", f'exec {shlex.quote(sys.executable)} "$@"')
    _script(home / "power-off", "exit 0  # the instance ends with its user data")
    return f"proc:{folder.absolute()}"


def container_image(tag: str, *, sources: Path) -> str:
    """Build the worker's image for Docker, with the reference; its reference, which is the tag.

    By the recipe of the image on AWS (build-ami.sh --local), from `postgres:17`; half a minute.
    SetupError with what the recipe said when it fails.
    """
    names = ("HOME", "PIP_INDEX_URL", "PIP_CERT", "PIP_CONFIG_FILE", "REQUESTS_CA_BUNDLE")
    env = {**environment.inherited(*names), "PYTHON": sys.executable}
    script = str(sources / "ec2" / "build-ami.sh")
    done = execute(["bash", script, "--local", tag], env=env, timeout=LIMIT)
    if not done.ok:
        raise SetupError(
            f"The worker's image {tag} could not be built.", evidence=done.output.strip()[-1500:]
        )
    return tag


def remove_container_image(tag: str) -> None:
    """Remove it again; one that is not there is no error."""
    execute(["docker", "image", "rm", "--force", tag], env=environment.inherited(), timeout=LIMIT)


def install(folder: Path, program: Program) -> None:
    """Put a replicator into an image, in the place of the one that is there."""
    described = {
        "argv": [word.format(root=folder.absolute()) for word in program.argv],
        "passwords": program.passwords,
        "pin": program.pin,
        "environment": dict(program.environment),
    }
    text = json.dumps(described, indent=1)
    (folder / REPLICATOR / "replicator.json").write_text(text, encoding="utf-8")


def _ours(module: str, client_tools: Path, *words: str) -> Program:
    argv, variables = own_program(module, *words), {**OWN_ENVIRONMENT, **_path(client_tools)}
    return Program(argv, passwords="passfile", pin="hostaddr", environment=variables)


def _path(client_tools: Path) -> dict[str, str]:
    return {"PATH": os.pathsep.join((str(client_tools), os.defpath))}


def _script(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)
