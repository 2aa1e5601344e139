"""The history of deployments for people: lines for a terminal, JSON, one page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from assay import __version__
from assay.delivery.dora import Measures, measure
from assay.delivery.history import Change, State
from assay.report.html import templates

SHORT = 12  # characters of a digest
WEEKS = 12  # of the trend


@dataclass(frozen=True, slots=True)
class Environment:
    """One of them: its changes in order, and what they measure."""

    name: str
    changes: tuple[Change, ...]
    measures: Measures

    @classmethod
    def of(cls, name: str, changes: Sequence[Change], *, now: datetime, days: float) -> Environment:
        """With its measures as of now."""
        return cls(name, tuple(changes), measure(changes, now=now, days=days))

    @property
    def runs(self) -> Change | None:
        """What runs there: the last deployed change; None where there is none, or it is gone."""
        for change in reversed(self.changes):
            if change.state is State.GONE and not change.why:
                return None
            if change.state is State.DEPLOYED:
                return change
        return None

    @property
    def state(self) -> str:
        """What is known of it now: PASS needs a deployment whose last smoke run passed."""
        last = self.changes[-1] if self.changes else None
        if last is not None and last.state is State.FAILED:
            return "FAIL"
        return (last.smoke or "UNKNOWN") if last and last.state is State.DEPLOYED else "UNKNOWN"

    def weeks(self, now: datetime) -> list[tuple[str, int, int]]:
        """The last weeks, each with its first day, deployments and failures."""
        found = []
        for number in range(WEEKS, 0, -1):
            begin, end = (now - timedelta(weeks=n) for n in (number, number - 1))
            here = [c for c in self.changes if begin < c.began <= end and c.state is not State.GONE]
            failed = sum(c.failed_at is not None for c in here)
            good = sum(c.state is State.DEPLOYED and c.failed_at is None for c in here)
            found.append((f"{begin:%m-%d}", good, failed))
        return found


def lines(environments: Sequence[Environment]) -> Iterator[str]:
    """For a terminal."""
    for one in environments:
        yield f"{one.name}: {told(one.runs) if one.runs else 'nothing runs there'}"
        last = one.changes[-1] if one.changes else None
        if last is not None and last is not one.runs:
            yield f"  last change: {last.state} {moment(last.at)}{f': {last.why}' * bool(last.why)}"
        yield from (f"  {name}: {value}" for name, value in measured(one.measures).items())


def told(change: Change) -> str:
    """What runs since when, by whom allowed, from which evidence."""
    parts = [f"{change.commit[:SHORT] or 'a commit that nobody noted'} since {moment(change.at)}"]
    parts.append(f"approved: {', '.join(change.approved) or 'nobody had to'}")
    evidence = ", ".join(one[:SHORT] for one in change.evidence)
    parts.append(f"evidence: {evidence or 'none was asked for'}")
    parts.append(f"smoke: {change.smoke or 'not run'}")
    return ", ".join(parts)


def measured(one: Measures) -> dict[str, str]:
    """The measures in words, with what they leave out."""
    rate, rework = one.failure_rate, one.rework_rate
    left = f" ({one.unknown} of unknown end left out)" if one.unknown else ""
    undated = f" ({one.undated} without a known commit left out)" if one.undated else ""
    open_ones = f" ({one.unrestored} not restored)" if one.unrestored else ""
    return {
        "deployment frequency": f"{one.per_week:.1f} a week"
        f" ({one.deployments} in {one.days:g} days)",
        "lead time": span(one.lead_time) + undated,
        "change failure rate": ("not measured" if rate is None else f"{rate:.0%}") + left,
        "time to restore": span(one.time_to_restore) + open_ones,
        "rework rate": "not measured" if rework is None else f"{rework:.0%}",
    }


def document(environments: Sequence[Environment], now: datetime) -> dict[str, Any]:
    """For other programs: times as RFC 3339, spans in seconds."""
    return {
        "at": now.isoformat(),
        "environments": {
            one.name: {
                "state": one.state,
                "runs": _plain(asdict(one.runs)) if one.runs else None,
                "measures": _plain(asdict(one.measures))
                | {"per_week": one.measures.per_week, "failure_rate": one.measures.failure_rate,
                   "rework_rate": one.measures.rework_rate},
                "changes": [_plain(asdict(change)) for change in one.changes],
            }
            for one in environments
        },
    }  # fmt: skip


def render(environments: Sequence[Environment], now: datetime) -> str:
    """The page, which needs nothing else."""
    states = [one.state for one in environments]
    worst = next((word for word in ("FAIL", "UNKNOWN") if word in states), "PASS")
    return (
        templates()
        .get_template("deployments.html.j2")
        .render(
            environments=environments,
            verdict=worst if environments else "UNKNOWN",
            now=now,
            version=__version__,
            short=SHORT,
            moment=moment,
            measured=measured,
            most=max(
                (good + bad for one in environments for _, good, bad in one.weeks(now)), default=0
            ),
        )
    )


def moment(at: datetime) -> str:
    """A time to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def span(time: timedelta | None) -> str:
    """A duration in its two largest units."""
    if time is None:
        return "not measured"
    minutes = int(time.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    return f"{days} d {hours} h" if days else f"{hours} h {rest} min" if hours else f"{rest} min"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value
