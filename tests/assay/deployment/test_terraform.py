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
    made = fake(tmp_path, monkeypatch, """echo '{"format_version": "1.0"}'""")
    assert made.resources() == []
