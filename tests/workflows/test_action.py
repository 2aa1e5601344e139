"""The five lines of docs/workflows.md in an unrelated repository, executed."""

from __future__ import annotations

import re

import pytest

from tests.workflows import house as here
from tests.workflows.mutants import mutants
from tests.workflows.site import Planted, Site, Trigger
from tests.workflows.stand_ins import ROOT

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("workflows")]
ACTION = "owner/replicator-assay"
ELSEWHERE = """
on: [push, pull_request]
permissions: {}
jobs:
  replicator:
    runs-on: ubuntu-24.04
    permissions: %s
    steps:
      - uses: actions/checkout@v7
      - uses: owner/replicator-assay@%s
%s
"""
MAY_COMMENT = "{ contents: read, pull-requests: write }"
PULL = Trigger("pull_request", ref="refs/pull/1/merge")


def five_lines():
    """What the documentation tells others to write."""
    text = (ROOT / "docs" / "workflows.md").read_text(encoding="utf-8")
    block = re.search(r"Five lines.*?```yaml\n(.*?)```", text, re.DOTALL)[1]
    lines = block.rstrip().splitlines()
    assert len(lines) == 5
    assert lines[0].strip().startswith("- uses: OWNER/NAME@COMMIT")
    return "\n".join(lines[1:])


def run(house, trigger, *, rights=MAY_COMMENT, broken=(), late=(), action=None):
    published = {ACTION: action or here.read("action.yml")}
    text = ELSEWHERE % (rights, "c0ffee" * 6 + "c0ff", five_lines())
    site = Site(house.language, {"w.yml": text}.get, house.shell, published=published)
    record = site.start("w.yml", trigger, planted=Planted(frozenset(broken), frozenset(late)))
    site.play()
    return record, set(site.artifacts[1])


def test_a_push_leaves_the_page(house):
    record, artifacts = run(house, Trigger("push"))
    assert record.result == "success"
    assert artifacts == {"assay"}
    assert [
        call.split()[2] for call in record.calls("replicator") if call.startswith("python")
    ] == ["assay.github.suite"]


def test_a_pull_request_is_told(house):
    record, _ = run(house, PULL)
    assert record.result == "success"
    assert "python -m assay.github.comment" in record.calls("replicator")[-1]
    refused, artifacts = run(house, PULL, rights="{ contents: read }")
    assert refused.result == "failure"  # the stand-in's; the module says NOT RUN and goes on
    assert artifacts == {"assay"}


def scenarios(house, action):
    """As it should go, and each step failing, before or after it has left its outputs."""
    ways = [{}] + [
        {how: [("replicator", f"1.{step}")]} for step in range(5) for how in ("broken", "late")
    ]
    found = [
        run(house, trigger, action=action, **way)
        for trigger in (Trigger("push"), PULL)
        for way in ways
    ]
    return [(record.happened(), artifacts) for record, artifacts in found]


def test_a_red_run_leaves_its_page_too(house):
    record, artifacts = run(house, PULL, late=[("replicator", "1.2")])
    assert record.result == "failure"
    assert artifacts == {"assay"}
    assert "assay.github.comment" in record.calls("replicator")[-1]


def test_every_condition_that_is_removed_is_seen(house):
    text = here.read("action.yml")
    known = scenarios(house, text)
    conditions = list(mutants("action.yml", text))
    assert len(conditions) == len(re.findall(r"^ +-? ?if:", text, re.MULTILINE))
    missed = [one.name for one in conditions if scenarios(house, one.text) == known]
    assert missed == []
