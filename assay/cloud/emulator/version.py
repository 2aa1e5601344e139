"""The one version of ministack whose private functions these modules replace."""

from __future__ import annotations

from importlib import metadata

PINNED = "1.5.33"


def check() -> None:
    """SystemExit when another version is installed: every behaviour has to be looked at again."""
    found = metadata.version("ministack")
    if found != PINNED:
        raise SystemExit(
            f"The local cloud runs on ministack {PINNED} only.\nEvidence: {found} is installed\n"
            "To fix: install the pinned version, or check each module of assay/cloud/emulator"
        )
