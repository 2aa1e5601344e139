"""Workflows and actions have nothing open, and the linters that say so can be red."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from assay.environment import inherited
from assay.process import execute

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = [ROOT / "action.yml", *sorted((ROOT / ".github" / "actions").glob("*/action.yml"))]
SCRIPTS = [path for path in sorted((ROOT / ".ci").iterdir()) if path.is_file()]
PIN = re.compile(r"uses: (?P<action>[^./@\s][^@\s]*)@(?P<commit>\S+)(?P<version>.*)")
GOOD = """name: good
on: push
permissions: {}
concurrency:
  group: good
  cancel-in-progress: true
jobs:
  one:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - run: echo hello
"""


def program(name):
    """A program of our own environment, else of the machine."""
    return shutil.which(name, path=f"{Path(sys.executable).parent}:{inherited()['PATH']}")


def zizmor(*places):
    """Its exit code is not zero where it finds something."""
    options = ("--offline", "--no-progress", "--strict-collection", "--persona=pedantic")
    configured = (f"--config={ROOT}/.github/zizmor.yml",)
    argv = (program("zizmor"), *options, *configured, *map(str, places))
    return execute(argv, env=inherited("HOME"), timeout=120)


def test_zizmor_has_nothing_open():
    done = zizmor(ROOT / ".github", ROOT / "action.yml")
    assert done.ok, done.output


@pytest.mark.actionlint
def test_actionlint_has_nothing_open():
    done = execute((program("actionlint"), *map(str, WORKFLOWS)), env=inherited(), timeout=120)
    assert done.ok, done.output


def test_actions_are_of_githubs_schema():
    """Which actionlint does not look at."""
    argv = (program("check-jsonschema"), "--builtin-schema", "vendor.github-actions")
    done = execute((*argv, *map(str, ACTIONS)), env=inherited(), timeout=120)
    assert done.ok, done.output


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        ("permissions: {}", "permissions: write-all", "excessive-permissions"),
        ("- run: echo hello", "- uses: actions/checkout@v7", "unpinned-uses"),
        ("echo hello", "echo ${{ github.event.head_commit.message }}", "template-injection"),
        ("on: push", "on: pull_request_target", "dangerous-triggers"),
        ("concurrency:\n  group: good\n  cancel-in-progress: true\n", "", "concurrency-limits"),
        ("jobs:", "jobs: [", "no audit was performed"),
    ],
)
def test_zizmor_sees_what_must_not_be(tmp_path, right, wrong, finding):
    file = tmp_path / ".github" / "workflows" / "one.yml"
    file.parent.mkdir(parents=True)
    file.write_text(GOOD)
    assert zizmor(file).ok, "the good one is clean"
    file.write_text(GOOD.replace(right, wrong))
    done = zizmor(file)
    assert not done.ok
    assert finding in done.output


@pytest.mark.actionlint
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("on: push", "on: pusch"),
        ("ubuntu-24.04", "ubuntu-14.04"),
        ("    steps:", "    needs: two\n    steps:"),
        ("echo hello", "echo ${{ need.two.result }}"),
        ("echo hello", "echo $hello"),  # by shellcheck
        ("timeout-minutes", "timeout-minuten"),
    ],
)
def test_actionlint_sees_what_must_not_be(tmp_path, right, wrong):
    file = tmp_path / "one.yml"
    file.write_text(GOOD.replace(right, wrong))
    assert not execute((program("actionlint"), str(file)), env=inherited(), timeout=60).ok
    file.write_text(GOOD)
    assert execute((program("actionlint"), str(file)), env=inherited(), timeout=60).ok


def test_an_action_is_named_by_one_commit_everywhere():
    named = {}
    for path in (*WORKFLOWS, *ACTIONS, ROOT / "assay" / "scaffold" / "workflow.yml"):
        for line in path.read_text().splitlines():
            if found := PIN.search(line):
                assert re.fullmatch("[0-9a-f]{40}", found["commit"]), f"{path.name}: {line}"
                assert re.fullmatch(r" # v\d+\.\d+\.\d+", found["version"]), f"{path.name}: {line}"
                named.setdefault(found["action"], set()).add((found["commit"], found["version"]))
    assert {action: pins for action, pins in named.items() if len(pins) != 1} == {}
    assert "actions/checkout" in named


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_begins_with_nothing_and_ends_in_time(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert job["permissions"] != {}, f"{name}: says what it needs"
        assert "uses" in job or 0 < job["timeout-minutes"] <= 360, name


@pytest.mark.parametrize(
    "path", [path for path in WORKFLOWS if path.stem[0] != "_"], ids=lambda path: path.stem
)
def test_the_gate_waits_for_every_job(path):
    """A job that the gate does not need could fail unseen; `alarm` and `issues` come after it."""
    jobs = yaml.safe_load(path.read_text())["jobs"]
    gate = jobs["gate"]
    assert str(gate["if"]).startswith("always()")
    wanted = gate["needs"] if isinstance(gate["needs"], list) else [gate["needs"]]
    assert set(wanted) == set(jobs) - {"gate", "issues", "alarm"}


def steps():
    """Every line that a step of ours runs, with the file it stands in."""
    for path in (*WORKFLOWS, *ACTIONS):
        told = yaml.safe_load(path.read_text())
        for job in (told.get("jobs") or {"action": told["runs"]}).values() if told else ():
            for step in job.get("steps", ()):
                if "run" in step:
                    yield path.name, step["run"]


def test_a_step_calls_one_program_that_tests_can_call():
    """Nothing is scripted in YAML, and what is called is there."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for file, line in steps():
        where = f"{file}: {line}"
        assert len(line.strip().splitlines()) == 1, where
        assert not re.search(r"&&|\|\||;|\|", line), where
        for script in re.findall(r"\.ci/[\w-]+", line):
            assert (ROOT / script).is_file(), where
        for module in re.findall(r"-m (assay\.github\.\w+|benchmarks\.\w+)", line):
            assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), where
        for target in re.findall(r"^make ([a-z]+)", line):
            assert target in targets, where
    assert len(list(steps())) > 20


@pytest.mark.shellcheck
def test_the_scripts_are_clean():
    scripts = [path for path in SCRIPTS if path.suffix != ".py"]
    argv = (program("shellcheck"), *map(str, scripts))
    done = execute(argv, env=inherited(), timeout=60)
    assert done.ok, done.output
