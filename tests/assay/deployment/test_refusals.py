"""Dangerous requests: refused before the first call that could change anything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.deployment import environments, ladder, moves
from assay.deployment.accounts import Aws
from assay.deployment.approval import Approval
from assay.deployment.commit import Commit
from assay.deployment.ladder import Deployment
from assay.deployment.state import State
from assay.errors import Refused, SetupError

PLAN = "3f2a" * 16
STAGED, PROD, DEV = (environments.read(name) for name in ("staging", "prod", "dev"))


class Account:
    """Says who it is, and nothing else may be asked of it."""

    def __init__(self, number):
        self.number = number
        self.asked = []

    def environment(self):
        raise AssertionError("credentials were asked for")

    def client(self, service):
        self.asked.append(service)
        assert service == "sts"
        return self

    def get_caller_identity(self):
        return {"Account": self.number}

    def endpoint(self, outputs):
        raise AssertionError("an endpoint was asked for")


@pytest.fixture(autouse=True)
def committed(monkeypatch):
    """A clone without changes, no CI."""
    monkeypatch.setattr(Commit, "of", lambda _: Commit("c0ffee", ""))
    monkeypatch.delenv("CI", raising=False)


@pytest.mark.parametrize("target", [STAGED, PROD], ids=lambda one: one.environment)
def test_what_is_protected_is_not_destroyed(target, tmp_path):
    account = Account(target.account_id)
    with pytest.raises(Refused, match="is protected: it is not destroyed"):
        ladder.destroy(Deployment(target, account, tmp_path))
    assert account.asked == []


@pytest.mark.parametrize("what", [ladder.climb, ladder.destroy, ladder.orphans_of])
def test_another_account_is_refused(what, tmp_path):
    account = Account("999999999999")
    with pytest.raises(Refused, match="This is account 999999999999; dev belongs to"):
        what(Deployment(DEV, account, tmp_path))
    assert account.asked == ["sts"]
    assert list(tmp_path.iterdir()) == []


def test_a_state_is_not_brought_elsewhere_in_another_account(tmp_path):
    with pytest.raises(Refused, match="999999999999"):
        moves.migrate(Deployment(DEV, Account("999999999999"), tmp_path), State("bucket"))


def test_credentials_that_are_none_are_told(tmp_path, monkeypatch):
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(SetupError, match="aws sso login"):
        ladder.climb(Deployment(DEV, Aws("us-east-1"), tmp_path))


def test_the_environment_local_does_not_go_to_an_account(tmp_path):
    local = environments.read("local")
    with pytest.raises(Refused, match="is for the local cloud"):
        ladder.climb(Deployment(local, Account(local.account_id), tmp_path))


def test_a_second_state_is_refused(tmp_path):
    Deployment(DEV, Account(DEV.account_id), tmp_path).remember(State("bucket"))
    with pytest.raises(Refused, match=r"lies in s3://bucket, not in local") as refused:
        Deployment(DEV, Account(DEV.account_id), tmp_path, state=State()).where()
    assert "assay state migrate --environment dev local" in refused.value.remedy


@pytest.mark.parametrize("target", [DEV, STAGED, PROD], ids=lambda one: one.environment)
def test_a_dry_run_writes_nothing_anywhere(target):
    with pytest.raises(Refused, match="this is a dry run") as refused:
        Approval().demand(target, PLAN, 3)
    assert ("--approve 3f2a3f2a3f2a" in refused.value.remedy) == target.protected


def test_prod_wants_it_typed():
    with pytest.raises(Refused, match="by a person at a terminal"):
        Approval(write=True).demand(PROD, PLAN, 3)


@pytest.mark.parametrize("typed", ["", "yes", "replicator-prod", "replicator-staging 3f2a3f2a3f2a"])
def test_prod_wants_the_very_words(typed):
    with pytest.raises(Refused, match="replicator-prod is not deployed"):
        Approval(write=True, ask=lambda _: typed).demand(PROD, PLAN, 3)


def test_the_very_words_are_enough():
    asked = []
    said = Approval(
        write=True, ask=lambda question: asked.append(question) or "replicator-prod 3f2a3f2a3f2a\n"
    ).demand(PROD, PLAN, 3)
    assert said["how"] == "typed"
    assert (said["commit"], said["plan"]) == ("c0ffee", PLAN)
    assert len(asked) == 1


def test_nothing_is_typed_in_ci(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(Refused, match="by a person at a terminal"):
        Approval(write=True, ask=lambda _: "replicator-prod 3f2a3f2a3f2a").demand(PROD, PLAN, 3)


@pytest.mark.parametrize("target", [DEV, PROD], ids=lambda one: one.environment)
@pytest.mark.parametrize("plan", ["3f2a3f2a3f2b", "3f2a", "3"])
def test_another_plan_than_the_reviewed_one_is_refused(plan, target):
    with pytest.raises(Refused, match="Another plan was approved"):
        Approval(write=True, plan=plan).demand(target, PLAN, 3)


@pytest.mark.parametrize("target", [DEV, PROD], ids=lambda one: one.environment)
def test_the_reviewed_plan_is_allowed(target):
    assert Approval(write=True, plan=PLAN[:12]).demand(target, PLAN, 3)["how"] == "--approve"


def test_what_is_not_committed_does_not_go_to_prod(monkeypatch):
    monkeypatch.setattr(Commit, "of", lambda _: Commit("c0ffee", " M aws/terraform/table.tf"))
    with pytest.raises(Refused, match="committed files only") as refused:
        Approval(write=True, plan=PLAN[:12]).demand(PROD, PLAN, 3)
    assert "table.tf" in refused.value.evidence
    assert Approval(write=True).demand(DEV, PLAN, 3)["how"] == "--apply"


def test_nothing_to_change_needs_nobody():
    assert Approval().demand(PROD, PLAN, 0)["how"] == "none is needed"


def test_what_is_protected_is_not_swept():
    from assay.deployment import orphans

    found = [orphans.Orphan("table", "replicator-prod-jobs", "replicator-prod-jobs")]
    with pytest.raises(Refused, match="nothing of it is swept"):
        orphans.remove(Account(PROD.account_id), PROD, found, progress=str)


def test_protection_is_the_files_word(tmp_path):
    open_one = replace(PROD, protected=False)
    with pytest.raises(Refused, match="This is account"):
        ladder.destroy(Deployment(open_one, Account("1"), tmp_path))
