"""Builds a crate's programs for one target: `python -m assay.github.binary CRATE TARGET DIR`.

Each is called NAME-TARGET in DIR and has its digest beside it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

from assay.environment import variables
from assay.errors import SetupError, UsageError
from assay.exits import Exit
from assay.github.runner import step
from assay.process import execute, execute_openly

LIMIT = 40 * 60.0  # seconds of a build from nothing


def programs(metadata: str) -> list[str]:
    """The names of a crate's programs, as `cargo metadata --no-deps` tells them."""
    targets = (
        target for package in json.loads(metadata)["packages"] for target in package["targets"]
    )
    return sorted(target["name"] for target in targets if "bin" in target["kind"])


def digest(file: Path) -> Path:
    """Write FILE.sha256, which `sha256sum --check` reads; its path."""
    told = hashlib.sha256(file.read_bytes()).hexdigest()
    beside = file.with_name(f"{file.name}.sha256")
    beside.write_text(f"{told}  {file.name}\n", encoding="utf-8")
    return beside


def build(crate: Path, target: str, into: Path) -> list[Path]:
    """The programs, built and copied; raises SetupError where cargo does not make them."""
    manifest = ("--manifest-path", str(crate / "Cargo.toml"))
    env = variables("")
    _openly(("rustup", "target", "add", target))
    asked = execute(
        ("cargo", "metadata", "--no-deps", "--format-version=1", *manifest), env=env, timeout=120
    )
    if not asked.ok:
        raise SetupError(f"{crate} is no crate.", evidence=asked.stderr[-500:])
    names = programs(asked.stdout)
    if not names:
        raise SetupError(f"The crate {crate} has no program.", evidence="no target of kind bin")
    _openly(("cargo", "build", "--release", "--target", target, *manifest))
    built = Path(json.loads(asked.stdout)["target_directory"]) / target / "release"
    into.mkdir(parents=True, exist_ok=True)
    made = [Path(shutil.copy2(built / name, into / f"{name}-{target}")) for name in names]
    for file in made:
        digest(file)
    return made


def main() -> int:
    """Build what the command line names."""
    if len(sys.argv) != 4:
        raise UsageError("It takes CRATE TARGET DIR.")
    for file in build(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])):
        sys.stdout.write(f"{file}\n")
    return Exit.GOOD


def _openly(argv: tuple[str, ...]) -> None:
    if code := execute_openly(argv, env=variables(""), timeout=LIMIT):
        raise SetupError(f"{' '.join(argv)} ended with {code}.", remedy="its output is above")


if __name__ == "__main__":
    step(main)
