"""docs/guide-coverage.md has every row of the CI/CD guide, and what it points to is there.

A reference, in backticks, is a path; ``file: name``, a job of a workflow or a name that the file
defines or holds; ``make target``; ``assay command --option``; ``pytest --option``. A test is a
node id, and all of them are collected.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from assay import environment
from assay.cli import _COMMANDS, parser
from assay.process import execute

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "guide-coverage.md"
GUIDE = tomllib.loads((ROOT / "tests" / "guide.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the page: what makes it, and the tests that would notice its loss."""

    section: str
    title: str
    made_by: str
    noticed_by: str

    @property
    def parts(self) -> list[str]:
        """References to what makes it."""
        return re.findall(r"`([^`]+)`", self.made_by)

    @property
    def tests(self) -> list[str]:
        """Node ids."""
        return re.findall(r"`([^`]+)`", self.noticed_by)


def rows(text: str) -> list[Row]:
    """The rows of the page's tables, each below its section's heading."""
    found, section = [], ""
    for line in text.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif line.startswith("| ") and not line.startswith(("| row |", "| --")):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            if len(cells) != 3:
                raise AssertionError(f"not three cells: {line}")
            found.append(Row(section, *cells))
    return found


def wrong(row: Row) -> list[str]:
    """What is not as it has to be in one row."""
    if row.made_by == "open":
        return [] if row.title in GUIDE["open"] else ["it may not be open"]
    found = [f"{one}: {why}" for one in row.parts if (why := missing(one))]
    found += [
        f"{one}: no node id" for one in row.tests if not re.fullmatch(r"[\w/.-]+\.py::\w+", one)
    ]
    if not row.parts:
        found.append("nothing makes it")
    if not row.tests:
        found.append("no test would notice its loss")
    return found


def missing(reference: str) -> str:
    """Why a reference leads nowhere; empty where it leads somewhere."""
    word, _, rest = reference.partition(" ")
    if word == "make":
        target = re.search(rf"(?m)^{re.escape(rest)}:", (ROOT / "Makefile").read_text("utf-8"))
        return "" if target else "no target of the Makefile"
    if word == "assay":
        return command(rest)
    if word == "pytest":
        return option(rest)
    path, _, name = reference.partition(": ")
    file = ROOT / path
    if not file.exists():
        return "there is no such file"
    if not name:
        return ""
    text = file.read_text(encoding="utf-8")
    if path.startswith(".github/workflows/"):
        read = yaml.safe_load(text)
        return "" if name in {*read["jobs"], *triggers(read)} else "no job and no trigger of it"
    return "" if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) else "it is not in there"


def triggers(workflow: dict) -> list[str]:
    """The events of a workflow; YAML 1.1 reads the key `on` as true."""
    return list(workflow.get("on", workflow.get(True)) or ())


def command(words: str) -> str:
    """Why there is no such command of ours, or no such option or sub-command of it."""
    name, *rest = words.split()
    if name not in _COMMANDS:
        return "no command of ours"
    lacking = [one for one in rest if one not in set(known(parser(name)))]
    return f"it has no {', '.join(lacking)}" if lacking else ""


def known(of: argparse.ArgumentParser) -> Iterator[str]:
    """The options and sub-commands of a parser, and of what is below it."""
    for action in of._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices
            for below in action.choices.values():
                yield from known(below)


def option(words: str) -> str:
    """Why a call of pytest has an option that no plugin of ours registers."""
    source = "".join(one.read_text("utf-8") for one in sorted((ROOT / "fixtures").glob("*.py")))
    lacking = [one for one in words.split() if one.startswith("--") and f'"{one}"' not in source]
    lacking += [one for one in words.split() if one[0] != "-" and not (ROOT / one).exists()]
    return f"it has no {', '.join(lacking)}" if lacking else ""


PRESENT = rows(PAGE.read_text(encoding="utf-8"))


def test_the_page_has_every_row_of_the_guide_in_its_section_and_no_other():
    asked = [(section, title) for section, titles in GUIDE["sections"].items() for title in titles]
    assert [(row.section, row.title) for row in PRESENT] == asked
    assert len(asked) > 100
    assert [title for title, often in Counter(asked).items() if often > 1] == []


@pytest.mark.parametrize("row", PRESENT, ids=[f"{row.section}: {row.title}" for row in PRESENT])
def test_what_makes_a_row_is_there(row):
    assert wrong(row) == []


def test_every_test_that_would_notice_a_loss_is_collected():
    nodes = sorted({node for row in PRESENT for node in row.tests})
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
        *nodes,
    ]
    done = execute(argv, env=environment.inherited("HOME"), cwd=ROOT, timeout=120)
    assert done.ok, done.output[-3000:]
    collected = {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}
    assert collected >= set(nodes)


def test_what_may_be_open_is_a_row_of_the_guide():
    titles = {title for titles in GUIDE["sections"].values() for title in titles}
    assert set(GUIDE["open"]) <= titles


@pytest.mark.parametrize(
    ("made_by", "noticed_by", "why"),
    [
        ("`.ci/run`, `Makefile`", "`tests/test_readme.py::test_x`", None),
        ("`.ci/run: actionlint`", "`tests/test_readme.py::test_x`", None),
        ("`make lint`", "`tests/test_readme.py::test_x`", None),
        ("`assay state migrate --environment`", "`tests/test_readme.py::test_x`", None),
        ("`pytest smoke --deploy`", "`tests/test_readme.py::test_x`", None),
        ("`.ci/nothing`", "`tests/test_readme.py::test_x`", "there is no such file"),
        ("`.ci/run: actionlinter`", "`tests/test_readme.py::test_x`", "it is not in there"),
        ("`make nothing`", "`tests/test_readme.py::test_x`", "no target of the Makefile"),
        ("`assay nothing`", "`tests/test_readme.py::test_x`", "no command of ours"),
        ("`assay state --nothing`", "`tests/test_readme.py::test_x`", "it has no --nothing"),
        ("`pytest smoke --nothing`", "`tests/test_readme.py::test_x`", "it has no --nothing"),
        ("`.ci/run`", "`tests/test_readme.py`", "no node id"),
        ("`.ci/run`", "by hand", "no test would notice its loss"),
        ("a habit", "`tests/test_readme.py::test_x`", "nothing makes it"),
        ("open", "", "it may not be open"),
        ("Open: later", "", "nothing makes it"),
    ],
)
def test_a_row_that_leads_nowhere_is_seen(made_by, noticed_by, why):
    found = wrong(Row("Deployment process", "2. Build worker AMI", made_by, noticed_by))
    assert found == [] if why is None else why in "; ".join(found)


@pytest.mark.parametrize(("name", "why"), [("lint", ""), ("push", ""), ("deploy", "no job")])
def test_a_workflow_has_the_job_or_the_trigger(tmp_path, monkeypatch, name, why):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "ci.yml").write_text("on:\n  push:\njobs:\n  lint:\n    steps: []\n# deploy\n")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    found = missing(f".github/workflows/ci.yml: {name}")
    assert (found == "") if not why else found.startswith(why)


# What only the text of a workflow says: no executor of tests has a second system.


def workflow(name):
    return yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8"))


def test_what_a_workflow_runs_on_and_starts_by():
    systems = workflow("ci.yml")["jobs"]["test"]["strategy"]["matrix"]["os"]
    assert {one.partition("-")[0] for one in systems} == {"ubuntu", "macos"}
    built = workflow("_build.yml")["jobs"]["binary"]["strategy"]["matrix"]["include"]
    assert {one["target"] for one in built} == {
        "x86_64-unknown-linux-gnu", "x86_64-apple-darwin", "aarch64-apple-darwin"}  # fmt: skip
    assert "pull_request" in triggers(workflow("ci.yml"))
    deploy = workflow("deploy.yml")
    assert deploy[True]["push"]["branches"] == ["main"]
    assert deploy["jobs"]["ci"]["uses"].endswith("/ci.yml")
    assert deploy["jobs"]["dev"]["needs"] == "ci"


def test_dependencies_are_cached_by_the_lock():
    action = yaml.safe_load((ROOT / ".github/actions/setup/action.yml").read_text())
    (given,) = [one["with"] for one in action["runs"]["steps"]
                if "setup-python" in one.get("uses", "")]  # fmt: skip
    assert given["cache-dependency-path"] == "requirements.lock"
    assert given["cache"].startswith("${{ inputs.cache }}")
    tested = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["test"]
    assert {"pip"} == {step["with"]["cache"] for step in tested["steps"] if _sets_up(step)}


def _sets_up(step):
    return step.get("uses") == "./.github/actions/setup"


def test_staging_is_put_under_load_before_production():
    steps = workflow("_deploy.yml")["jobs"]["deploy"]["steps"]
    (load,) = [one for one in steps if "benchmarks.load_deployed" in one.get("run", "")]
    assert load["if"] == "inputs.environment == 'staging'"
    assert workflow("deploy.yml")["jobs"]["prod"]["needs"] == "staging"


def test_the_nights_long_jobs_know_the_commits_before():
    (checkout,) = [one for one in workflow("nightly.yml")["jobs"]["long"]["steps"]
                   if "actions/checkout" in one.get("uses", "")]  # fmt: skip
    assert checkout["with"]["fetch-depth"] == 0
