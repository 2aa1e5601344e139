"""From what --replicator says to a driver."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import cast

from assay.errors import SetupError, UsageError
from assay.replicators.base import Driver
from assay.replicators.drivers.manifest import load

GROUP = "assay.replicators"  # of entry points: a function from what follows the colon to a Driver
_DRIVERS = "assay.replicators.drivers"
# Ours, as pyproject.toml registers them: found in a clone that is not installed as well.
OURS = {
    "reference": f"{_DRIVERS}.reference:resolve",
    "noop": f"{_DRIVERS}.controls:noop",
    "schema-only": f"{_DRIVERS}.controls:schema_only",
    "lossy": f"{_DRIVERS}.controls:lossy",
    "seren": f"{_DRIVERS}.seren:resolve",
    "pgcopydb": f"{_DRIVERS}.pgcopydb:resolve",
}
_OWN = {name: EntryPoint(name, value, GROUP) for name, value in OURS.items()}
_TAKES = {"lossy": ":DEFECT", "seren": "[:PATH]", "pgcopydb": "[:PATH]"}


def resolve(name: str) -> Driver:
    """The driver for a name as given to --replicator; UsageError for an unknown one."""
    if name.endswith(".toml"):
        return load(Path(name))
    kind, _, rest = name.partition(":")
    known = _OWN if kind in _OWN else {**_installed(), **_OWN}  # a name of ours is ours
    if kind not in known:
        names = [f"{one}{_TAKES.get(one, '')}" for one in known]
        raise UsageError(
            f"There is no replicator {name!r}.",
            remedy=f"available: {', '.join((*names, 'FILE.toml'))}",
        )
    return _made(known[kind], rest)


def _installed() -> dict[str, EntryPoint]:
    """Tools of others, by name; every installed package is looked at."""
    return {one.name: one for one in entry_points(group=GROUP)}


def _made(registered: EntryPoint, rest: str) -> Driver:
    try:
        make = cast(Callable[[str], Driver], registered.load())
    except (ImportError, AttributeError) as error:
        raise SetupError(
            f"The driver {registered.name} cannot be loaded.",
            evidence=f"{registered.value}: {error}",
            remedy="install the package that registers it again, or remove it",
        ) from error
    return make(rest)
