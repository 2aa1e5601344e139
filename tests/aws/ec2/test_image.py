"""The recipe of the worker's image: its bundle, what it refuses, what it makes of a Debian 13."""

from __future__ import annotations

import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from assay import environment
from assay.cloud import images
from assay.process import execute

AWS = Path(__file__).parents[3] / "aws"
RECIPE = AWS / "ec2"
TAG = "assay-worker:test-image"


def run(*argv, **variables):
    """A program of the recipe."""
    names = ("HOME", "PIP_CERT", "PIP_INDEX_URL", "PIP_CONFIG_FILE")
    env = {**environment.inherited(*names), "PYTHON": sys.executable, **variables}
    return execute([str(word) for word in argv], env=env, timeout=300)


@pytest.fixture(scope="module")
def tool(tmp_path_factory):
    """A program that stands for a replicator's binary."""
    path = tmp_path_factory.mktemp("tool") / "replicator"
    path.write_text("#!/bin/sh\nexit 0\n")
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def bundle(tool, tmp_path_factory):
    """A bundle with it, packed."""
    out = tmp_path_factory.mktemp("bundle") / "bundle.tar"
    done = run("bash", RECIPE / "build-ami.sh", "--binary", tool, "--bundle-only", out)
    assert done.ok, done.output
    return out


@pytest.fixture
def unpacked(bundle, tmp_path):
    with tarfile.open(bundle) as packed:
        packed.extractall(tmp_path, filter="data")
    return tmp_path


@pytest.mark.shellcheck
@pytest.mark.parametrize("path", sorted(AWS.rglob("*.sh")), ids=lambda path: path.name)
def test_shellcheck_finds_nothing(path):
    done = execute(["shellcheck", "--external-sources", str(path)], env=environment.inherited(),
                   cwd=path.parent, timeout=60)  # fmt: skip
    assert done.ok, done.output


@pytest.mark.packer
def test_packer_understands_the_template():
    argv = ["packer", "validate", "-syntax-only", str(RECIPE / "worker.pkr.hcl")]
    done = execute(argv, env=environment.inherited("HOME"), timeout=60)
    assert done.ok, done.output


def test_the_same_sources_give_the_same_bundle(tool, bundle, tmp_path):
    again = tmp_path / "again.tar"
    assert run("bash", RECIPE / "build-ami.sh", "--binary", tool, "--bundle-only", again).ok
    assert again.read_bytes() == bundle.read_bytes()


def test_an_untouched_bundle_is_verified(unpacked):
    done = run("bash", unpacked / "provision.sh", "--verify", unpacked)
    assert (done.exit, "bundle verified" in done.output) == (0, True)


@pytest.mark.parametrize("what", ["changed", "missing", "extra"])
def test_a_bundle_that_is_not_as_it_was_is_refused(unpacked, what):
    victim = unpacked / "lib" / "worker" / "work.py"
    if what == "changed":
        victim.write_bytes(victim.read_bytes() + b"\n")
    elif what == "missing":
        victim.unlink()
    else:
        shutil.copy(victim, victim.with_name("more.py"))
    done = run("bash", unpacked / "provision.sh", "--verify", unpacked)
    assert done.exit == 1
    assert ("more.py" if what == "extra" else "work.py") in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--nonsense"], "There is no option --nonsense"),
        (["--local"], "--local needs a value"),
        (["--local", "a:b", "--bundle-only", "c"], "Either an image or a bundle"),
        (["--base", "x"], "--base is for --local"),
        (["--binary", "/nonexistent"], "There is no program /nonexistent"),
        (["--local", "a:b", "--region", "x"], "are for AWS"),
    ],
)
def test_what_cannot_be_meant_is_refused(words, said):
    done = run("bash", RECIPE / "build-ami.sh", *words)
    assert done.exit in (1, 2)
    assert said in done.stderr
    assert "To fix:" in done.stderr


@pytest.mark.docker
def test_the_local_image_holds_a_worker_and_says_what_was_not_run():
    try:
        built = run("bash", RECIPE / "build-ami.sh", "--local", TAG)
        assert built.stdout.splitlines()[-1] == TAG, built.output
        assert "NOT RUN: AWS CLI v2" in built.stderr
        assert "NOT RUN: CloudWatch agent" in built.stderr
        assert "parts NOT RUN: 2" in built.stderr
        script = (
            "cd /opt/replicator && ls container power-off worker.sh pinned.sh replicator.json"
            " && PYTHONPATH=lib ./python -c 'import worker.__main__'"
            " && /usr/lib/postgresql/17/bin/pg_dump --version"
            " && PYTHONPATH=reference ./python -m assay.replicators.reference --help && ls /opt"
        )
        done = run("docker", "run", "--rm", TAG, "sh", "-c", script)
        assert done.ok, done.output
        assert "pg_dump (PostgreSQL) 17" in done.stdout
        assert "assay-reference" in done.stdout
        assert "bundle" not in done.stdout
    finally:
        images.remove_container_image(TAG)


def test_an_image_on_aws_is_not_begun_without_pins(tmp_path):
    fake = tmp_path / "packer"
    fake.write_text("#!/bin/sh\necho built >&2\n")
    fake.chmod(0o755)
    path = environment.inherited()["PATH"]
    done = run("bash", RECIPE / "build-ami.sh", PATH=f"{tmp_path}:{path}")
    assert done.exit == 1
    assert "not pinned" in done.stderr
    assert "built" not in done.stderr
