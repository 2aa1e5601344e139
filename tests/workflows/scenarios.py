"""What can happen to a workflow: each a way to execute it, whose record can be compared."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.workflows.house import WORKFLOWS, House, approves, read, refuses, triggers
from tests.workflows.language import Invalid
from tests.workflows.mutants import Mutant
from tests.workflows.record import RunRecord
from tests.workflows.site import Planted, Site, Trigger, nobody

Files = Mapping[str, str]
Play = Callable[[Site], list[RunRecord]]
TOGETHER = ", together"
DEPLOY = f"{WORKFLOWS}deploy.yml"
_NEWCOMER = """\\1
  newcomer:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v7
        continue-on-error: true
      - uses: actions/attest@v4
        continue-on-error: true
"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`about` is the key of the job that it is about, empty: all; `files` took part."""

    name: str
    path: str
    files: frozenset[str]
    size: int  # the number of jobs
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


def beside(path: str, trigger: Trigger, other: str, after: int) -> Play:
    """A run that begins while one of another workflow is under way."""

    def play(site: Site) -> list[RunRecord]:
        records = [site.start(other, Trigger("push")), site.start(path, trigger, after=after)]
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
    site = house.site()
    record = one(path, trigger)(site)[0]
    files = frozenset(job.place[0] for job in record.jobs.values() if job.result != "skipped")

    def made(what: str, play: Play, **more: Any) -> Scenario:
        return Scenario(f"{path} {how}{what}", path, files, len(record.jobs), play, **more)

    plain = one(path, trigger)
    yield made("", plain)
    yield made(", nobody approves", plain, approve=nobody)
    yield made(", a reviewer refuses", plain, approve=refuses)
    yield made(TOGETHER, several(path, trigger))
    yield made(", a job more", plain, newcomer=True)
    for key, job in record.jobs.items():
        if not job.steps:
            continue
        slow = Planted(slow=frozenset({key}))
        yield made(f", {key} slow", one(path, trigger, slow), about=key)
        for step in job.steps:
            if step.outcome != "skipped":
                broken = Planted(broken=frozenset({(key, step.what.split()[0])}))
                yield made(f", {key} fails at {step.what}", one(path, trigger, broken), about=key)
    if any("concurrency" in job for job in site.runs[0].said["jobs"].values()):
        for after in range(0, 40, 4):
            yield made(f"{TOGETHER}, {after} after deploy", beside(path, trigger, DEPLOY, after))
    for after in range(1, site.times.now, 3):
        yield made(f", cancelled at {after}", cancelled(path, trigger, after))


def nearest(found: list[Scenario], mutant: Mutant) -> list[Scenario]:
    """Those first that should show it: its file takes part, its key matters, its job is meant."""

    def far(scenario: Scenario) -> tuple[bool, bool, bool, int]:
        names = re.split(r" / | \(", scenario.about)
        needed = mutant.what.removeprefix("needs: ")
        action = mutant.path.endswith("action.yml")
        suited = {
            "permissions": bool(mutant.job) or scenario.newcomer,
            "concurrency": TOGETHER in scenario.name,
            "needs": mutant.whole or needed in names,
        }.get(mutant.key, True)
        without = not action and mutant.path not in scenario.files
        return without, not suited, bool(scenario.about) and mutant.job not in names, scenario.size

    taking_part = [one for one in found if not far(one)[0]]
    return sorted(taking_part or found, key=far)


def every(house: House, paths: Iterable[str]) -> list[Scenario]:
    """Of all files and their triggers, the plain ones first."""
    each = [
        list(scenarios(house, path, trigger))
        for path in paths
        for trigger in triggers(house.language.workflow(path, read(path) or ""))
    ]
    return [one for row in itertools.zip_longest(*each) for one in row if one is not None]
