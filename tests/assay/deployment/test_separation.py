"""Keys or workspaces: both keep environments apart, and a mark of another one is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from assay.deployment import environments, ladder, moves, separation
from assay.deployment.ladder import Deployment
from assay.deployment.state import State
from assay.deployment.steps import Outcome, Result
from assay.deployment.terraform import BACKEND, WORKSPACE, Terraform
from assay.errors import Refused, UsageError

DEV, PROD = environments.read("dev"), environments.read("prod")
KEYS, WORKSPACES = State("bucket"), State("bucket", workspaces=True)


def folder(path, place, target):
    """Terraform's, as it is after it was initialised for an environment."""
    (path / ".terraform").mkdir(exist_ok=True)
    config = {"bucket": place.bucket, "key": place.backend_key(target)}
    told = {"backend": {"type": "s3", "config": config}} if place.bucket else {}
    (path / BACKEND).write_text(json.dumps(told))
    (path / WORKSPACE).write_text(place.workspace(target))
    return Terraform(path, environments.path_of(target.environment), {}, {})


@pytest.mark.parametrize("place", [State(), State(workspaces=True), KEYS, WORKSPACES], ids=str)
def test_either_way_an_environment_has_its_own(tmp_path, place):
    made = folder(tmp_path, place, DEV)
    separation.demand(made, DEV, place)
    assert place.key(DEV) != place.key(PROD)


@pytest.mark.parametrize(
    ("place", "spoil", "said"),
    [
        (KEYS, lambda it: (it.folder / WORKSPACE).write_text("prod"), "the workspace is prod, not "
         "default"),
        (WORKSPACES, lambda it: (it.folder / WORKSPACE).write_text("prod"), "is prod, not dev"),
        (WORKSPACES, lambda it: (it.folder / WORKSPACE).unlink(), "is default, not dev"),
        (KEYS, lambda it: folder(it.folder, KEYS, PROD), "not s3://bucket/replicator/dev/"),
        (KEYS, lambda it: folder(it.folder, State("other"), DEV), "s3://other/replicator/dev/"),
        (KEYS, lambda it: (it.folder / BACKEND).unlink(), "is a file of this folder, not s3://"),
        (State(), lambda it: folder(it.folder, KEYS, DEV), "not a file of this folder"),
        (WORKSPACES, lambda it: folder(it.folder, KEYS, DEV), "the workspace is default"),
    ],
)  # fmt: skip
def test_a_mark_of_another_environment_is_refused(tmp_path, place, spoil, said):
    made = folder(tmp_path, place, DEV)
    spoil(made)
    with pytest.raises(Refused, match="is not that of replicator-dev") as refused:
        separation.demand(made, DEV, place)
    assert said in refused.value.evidence


def test_the_variables_of_another_environment_are_refused(tmp_path):
    made = replace(folder(tmp_path, KEYS, DEV), var_file=environments.path_of("prod"))
    with pytest.raises(Refused) as refused:
        separation.demand(made, DEV, KEYS)
    assert "is of environment prod, not dev" in refused.value.evidence
    assert "is of account 333333333333, not 111111111111" in refused.value.evidence


def test_what_replaces_a_variable_is_what_counts(tmp_path):
    made = replace(folder(tmp_path, KEYS, DEV), variables={"project": "other"})
    with pytest.raises(Refused) as refused:
        separation.demand(made, DEV, KEYS)
    assert "is of project other, not replicator" in refused.value.evidence


@pytest.mark.parametrize("to", [State(workspaces=True), WORKSPACES], ids=str)
def test_one_way_is_not_turned_into_the_other_by_a_copy(tmp_path, to):
    where = Deployment(DEV, Account(DEV.account_id), tmp_path)
    where.remember(KEYS)
    with pytest.raises(UsageError, match="by keys or by workspaces"):
        moves.migrate(where, to)


class Account:
    """Of some number."""

    def __init__(self, number):
        self.number = number

    def environment(self):
        return {}

    def client(self, _service):
        return self

    def get_caller_identity(self):
        return {"Account": self.number}


@pytest.mark.parametrize(
    ("number", "spoil", "said"),
    [
        ("9" * 12, lambda _: None, "This is account 999999999999"),
        (DEV.account_id, lambda it: (it / WORKSPACE).write_text("prod"), "is not that of"),
    ],
    ids=("account", "workspace"),
)
def test_nothing_is_applied_where_a_mark_has_changed_after_the_plan(
    tmp_path, monkeypatch, number, spoil, said
):
    where = Deployment(DEV, Account(number), tmp_path)
    where.folder.mkdir()
    folder(where.folder, State(), DEV)
    (where.folder / "given.json").write_text(
        json.dumps({"var_file": str(environments.path_of("dev")), "variables": {}})
    )
    package = tmp_path / "lambda.zip"
    package.touch()
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    results = {
        "plan": Result("plan", "", "", "", Outcome.DONE,
                       made={"changes": [["x", ["create"]]], "digest": "1f" * 32}),
        "lambda_package": Result("lambda_package", "", "", "", Outcome.DONE,
                                 made={"path": str(package), "sha256": empty}),
    }  # fmt: skip
    monkeypatch.setattr(Terraform, "apply", lambda _: pytest.fail("it was applied"))
    spoil(where.folder)
    with pytest.raises(Refused, match=said):
        ladder._apply(where, results, str)
    package.write_text("another")
    with pytest.raises(Refused, match="is not what would be deployed"):
        ladder._apply(where, results, str)


@pytest.mark.parametrize("place", [State(), State(workspaces=True)], ids=str)
def test_terraform_itself_keeps_them_apart(tmp_path, place):
    (tmp_path / "main.tf").write_text('output "x" { value = terraform.workspace }\n')
    (tmp_path / "terraform.rc").write_text("disable_checkpoint = true\n")
    made = Terraform(tmp_path, environments.path_of("dev"), {}, {})
    made.run("init")
    if place.workspaces:
        made.choose("prod")
        with pytest.raises(Refused, match="is not that of replicator-dev"):
            separation.demand(made, DEV, place)
        made.choose("dev")
    separation.demand(made, DEV, place)
    made.run("plan", "-out=plan")
    made.apply()
    assert made.outputs() == {"x": place.workspace(DEV)}
