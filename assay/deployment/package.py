"""The functions' package: made by the project's own script, and looked at before it is deployed."""

from __future__ import annotations

import hashlib
import re
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay import environment
from assay.deployment.places import TERRAFORM, in_clone
from assay.errors import SetupError
from assay.process import execute

LIMIT = 300.0  # seconds
ZIPPED, UNZIPPED = 50 << 20, 250 << 20  # bytes; AWS's limits
# e_machine of an ELF file, by the name that Terraform gives an architecture.
_MACHINES = {"x86_64": 62, "arm64": 183}
_IMPORT = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    found = importlib.import_module(f"{name}.app")
    assert callable(found.handler), f"{name}.app.handler cannot be called"
    assert found.__file__.startswith(sys.argv[1]), f"{name} comes from {found.__file__}"
"""


def make_package(out: Path) -> Path:
    """Run aws/lambda/package.sh with this interpreter; the same sources give the same bytes."""
    env = {**environment.for_pip(), "PYTHON": sys.executable}
    done = execute(["bash", str(in_clone("aws/lambda/package.sh")), str(out)], env=env,
                   timeout=LIMIT)  # fmt: skip
    if not done.ok:
        raise SetupError(
            "The functions could not be packaged.",
            evidence=done.output.strip()[-1500:],
            remedy="see that pip can reach a package index",
        )
    return out


def checked(path: Path) -> Mapping[str, Any]:
    """Its path, SHA-256, sizes and handlers.

    Raises SetupError for a package that AWS would refuse, that is made for another processor, or
    whose handlers cannot be imported.
    """
    text = (in_clone(TERRAFORM) / "functions.tf").read_text(encoding="utf-8")
    table = re.search(r"functions = \{\n(.*?)\n  \}", text, re.DOTALL)
    handlers = re.findall(r"^    (\w+)\s*=", table.group(1), re.MULTILINE) if table else []
    architecture = re.findall(r'architectures\s*=\s*\["(\w+)"\]', text)
    ours = (None, _MACHINES[architecture[0]])
    with zipfile.ZipFile(path) as package:
        members = package.infolist()
        unzipped = sum(member.file_size for member in members)
        foreign = [one.filename for one in members if _machine(package, one) not in ours]
    zipped = path.stat().st_size
    for what, size, limit in (("zipped", zipped, ZIPPED), ("unzipped", unzipped, UNZIPPED)):
        if size > limit:
            raise SetupError(
                f"The package is too large {what}: {size} bytes.",
                evidence=f"the limit is {limit}",
                remedy="drop a requirement (aws/lambda/requirements.in)",
            )
    if foreign:
        raise SetupError(
            f"The package is not for {architecture[0]}.",
            evidence=", ".join(foreign[:5]),
            remedy="make it by aws/lambda/package.sh, which names the platform",
        )
    _import(path, handlers)
    return {"path": str(path), "sha256": _sha256(path), "zipped": zipped, "unzipped": unzipped,
            "handlers": handlers}  # fmt: skip


def changed(made: Mapping[str, Any]) -> str:
    """Why a package is no longer the one that was checked; empty while it is."""
    path = Path(made["path"])
    if not path.is_file():
        return f"{path} is gone"
    return "" if _sha256(path) == made["sha256"] else f"{path} has changed"


def _import(path: Path, handlers: list[str]) -> None:
    env = {**environment.inherited(), "AWS_DEFAULT_REGION": "us-east-1"}
    done = execute([sys.executable, "-I", "-c", _IMPORT, str(path), *handlers], env=env, timeout=60)
    if not done.ok or not handlers:
        raise SetupError(
            "The package's handlers cannot be imported.",
            evidence=done.stderr.strip()[-1500:] or "Terraform names none",
            remedy="a module or a requirement is missing in it: see aws/lambda/package.sh",
        )


def _machine(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> int | None:
    """For which processor a member is; None when it is no program."""
    if member.is_dir():
        return None
    with package.open(member) as file:
        head = file.read(20)
    return int.from_bytes(head[18:20], "little") if head[:4] == b"\x7fELF" else None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
