"""One emulator and one initialised copy of the configuration for these tests."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from assay.cloud import local
from assay.deployment import environments
from assay.deployment.places import in_clone
from assay.deployment.terraform import Terraform

GIVEN = {"worker_ami_id": "ami-0123456789abcdef0"}


@pytest.fixture(scope="session")
def emulator(tmp_path_factory):
    """An emulator for plans."""
    with local.owned(tmp_path_factory.mktemp("emulator")) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def prepared(emulator, tmp_path_factory):
    """The configuration, initialised; a file that stands for the package."""
    folder = tmp_path_factory.mktemp("terraform")
    package = folder / "lambda.zip"
    package.write_bytes(b"PK")
    terraform = Terraform.prepare(
        folder,
        var_file=environments.path_of("local"),
        variables={**GIVEN, "lambda_package": str(package)},
        credentials=emulator.environment(),
    )
    shutil.copytree(in_clone("aws/terraform/tests"), folder / "tests")
    return terraform


@pytest.fixture(scope="session")
def planned(emulator, prepared):
    """Plans an environment against the emulator, in its own account unless told otherwise."""
    known = {}

    def plan(name, *, account=None, again=False):
        if name in known and account is None and not again:
            return known[name]
        account = account or environments.read(name).account_id
        terraform = replace(
            prepared,
            var_file=environments.path_of(name),
            credentials=emulator.environment(account=account),
        )
        made = terraform.plan()
        return known.setdefault(name, made)

    return plan


def pytest_collection_modifyitems(items):
    """All in one process (xdist): they share a folder of Terraform."""
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.xdist_group("terraform"))
