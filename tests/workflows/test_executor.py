"""The executor does what GitHub documents, or refuses: the rows of docs/workflow-executors.md."""

from __future__ import annotations

import itertools

import pytest

from tests.workflows import measure
from tests.workflows.language import Invalid
from tests.workflows.matrix import legs
from tests.workflows.shell import Bash, pairs
from tests.workflows.site import Decision, Environment, Site, Trigger
from tests.workflows.stand_ins import ROOT

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("workflows")]
SMALL = {small.name: small for small in measure.every()}
REFUSED = {"service", "timeout"}  # said, not passed over


@pytest.mark.parametrize("name", sorted(SMALL.keys() - REFUSED))
def test_behaviour_as_documented(name, language, tmp_path):
    traced, _ = measure.ours(SMALL[name], language, tmp_path)
    assert sorted(traced) == sorted(SMALL[name].expected)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_not_modelled_is_refused(name, language, tmp_path):
    traced, end = measure.ours(SMALL[name], language, tmp_path)
    assert traced == ()
    assert "Not modelled" in end


def test_the_table_of_the_docs_has_every_row():
    text = (ROOT / "docs" / "workflow-executors.md").read_text(encoding="utf-8")
    missing = [small.name for small in SMALL.values() if f"| {small.claim} |" not in text]
    assert missing == []


def site(language, folder, text, **more):
    return Site(language, {"w.yml": text}.get, Bash(folder), **more)


DEPLOYS = """
on: push
jobs:
  deploy:
    environment: prod
    runs-on: ubuntu-24.04
    steps: [{ run: echo deployed }]
"""
PROD = Environment(reviewers=("releaser", "author"), prevent_self_review=True)


@pytest.mark.parametrize(
    ("decision", "environment", "result"),
    [
        (Decision("releaser"), PROD, "success"),
        (Decision("releaser", approved=False), PROD, "failure"),
        (Decision("author"), PROD, "waiting"),  # nobody approves what is their own
        (Decision("stranger"), PROD, "waiting"),
        (None, PROD, "waiting"),
        (None, Environment(refs=("release/*",)), "failure"),
        (None, Environment(refs=("main",)), "success"),
    ],
)
def test_protection_of_an_environment(decision, environment, result, language, tmp_path):
    here = site(
        language, tmp_path, DEPLOYS, environments={"prod": environment}, approve=lambda _: decision
    )
    record = here.start("w.yml", Trigger("push"))
    here.play()
    assert record.result == result
    assert bool(record.jobs["deploy"].steps) == (result == "success")


def test_a_promotion_goes_on_when_it_is_approved_later(language, tmp_path):
    said = []
    here = site(
        language,
        tmp_path,
        DEPLOYS,
        environments={"prod": PROD},
        approve=lambda _: said[0] if said else None,
    )
    record = here.start("w.yml", Trigger("push"))
    here.play()
    assert record.result == "waiting"
    said.append(Decision("releaser"))
    here.play()
    assert record.result == "success"


FORGIVES = """
on: push
permissions: {}
jobs:
  a:
    runs-on: ubuntu-24.04
    steps:
      - { id: c, uses: actions/checkout@v4, continue-on-error: true }
      - run: echo ${{ steps.c.outcome }} ${{ steps.c.conclusion }}
"""


def test_an_action_that_fails_can_be_forgiven(language, tmp_path):
    here = site(language, tmp_path, FORGIVES)
    record = here.start("w.yml", Trigger("push"))
    here.play()
    assert record.jobs["a"].steps[1].said == "failure success\n"


GROUPED = """
on: push
concurrency: { group: one, cancel-in-progress: %s }
jobs:
  a:
    runs-on: ubuntu-24.04
    steps: [{ run: echo 1 }, { run: echo 2 }, { if: always(), run: echo 3 }]
"""


@pytest.mark.parametrize(
    ("cancel", "results"),
    [
        ("false", ["success", "cancelled", "success"]),
        ("true", ["cancelled", "cancelled", "success"]),
    ],
)
def test_a_group_of_runs(cancel, results, language, tmp_path):
    here = site(language, tmp_path, GROUPED % cancel)
    records = [here.start("w.yml", Trigger("push"), after=number) for number in range(3)]
    here.play()
    assert [record.result for record in records] == results
    ended = [step.outcome for step in records[0].jobs["a"].steps]
    stopped = ["cancelled", "skipped", "success"]  # always() still holds
    assert ended == (["success"] * 3 if cancel == "false" else stopped)
    spans = [(job.started, job.ended) for record in records for job in record.jobs.values()
             if job.started is not None]  # fmt: skip
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


def test_a_workflow_that_waits_for_its_own_group_is_ended(language, tmp_path):
    files = {
        "w.yml": "on: push\nconcurrency: g\njobs: { a: { uses: ./called.yml } }",
        "called.yml": "on: workflow_call\nconcurrency: g\n"
        "jobs: { b: { runs-on: ubuntu-24.04, steps: [{ run: echo }] } }",
    }
    here = Site(language, files.get, Bash(tmp_path))
    record = here.start("w.yml", Trigger("push"))
    here.play()
    assert record.result == "cancelled"


def test_unknown_keys_are_refused_by_githubs_own_parser(language):
    with pytest.raises(Invalid, match="Unexpected value 'need'"):
        language.workflow("w.yml", SMALL["misspelt"].text)


def test_legs_of_a_matrix_follow_the_documented_example():
    matrix = {
        "fruit": ["apple", "pear"],
        "animal": ["cat", "dog"],
        "include": [
            {"color": "green"},
            {"color": "pink", "animal": "cat"},
            {"fruit": "apple", "shape": "circle"},
            {"fruit": "banana"},
            {"fruit": "banana", "animal": "cat"},
        ],
    }
    assert legs(matrix) == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


def test_files_of_the_runner():
    assert pairs("a=1\nb<<END\ntwo\nlines\nEND\nc=x=y\n") == {
        "a": "1",
        "b": "two\nlines",
        "c": "x=y",
    }
    with pytest.raises(Invalid, match="Invalid format"):
        pairs("no value\n")
