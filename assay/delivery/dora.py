"""The DORA measures of an environment, from its changes; what was not measured is no number."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assay.delivery.history import Change, State


@dataclass(frozen=True, slots=True)
class Measures:
    """Of the changes in so many days: times are medians, None where there is nothing to measure.

    `unknown` changes ended nobody knows how, and count in no rate; `undated` are deployments whose
    commit nobody knows; `unrestored` are failures that still last.
    """

    days: float
    deployments: int
    failures: int
    unknown: int
    lead_time: timedelta | None
    undated: int
    time_to_restore: timedelta | None
    unrestored: int
    rework: int  # deployments right after a failure

    @property
    def per_week(self) -> float:
        """Deployment frequency."""
        return self.deployments / self.days * 7

    @property
    def failure_rate(self) -> float | None:
        """Change failure rate: of the changes whose end is known; a failed apply is a change."""
        known = self.deployments + self.failures
        return self.failures / known if known else None

    @property
    def rework_rate(self) -> float | None:
        """The share of deployments that were made right after a failure."""
        return self.rework / self.deployments if self.deployments else None


def measure(changes: Sequence[Change], *, now: datetime, days: float) -> Measures:
    """Measure one environment's changes, given in order, that began in the last so many days."""
    since = now - timedelta(days=days)
    real = [one for one in changes if one.state is not State.GONE]
    recent = [one for one in real if one.began >= since]
    failed = [one for one in recent if one.failed_at is not None]
    good = [one for one in recent if one.state is State.DEPLOYED and one.failed_at is None]
    leads = [one.at - one.committed for one in recent
             if one.state is State.DEPLOYED and one.committed is not None]  # fmt: skip
    restored = [restore_time(real, one) for one in failed]
    times = [one for one in restored if one is not None]
    after = [one for one in recent if one.state is State.DEPLOYED and _follows_failure(real, one)]
    return Measures(
        days=days,
        deployments=len(good),
        failures=len(failed),
        unknown=sum(one.state is State.UNKNOWN for one in recent),
        lead_time=_median(leads),
        undated=sum(one.state is State.DEPLOYED and one.committed is None for one in recent),
        time_to_restore=_median(times),
        unrestored=len(failed) - len(times),
        rework=len(after),
    )


def restore_time(changes: Sequence[Change], failed: Change) -> timedelta | None:
    """From the failure to the first moment at which the environment was good again; None: never."""
    began = failed.failed_at
    if began is None:
        return None
    moments = [failed.good_at]
    moments += [one.good_at for one in changes if one.began > failed.began]
    again = [one for one in moments if one is not None and one > began]
    return min(again) - began if again else None


def _median(times: Sequence[timedelta]) -> timedelta | None:
    seconds = [one.total_seconds() for one in times]
    return timedelta(seconds=statistics.median(seconds)) if seconds else None


def _follows_failure(changes: Sequence[Change], change: Change) -> bool:
    before = changes[: changes.index(change)]
    return bool(before) and before[-1].failed_at is not None
