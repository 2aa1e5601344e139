"""How long and how much: a quick run of a minute, a full one for the night."""

from __future__ import annotations

from dataclasses import dataclass, replace

from assay import environment
from assay.errors import UsageError


@dataclass(frozen=True, slots=True)
class Profile:
    """Counts, and times in seconds."""

    name: str
    polls: int  # how often a job is asked for
    interval: float  # between two polls
    ids: int  # random job ids
    nesting: int  # levels of a nested body
    fields: int  # of a body with very many
    large: int  # bytes of a body that is far too large
    stalled: int  # connections that never finish their request
    stall: float  # how long they are left so
    burst: int  # calls at the same time

    @property
    def patience(self) -> float:
        """Seconds that a job may take."""
        return self.polls * self.interval


QUICK = Profile("quick", 120, 0.5, 5, 2_000, 1_000, 1 << 20, 5, 1.0, 10)
FULL = Profile("full", 60, 5.0, 200, 100_000, 10_000, (10 << 20) + 1, 50, 10.0, 50)
PROFILES = {profile.name: profile for profile in (QUICK, FULL)}


def chosen(name: str) -> Profile:
    """The profile of that name, with the guide's MAX_POLL_ATTEMPTS and POLL_INTERVAL if given."""
    profile = PROFILES[name]
    polls, interval = (environment.variable(v) for v in ("MAX_POLL_ATTEMPTS", "POLL_INTERVAL"))
    try:
        return replace(
            profile,
            polls=int(polls) if polls else profile.polls,
            interval=float(interval) if interval else profile.interval,
        )
    except ValueError as error:
        raise UsageError(
            "MAX_POLL_ATTEMPTS and POLL_INTERVAL are numbers.",
            evidence=str(error),
            remedy="for example MAX_POLL_ATTEMPTS=60 POLL_INTERVAL=5",
        ) from None
