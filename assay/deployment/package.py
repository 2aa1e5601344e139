"""The functions' package, made by the project's own script."""

from __future__ import annotations

import sys
from pathlib import Path

from assay import environment
from assay.deployment.places import in_clone
from assay.errors import SetupError
from assay.process import execute

LIMIT = 300.0  # seconds


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
