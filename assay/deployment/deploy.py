"""What was deployed from this clone, and until when."""

from __future__ import annotations

from datetime import UTC, datetime

from assay.deployment import ladder, steps
from assay.deployment.accounts import Aws
from assay.deployment.environments import Environment
from assay.deployment.ladder import Deployment
from assay.deployment.places import CLONE

STEPS = CLONE / ".assay" / "steps"


def deployed(target: Environment) -> Deployment:
    """An environment on a real account, as it was deployed from this clone."""
    return Deployment(target, Aws(target.region), STEPS / target.environment)


def expired() -> list[str]:
    """The environments that were deployed from here and whose time to live is over."""
    now = f"{datetime.now(UTC):{ladder.TIME}}"
    ends = {folder.name: steps.read(folder, "endpoint") for folder in sorted(STEPS.glob("*"))}
    times = {name: end.made.get("expires", "") for name, end in ends.items() if end is not None}
    return [name for name, time in times.items() if time and time < now]
