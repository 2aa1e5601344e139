"""From what --replicator says to a driver."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from assay.errors import UsageError
from assay.replicators.base import Driver
from assay.replicators.controls.defects import DEFECTS
from assay.replicators.drivers.controls import Control
from assay.replicators.drivers.manifest import load
from assay.replicators.drivers.reference import Reference

AVAILABLE = (
    "reference",
    "noop",
    "schema-only",
    "lossy:DEFECT",
    "seren:PATH",
    "pgcopydb[:PATH]",
    "FILE.toml",
)
_TOOLS = ("seren", "pgcopydb")  # their modules are loaded when asked for


def resolve(name: str) -> Driver:
    """The driver for a name as given to --replicator; UsageError for an unknown one."""
    if name == "reference":
        return Reference()
    if name in ("noop", "schema-only"):
        return Control(name)
    if name.endswith(".toml"):
        return load(Path(name))
    kind, _, rest = name.partition(":")
    if kind == "lossy":
        return _lossy(rest)
    if kind in _TOOLS:
        driver: Driver = import_module(f"assay.replicators.drivers.{kind}").resolve(rest or None)
        return driver
    raise UsageError(
        f"There is no replicator {name!r}.", remedy=f"available: {', '.join(AVAILABLE)}"
    )


def _lossy(defect: str) -> Driver:
    if defect not in DEFECTS:
        raise UsageError(
            f"The control lossy has no defect {defect!r}.",
            remedy=f"available: {', '.join(DEFECTS)}",
        )
    return Control(f"lossy:{defect}")
