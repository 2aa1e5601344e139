"""The plan that a reviewer sees is the one whose name approves it."""

from __future__ import annotations

import sys

import pytest

from assay.errors import Refused, SetupError, UsageError
from assay.github import oidc, plan
from assay.process import Execution


@pytest.fixture
def runner(tmp_path, monkeypatch):
    """The environment of a runner; what it put out."""
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        (tmp_path / name).touch()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("ENVIRONMENT", "staging")
    monkeypatch.setenv("REPLICATOR", "reference")
    monkeypatch.setenv("FROM", "")
    monkeypatch.setenv("AMI", "")
    return tmp_path


def dry_run(monkeypatch, *, code=0, stdout=""):
    """Answers in place of `assay deploy`; the calls that were made."""
    calls = []

    def execute(argv, **_):
        calls.append(argv)
        return Execution(tuple(argv), code, stdout, "[0.1 s] plan\n", 1.0)

    monkeypatch.setattr(plan, "execute", execute)
    return calls


def test_the_output_is_the_plans_name(runner, monkeypatch):
    calls = dry_run(monkeypatch, stdout="plan 3f2a91c04d7e: 12 changes, state in local\n")
    assert plan.main() == 0
    assert (runner / "GITHUB_OUTPUT").read_text() == "plan=3f2a91c04d7e\n"
    assert (
        "### staging: plan 3f2a91c04d7e, 12 changes" in (runner / "GITHUB_STEP_SUMMARY").read_text()
    )
    words = ["-m", "assay", "deploy", "--environment", "staging", "--replicator", "reference"]
    assert calls == [(sys.executable, *words)]


def test_the_evidence_of_the_environment_before_lets_it_in(runner, monkeypatch):
    calls = dry_run(monkeypatch, stdout="plan 3f2a91c04d7e: 12 changes, state in local\n")
    monkeypatch.setenv("FROM", "dev")
    assert plan.main() == 0
    assert calls[0][-2:] == ("--evidence", "got/evidence-dev")


def test_an_image_that_is_there_is_named(runner, monkeypatch):
    calls = dry_run(monkeypatch, stdout="plan 3f2a91c04d7e: 12 changes, state in local\n")
    monkeypatch.setenv("AMI", "ami-1")
    assert plan.main() == 0
    assert calls[0][-2:] == ("--ami", "ami-1")


def test_a_dry_run_that_failed_gives_no_plan(runner, monkeypatch):
    dry_run(monkeypatch, code=1, stdout="plan 3f2a91c04d7e: 12 changes, state in local\n")
    assert plan.main() == 1
    assert not (runner / "GITHUB_OUTPUT").read_text()


@pytest.mark.parametrize("said", ["", "no plan\n", "plan aa: 1 changes\nplan bb: 2 changes\n"])
def test_one_plan_has_to_be_named(said):
    with pytest.raises(SetupError, match="not one"):
        plan.named(said)


@pytest.fixture
def tokens(monkeypatch):
    """A runner that issues tokens."""
    values = {
        "ROLE": "arn:aws:iam::1:role/r", "REGION": "us-east-1",
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://t", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)


def test_a_runner_that_issues_tokens_may_go_on(tokens, capsys):
    assert oidc.main() == 0
    assert capsys.readouterr().out == "role arn:aws:iam::1:role/r in us-east-1\n"


@pytest.mark.parametrize("name", ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
def test_an_empty_address_is_no_token(tokens, monkeypatch, name):
    monkeypatch.setenv(name, "")
    with pytest.raises(Refused, match="no token") as refusal:
        oidc.main()
    assert "id-token: write" in refusal.value.remedy


@pytest.mark.parametrize("name", ["ROLE", "REGION"])
def test_a_role_that_is_not_configured_is_said(tokens, monkeypatch, name):
    monkeypatch.setenv(name, "")
    with pytest.raises(UsageError, match=name):
        oidc.main()


def test_stored_keys_are_refused(tokens, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    with pytest.raises(Refused, match="credentials already"):
        oidc.main()
