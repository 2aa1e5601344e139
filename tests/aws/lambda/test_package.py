"""The package: the same bytes from the same sources, every handler in it can be imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assay import environment
from assay.process import execute

pytestmark = pytest.mark.xdist_group("package")  # one process makes it
LAMBDA = Path(__file__).parents[3] / "aws" / "lambda"
HANDLERS = ("coordinator", "provisioner", "reconciler")


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """Made twice."""
    made = [tmp_path_factory.mktemp("package") / "lambda.zip" for _ in range(2)]
    for out in made:
        env = {
            **environment.inherited("HOME", "PIP_INDEX_URL", "PIP_CERT"),
            "PYTHON": sys.executable,
        }
        done = execute(["bash", str(LAMBDA / "package.sh"), str(out)], env=env, timeout=300)
        assert done.ok, done.output
    return made


def test_two_packages_are_the_same_bytes(packages):
    first, second = (package.read_bytes() for package in packages)
    assert first == second


@pytest.mark.parametrize("name", HANDLERS)
def test_each_handler_can_be_imported_from_the_package(packages, name):
    code = (
        f"import sys; sys.path.insert(0, {str(packages[0])!r}); import {name}.app as app;"
        " assert callable(app.handler); assert 'lambda.zip' in app.__file__"
    )
    env = {**environment.inherited(), "AWS_DEFAULT_REGION": "us-east-1"}
    done = execute([sys.executable, "-I", "-c", code], env=env, timeout=60)
    assert done.ok, done.output
