"""The environments: one file of variables each, the same that Terraform reads."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import hcl2

from assay.deployment.places import CLONE, ENVIRONMENTS
from assay.errors import UsageError


@dataclass(frozen=True, slots=True)
class Environment:
    """What `environments/NAME.tfvars` says; sizes in GiB or bytes, times in seconds."""

    project: str
    environment: str
    region: str
    account_id: str
    owner: str
    protected: bool
    worker_instance_type: str
    worker_instance_type_large: str
    large_threshold_bytes: int
    worker_disk_gib: int
    max_active_jobs: int
    job_time_limit_seconds: int
    provisioning_limit_seconds: int
    heartbeat_seconds: int
    heartbeat_limit_seconds: int
    queue_visibility_seconds: int
    allow_private_addresses: bool
    log_retention_days: int
    throttle_rate: int
    throttle_burst: int
    alarm_email: str
    omit_unsupported: bool

    @property
    def prefix(self) -> str:
        """What every name of its resources begins with."""
        return f"{self.project}-{self.environment}"

    @property
    def local(self) -> bool:
        """Whether it runs on the emulator."""
        return self.environment == "local"

    @property
    def slowest_end(self) -> int:
        """Seconds after which a job without any sign of life is terminal, by the reconciler."""
        tick, its_own = 60, 30
        return max(self.provisioning_limit_seconds, self.heartbeat_limit_seconds) + tick + its_own


def path_of(name: str) -> Path:
    """The file of an environment; UsageError lists the known ones."""
    folder = CLONE / ENVIRONMENTS  # none where only the package is installed
    path = folder / f"{name}.tfvars"
    if path.parent != folder or not path.is_file():
        known = sorted(file.stem for file in folder.glob("*.tfvars"))
        raise UsageError(
            f"There is no environment {name!r}.",
            evidence=f"known: {', '.join(known) or 'none, they are in the clone'}",
            remedy=f"name one of them, or add {ENVIRONMENTS}/{name}.tfvars in the clone",
        )
    return path


def read(name: str) -> Environment:
    """The environment of that name."""
    return parse(path_of(name))


def parse(path: Path) -> Environment:
    """What a file of variables says; UsageError for a missing, unknown or ill-typed one."""
    try:
        given: dict[str, Any] = hcl2.loads(path.read_text(encoding="utf-8"))
    except Exception as error:
        raise UsageError(f"{path.name} cannot be read.", evidence=str(error)[:500]) from error
    wanted = {field.name: field.type for field in fields(Environment)}
    given = {name: _plain(value) for name, value in given.items() if not name.startswith("__")}
    wrong = [f"{name} is missing" for name in wanted if name not in given]
    wrong += [f"{name} is no variable of an environment" for name in given if name not in wanted]
    wrong += [f"{name} must be {wanted[name]}, is {value!r}" for name, value in given.items()
              if name in wanted and type(value).__name__ != wanted[name]]  # fmt: skip
    if wrong:
        raise UsageError(f"{path.name} is not an environment.", evidence="; ".join(wrong))
    return Environment(**given)


def _plain(value: Any) -> Any:
    """A value without the quotes that newer versions of the parser leave on strings."""
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1]
    return value
