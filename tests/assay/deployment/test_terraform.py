"""Terraform as a child: where it and its provider are found, and what is told of its errors."""

from __future__ import annotations

import pytest

from assay.deployment import terraform
from assay.deployment.terraform import PROVIDER, Terraform, TerraformFailed, changes
from assay.errors import SetupError


@pytest.fixture
def fresh():
    """Nothing is remembered of an earlier search."""
    caches = (terraform.program, terraform.mirror)
    for one in caches:
        one.cache_clear()
    yield
    for one in caches:
        one.cache_clear()


def test_a_missing_terraform_is_named_with_the_remedy(fresh, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"terraform is not in PATH[.]\nTo fix: install Terraform"):
        terraform.program()


def test_a_mirror_where_terraform_looks_by_itself_comes_first(fresh, monkeypatch, tmp_path):
    folder = tmp_path / ".terraform.d" / "plugins"
    (folder / PROVIDER).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert terraform.mirror() == folder


def fake(tmp_path, monkeypatch, script):
    """A program in Terraform's place."""
    program = tmp_path / "terraform"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return Terraform(tmp_path, tmp_path / "x.tfvars", {"a": "1"}, {"AWS_REGION": "r"})


def test_only_the_errors_of_a_failed_call_are_told(fresh, monkeypatch, tmp_path):
    said = "echo Refreshing...; echo '╷'; echo '│ Error: no such table'; echo '│ on x.tf'; exit 1"
    made = fake(tmp_path, monkeypatch, said)
    with pytest.raises(TerraformFailed) as failure:
        made.apply()
    assert str(failure.value) == (
        "terraform apply failed.\nEvidence: Error: no such table\non x.tf"
    )


def test_a_call_gets_the_files_and_variables_and_few_others(fresh, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_PROFILE", "mine")
    made = fake(tmp_path, monkeypatch, 'echo "$@"; env')
    done = made.run("validate")
    assert done.stdout.startswith("validate -no-color\n")
    assert "AWS_REGION=r" in done.stdout
    assert "AWS_PROFILE" not in done.stdout


def test_what_stays_as_it_is_is_no_change():
    def one(address, *actions, mode="managed"):
        return {"address": address, "mode": mode, "change": {"actions": list(actions)}}

    plan = {"resource_changes": [one("a", "no-op"), one("b", "delete", "create"),
                                 one("c", "read", mode="data"), one("d", "update")]}  # fmt: skip
    assert changes(plan) == [("b", ("delete", "create")), ("d", ("update",))]


def test_an_empty_state_has_no_resources(fresh, monkeypatch, tmp_path):
    assert fake(tmp_path, monkeypatch, "").resources() == []


STATE = """{"version": %d, "resources": [
 {"mode": "managed", "type": "t", "name": "several", "instances": [
  {"index_key": "a b", "attributes": {"v": "1"}}, {"index_key": 0, "attributes": {}},
  {"index_key": 0, "deposed": "x", "attributes": {}}]},
 {"mode": "data", "type": "t", "name": "read", "instances": [{"attributes": {}}]},
 {"module": "module.m", "mode": "managed", "type": "t", "name": "one",
  "instances": [{"attributes": {}}]}]}"""


def test_resources_have_the_addresses_that_terraform_gives_them(fresh, monkeypatch, tmp_path):
    asked = '[ "$1 $2 $3" = "state pull -no-color" ] || exit 1'
    made = fake(tmp_path, monkeypatch, f"{asked}\ncat <<'JSON'\n{STATE % 4}\nJSON")
    assert made.resources() == ['t.several["a b"]', "t.several[0]", "module.m.t.one"]
    assert [one.values for one in made.managed()] == [{"v": "1"}, {}, {}]


def test_a_state_of_another_version_is_not_guessed_at(fresh, monkeypatch, tmp_path):
    made = fake(tmp_path, monkeypatch, f"cat <<'JSON'\n{STATE % 5}\nJSON")
    with pytest.raises(SetupError, match="version that is not known here: 5"):
        made.resources()


@pytest.mark.parametrize(("exit_", "left"), [(0, []), (2, [("a", ("update",))])])
def test_only_a_plan_that_changes_something_is_shown(fresh, monkeypatch, tmp_path, exit_, left):
    plan = '{"resource_changes": [{"address": "a", "mode": "managed", "change": {"actions": '
    made = fake(
        tmp_path,
        monkeypatch,
        f"""echo "$@" >>calls
[ "$1" = plan ] && exit {exit_}; echo '{plan}["update"]}}}}]}}'""",
    )
    assert made.left() == left
    assert ("show -no-color -json plan" in (tmp_path / "calls").read_text()) == bool(left)


def test_a_plan_that_fails_is_no_plan(fresh, monkeypatch, tmp_path):
    with pytest.raises(TerraformFailed):
        fake(tmp_path, monkeypatch, "exit 1").left()
