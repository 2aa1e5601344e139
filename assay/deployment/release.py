"""The replicator that a worker runs: ours, a binary, or a crate that cargo builds."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from assay import environment
from assay.cloud import images
from assay.deployment.places import in_clone
from assay.deployment.steps import StepError, tree_digest
from assay.errors import SetupError, UsageError
from assay.postgres import tools
from assay.process import execute

OURS = ("reference", "noop", "schema-only")
FORMS = f"{', '.join(OURS)}, seren:BINARY or crate:DIR"
LIMIT = 3000.0  # seconds for a build
_CARGO_NEEDS = ("HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTFLAGS", "CARGO_TARGET_DIR")


def inputs(name: str) -> Mapping[str, Any]:
    """What the release depends on; UsageError for a name that is none.

    A crate is always asked of cargo again, which knows best what has changed.
    """
    kind, _, path = name.partition(":")
    if name in OURS:
        return {"replicator": name, "sources": tree_digest(in_clone("assay/replicators"))}
    if kind == "seren" and path:
        if not Path(path).is_file():
            raise UsageError(f"There is no {path}.", remedy="name the seren-replicator binary")
        return {"replicator": "seren", "binary": _sha256(Path(path))}
    if kind == "crate" and path:
        if not (Path(path) / "Cargo.toml").is_file():
            raise UsageError(f"There is no crate in {path}.", remedy="crate:DIR with a Cargo.toml")
        return {"replicator": "crate", "sources": tree_digest(*_sources(Path(path)))}
    raise UsageError(f"There is no replicator {name!r} for a worker.", remedy=FORMS)


def make(name: str) -> Mapping[str, Any]:
    """The release: its kind, and for a binary its path and SHA-256."""
    kind, _, path = name.partition(":")
    if kind in OURS:
        return {"kind": kind}
    binary = Path(path).absolute() if kind == "seren" else _build(Path(path))
    return {"kind": "seren", "path": str(binary), "sha256": _sha256(binary)}


def holds(made: Mapping[str, Any]) -> str:
    """Why a release is no longer what it was; empty while it is."""
    if "path" not in made:
        return ""
    binary = Path(made["path"])
    if not binary.is_file():
        return f"{binary} is gone"
    return "" if _sha256(binary) == made["sha256"] else f"{binary} has changed"


def program(made: Mapping[str, Any]) -> images.Program:
    """How a worker calls it."""
    client_tools = tools.find(17)
    if made["kind"] == "seren":
        return images.seren(Path(made["path"]), client_tools)
    if made["kind"] == "reference":
        return images.reference(client_tools)
    return images.control(made["kind"], client_tools)


def named(name: str) -> images.Program:
    """How a worker calls the replicator of that name; UsageError for one that is none."""
    inputs(name)
    return program(make(name))


def _build(crate: Path) -> Path:
    if shutil.which("cargo", path=environment.inherited()["PATH"]) is None:
        raise SetupError("cargo is not installed.", remedy="install Rust, or give seren:BINARY")
    done = execute(
        ["cargo", "build", "--release", "--message-format=json"],
        env={**environment.inherited(*_CARGO_NEEDS), "CARGO_TERM_COLOR": "never"},
        cwd=crate,
        timeout=LIMIT,
    )
    if not done.ok:
        raise StepError(
            f"cargo could not build {crate}.",
            evidence=done.stderr.strip()[-2000:],
            remedy=f"cargo build --release in {crate}",
        )
    built = list(_executables(done.stdout))
    if len(built) != 1:
        raise UsageError(
            f"The crate {crate} has {len(built)} programs.",
            evidence=", ".join(path.name for path in built),
            remedy="give the one that replicates: seren:BINARY",
        )
    return built[0]


def _executables(messages: str) -> Iterable[Path]:
    for line in messages.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("reason") == "compiler-artifact" and message.get("executable"):
            yield Path(message["executable"])


def _sources(crate: Path) -> list[Path]:
    names = ("Cargo.toml", "Cargo.lock", "src", "build.rs")
    return [crate / name for name in names if (crate / name).exists()]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
