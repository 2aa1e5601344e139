"""Images of the worker for the local cloud: a folder that stands for a machine, or Docker's.

The worker's own files are those that go into the image on AWS; what differs in a folder is the
interpreter, the command that ends the machine, and how the replicator is called. An image of
Docker's is made by the recipe of the image on AWS.
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
LIMIT = 1500.0  # seconds for a container image


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


@dataclass(frozen=True, slots=True)
class ContainerImage:
    """An image of Docker's; `tag` is its reference for `LocalCloud.register_image`.

    `not_run` are the parts of the recipe that need AWS itself.
    """

    tag: str
    not_run: tuple[str, ...]

    def remove(self) -> None:
        """Remove it; SetupError when Docker refuses, as while a container of it is there."""
        done = execute(
            ["docker", "image", "rm", self.tag], env=environment.inherited("HOME"), timeout=60
        )
        if not done.ok:
            raise SetupError(
                f"The image {self.tag} could not be removed.",
                evidence=done.stderr.strip(),
                remedy=f"docker image rm {self.tag}",
            )


def container_image(
    tag: str, *, sources: Path, binary: Path | None = None, base: str | None = None
) -> ContainerImage:
    """Make the worker's image for Docker by `aws/ec2/build-ami.sh --local`: 20 s and more.

    The reference replicator is in it, or `binary`, called as the Rust tool is. `sources` is the
    clone's folder `aws`, `base` an image of Debian 13. Raises SetupError with the script's words.
    """
    words = ["--local", tag]
    words += ["--binary", str(binary)] if binary else []
    words += ["--base", base] if base else []
    script = sources / "ec2" / "build-ami.sh"
    env = {**environment.for_pip(), "PYTHON": sys.executable}
    done = execute(["bash", str(script), *words], env=env, timeout=LIMIT)
    if not done.ok:
        raise SetupError(
            f"The image {tag} could not be made.",
            evidence=done.stderr.strip()[-2000:],
            remedy=f"run it by hand: {script} {shlex.join(words)}",
        )
    said = done.stderr.splitlines()
    return ContainerImage(tag, tuple(line for line in said if line.startswith("NOT RUN: ")))


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
