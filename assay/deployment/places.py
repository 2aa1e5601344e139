"""Where in the clone lies what is deployed."""

from __future__ import annotations

from pathlib import Path

from assay.errors import SetupError

CLONE = Path(__file__).resolve().parents[2]


def in_clone(path: str) -> Path:
    """A file or folder of the clone; SetupError where only the package is installed."""
    found = CLONE / path
    if not found.exists():
        raise SetupError(
            f"There is no {path}.",
            evidence=f"looked in {CLONE}",
            remedy="deployments need the clone: pip install -e . in it",
        )
    return found


AWS, TERRAFORM, ENVIRONMENTS = "aws", "aws/terraform", "environments"
