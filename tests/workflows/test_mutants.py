"""A workflow without one line of its gates does something else, seen by executing it."""

from __future__ import annotations

import functools
import re
import tomllib

import pytest

from tests.workflows import house as here
from tests.workflows import jobs, scenarios
from tests.workflows.mutants import KEYS, mutants
from tests.workflows.stand_ins import HERE, ROOT

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("workflows")]
UNMODELLED = tomllib.loads((HERE / "unmodelled.toml").read_text(encoding="utf-8"))
STARTED = here.started_by_events()
_CALLED = re.compile(r"uses: \./(\S+)")


@functools.cache
def parts(path):
    """A file and all local ones that it calls, actions too."""
    found = {path}
    for called in _CALLED.findall(here.read(path)):
        found |= parts(called if called.endswith(".yml") else f"{called}/action.yml")
    return found


FILES = sorted(set().union(*map(parts, STARTED)))


class Known:
    """What happens in each scenario to the files as they are."""

    def __init__(self, house):
        self.house = house
        self.scenarios = scenarios.every(house, STARTED)
        self.happened = {}

    def sees(self, mutant):
        """The scenario whose record differs; None where no one does."""
        for scenario in scenarios.nearest(self.scenarios, mutant):
            if mutant.path not in parts(scenario.path):
                continue
            if scenario.name not in self.happened:
                self.happened[scenario.name] = scenarios.happened(self.house, scenario, {})
            changed = {mutant.path: mutant.text}
            if scenarios.happened(self.house, scenario, changed) != self.happened[scenario.name]:
                return scenario.name
        return None


@pytest.fixture(scope="module")
def known(house):
    return Known(house)


@pytest.mark.parametrize("path", FILES)
def test_every_gate_that_is_removed_is_seen(path, known, language):
    defaults = [one.split(":")[0] for one in UNMODELLED["default"]]
    missed = [
        mutant.name
        for mutant in mutants(path, here.read(path))
        if not any(f": {one}: false" in mutant.what for one in defaults)
        and not implied(mutant, language)
        and not known.sees(mutant)
    ]
    assert missed == []


def behind(said, name):
    """What a job needs, and what that needs."""
    needs = said["jobs"][name].get("needs") or []
    direct = [needs] if isinstance(needs, str) else needs
    return {*direct, *(far for one in direct for far in behind(said, one))}


def implied(mutant, language):
    """Whether an entry of a gate's list is needed by another entry."""
    if mutant.key != "needs" or mutant.whole or mutant.job not in UNMODELLED["implied"]:
        return False
    said = language.workflow(mutant.path, here.read(mutant.path))
    name = mutant.what.removeprefix("needs: ")
    others = [one for one in said["jobs"][mutant.job]["needs"] if one != name]
    return any(name in behind(said, one) for one in others)


@pytest.mark.parametrize("path", STARTED)
def test_a_gate_needs_every_job_that_is_not_behind_it(path, language):
    said = language.workflow(path, here.read(path))
    needs = said["jobs"]["gate"]["needs"]
    after = {name for name in said["jobs"] if "gate" in behind(said, name)}
    listed = {needs} if isinstance(needs, str) else set(needs)
    assert listed == set(said["jobs"]) - after - {"gate"}


def test_the_same_twice_is_no_difference(known):
    for scenario in known.scenarios[: len(STARTED)]:
        again = [scenarios.happened(known.house, scenario, {}) for _ in range(2)]
        assert again[0] == again[1]


@pytest.mark.parametrize("path", FILES)
def test_the_mutants_are_all_keys_that_githubs_parser_reads(path, language):
    text = here.read(path)
    action = path.endswith("action.yml")
    said = language.action(path, text) if action else language.workflow(path, text)
    places = [said, *said.get("jobs", {}).values()] if not action else []
    steps = said["runs"]["steps"] if action else [
        step for job in said["jobs"].values() for step in job.get("steps", ())
    ]  # fmt: skip
    wanted = sum(key in place for place in places for key in KEYS) + sum(
        "if" in one for one in steps
    )
    assert sum(one.whole for one in mutants(path, text)) == wanted


def workflows():
    return [path for path in FILES if not path.endswith("action.yml")]


def test_what_no_executor_models_is_listed():
    assert set(UNMODELLED["job"]) == jobs.IGNORED
    assert not jobs.IGNORED & jobs.MODELLED


@pytest.mark.parametrize("path", workflows())
def test_what_no_executor_models_is_held_by_a_rule(path, language):
    least, most = UNMODELLED["rules"]["minutes"]
    for job in language.workflow(path, here.read(path))["jobs"].values():
        if "uses" in job:
            continue
        assert least <= job["timeout-minutes"] <= most
        images = [job["runs-on"]]
        if job["runs-on"] == {"$": "matrix.os"}:
            values = job["strategy"]["matrix"]
            images = values.get("os") or [one["os"] for one in values["include"]]
        assert set(images) <= set(UNMODELLED["rules"]["images"])


def test_every_workflow_and_action_is_among_them():
    there = {
        str(path.relative_to(ROOT))
        for room in ("workflows", "actions")
        for path in (ROOT / ".github" / room).rglob("*.yml")
    }
    assert there == set(FILES)
