"""What can happen to a workflow: each a way to execute it, whose record can be compared."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.workflows.house import House, approves, refuses
from tests.workflows.language import Invalid
from tests.workflows.record import RunRecord
from tests.workflows.site import Planted, Site, Trigger, nobody

Files = Mapping[str, str]
Play = Callable[[Site], list[RunRecord]]
_NEWCOMER = """\\1
  newcomer:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v7
"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`about` are the keys of the jobs that it is about; empty: all."""

    name: str
    play: Play
    approve: Any = approves
    about: str = ""
    newcomer: bool = False  # a job that names no permissions is added to every file


def happened(house: House, scenario: Scenario, changed: Files) -> Any:
    """What the scenario's runs did, with some files changed; a refused file is an answer too."""
    site = house.site(scenario.approve, changed)
    if scenario.newcomer:
        bare = site.read
        site.read = lambda path: _with_newcomer(path, bare(path))
    try:
        records = scenario.play(site)
    except Invalid as error:
        return str(error)
    return [record.happened() for record in records]


def _with_newcomer(path: str, text: str | None) -> str | None:
    if text is None or path.endswith("action.yml"):
        return text
    return re.sub(r"^(jobs:)\n", _NEWCOMER, text, count=1, flags=re.MULTILINE)


def one(path: str, trigger: Trigger, planted: Planted | None = None) -> Play:
    """A run to its end."""

    def play(site: Site) -> list[RunRecord]:
        record = site.start(path, trigger, planted=planted)
        site.play()
        return [record]

    return play


def several(path: str, trigger: Trigger) -> Play:
    """Three runs begun one shortly after the other."""

    def play(site: Site) -> list[RunRecord]:
        records = [site.start(path, trigger, after=number) for number in range(3)]
        site.play()
        return records

    return play


def cancelled(path: str, trigger: Trigger, after: int) -> Play:
    """A run that somebody cancels."""

    def play(site: Site) -> list[RunRecord]:
        record = site.start(path, trigger)
        site.cancel(1, after=after)
        site.play()
        return [record]

    return play


def scenarios(house: House, path: str, trigger: Trigger) -> Iterator[Scenario]:
    """As it should go, and everything that is known to go wrong."""
    labels = trigger.payload.get("pull_request", {}).get("labels", ())
    said = [f"{name}={one}" for name, one in trigger.inputs.items()]
    how = " ".join([trigger.event, *said, *(one["name"] for one in labels)])
    yield Scenario(how, one(path, trigger))
    yield Scenario(f"{how}, nobody approves", one(path, trigger), approve=nobody)
    yield Scenario(f"{how}, a reviewer refuses", one(path, trigger), approve=refuses)
    yield Scenario(f"{how}, three at once", several(path, trigger))
    yield Scenario(f"{how}, a job more", one(path, trigger), newcomer=True)
    site = house.site()
    record = one(path, trigger)(site)[0]
    for key, job in record.jobs.items():
        if not job.steps:
            continue
        yield Scenario(
            f"{how}, {key} slow", one(path, trigger, Planted(slow=frozenset({key}))), about=key
        )
        for step in job.steps:
            number = step.what.split()[0]
            if step.outcome != "skipped":
                broken = Planted(broken=frozenset({(key, number)}))
                yield Scenario(
                    f"{how}, {key} fails at {step.what}", one(path, trigger, broken), about=key
                )
    for after in range(1, site.times.now, 3):
        yield Scenario(f"{how}, cancelled at {after}", cancelled(path, trigger, after))


def nearest(found: list[Scenario], job: str) -> list[Scenario]:
    """Those first that are about a job of that name."""

    def far(scenario: Scenario) -> bool:
        names = re.split(r" / | \(", scenario.about)
        return bool(scenario.about) and job not in names

    return [one for wanted in (False, True) for one in found if far(one) is wanted]


def every(house: House, path: str, kinds: Iterator[Trigger]) -> list[Scenario]:
    """Of all triggers, the plain ones first."""
    each = [list(scenarios(house, path, trigger)) for trigger in kinds]
    return [
        one for row in itertools.zip_longest(*each) for one in row if one is not None
    ]  # fmt: skip
