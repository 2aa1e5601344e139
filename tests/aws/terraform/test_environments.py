"""One file per environment, all with the same variables; what they allow differs."""

from __future__ import annotations

import json
from pathlib import Path

import hcl2
import pytest

from assay import environment
from assay.process import execute

ROOT = Path(__file__).parents[3]
NAMES = ("local", "dev", "staging", "prod")
GIVEN_LATER = {"worker_ami_id", "lambda_package", "api_key_versions", "expires"}


def variables(name):
    """What an environment says."""
    with (ROOT / "environments" / f"{name}.tfvars").open() as file:
        return hcl2.load(file)


@pytest.mark.parametrize("name", NAMES)
def test_each_environment_sets_every_variable_and_no_other(name):
    with (ROOT / "aws" / "terraform" / "variables.tf").open() as file:
        declared = {key.strip('"') for one in hcl2.load(file)["variable"] for key in one}
    said = {key for key in variables(name) if not key.startswith("__")}
    assert said == declared - GIVEN_LATER


def test_only_the_local_environment_lets_jobs_reach_private_addresses():
    assert [name for name in NAMES if variables(name)["allow_private_addresses"]] == ["local"]
    assert [name for name in NAMES if variables(name)["omit_unsupported"]] == ["local"]


def test_what_serves_others_is_protected():
    assert [name for name in NAMES if variables(name)["protected"]] == ["staging", "prod"]


def test_environments_have_accounts_and_names_of_their_own():
    said = [json.dumps([variables(n)["account_id"], variables(n)["environment"]]) for n in NAMES]
    assert len(set(said)) == len(NAMES)


@pytest.mark.terraform
@pytest.mark.parametrize("folder", ["aws/terraform", "environments"])
def test_terraform_finds_nothing_to_format(folder):
    argv = ["terraform", "fmt", "-check", "-recursive", str(ROOT / folder)]
    done = execute(argv, env=environment.inherited("HOME"), timeout=60)
    assert done.ok, done.output
