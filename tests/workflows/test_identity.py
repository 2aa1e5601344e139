"""Who a job can prove to be: tokens of a local issuer, fetched by a step as on GitHub."""

from __future__ import annotations

import pytest

from tests.workflows.issuer import listening
from tests.workflows.shell import Bash
from tests.workflows.site import Environment, Site, Trigger

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("workflows")]
ASKS = """
on: [push, pull_request]
permissions: {}
jobs:
  able:
    environment: prod
    permissions: { id-token: write }
    runs-on: ubuntu-24.04
    steps: [{ run: "%(fetch)s" }]
  bare:
    permissions: { id-token: write }
    runs-on: ubuntu-24.04
    steps: [{ run: "%(fetch)s" }]
  unable:
    runs-on: ubuntu-24.04
    steps: [{ run: "%(fetch)s" }]
"""
FETCH = (
    "python3 -Sc 'import json, os, urllib.request as u;"
    ' a = os.environ[\\"ACTIONS_ID_TOKEN_REQUEST_URL\\"] + \\"&audience=sts.amazonaws.com\\";'
    ' t = os.environ[\\"ACTIONS_ID_TOKEN_REQUEST_TOKEN\\"];'
    ' q = u.Request(a, headers={\\"Authorization\\": \\"bearer \\" + t});'
    ' print(json.load(u.urlopen(q))[\\"value\\"])\''
)


@pytest.fixture(scope="module")
def issuer():
    with listening() as issuer:
        yield issuer


def run(issuer, language, folder, event):
    site = Site(
        language,
        {"w.yml": ASKS % {"fetch": FETCH}}.get,
        Bash(folder),
        environments={"prod": Environment()},
        token_url=issuer.url,
    )
    record = site.start("w.yml", Trigger(event))
    site.play()
    return record


@pytest.mark.parametrize(
    ("event", "subject"),
    [
        ("push", "repo:owner/name:ref:refs/heads/main"),
        ("pull_request", "repo:owner/name:pull_request"),
    ],
)
def test_a_token_names_the_environment_else_what_started_the_run(
    event, subject, issuer, language, tmp_path
):
    record = run(issuer, language, tmp_path, event)
    said = {key: job.steps[0].said.strip() for key, job in record.jobs.items()}
    assert issuer.claims(said["able"])["sub"] == "repo:owner/name:environment:prod"
    assert issuer.claims(said["bare"])["sub"] == subject


def test_without_its_right_a_job_has_no_address_to_ask(issuer, language, tmp_path):
    record = run(issuer, language, tmp_path, "push")
    assert record.jobs["unable"].result == "failure"
    assert "ACTIONS_ID_TOKEN_REQUEST_URL" in record.jobs["unable"].steps[0].said


def test_a_token_is_believed_only_as_it_was_signed(issuer):
    token = issuer.token("repo:owner/name:environment:dev")
    head, _, signature = token.split(".")
    claims = issuer.token("repo:owner/name:environment:prod").split(".")[1]
    with pytest.raises(ValueError, match="not signed"):
        issuer.claims(f"{head}.{claims}.{signature}")
    with pytest.raises(ValueError, match="for elsewhere"):
        issuer.claims(issuer.token("anybody", "elsewhere"))
