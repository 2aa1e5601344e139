"""The package is looked at before it is deployed."""

from __future__ import annotations

import shutil
import zipfile

import pytest

from assay.deployment import package
from assay.errors import SetupError

pytestmark = pytest.mark.xdist_group("package")  # one process makes it
HANDLERS = ["coordinator", "provisioner", "reconciler"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The package as the script makes it."""
    return package.make_package(tmp_path_factory.mktemp("package") / "lambda.zip")


@pytest.fixture
def copied(made, tmp_path):
    """A copy that may be damaged."""
    return shutil.copy(made, tmp_path / "lambda.zip")


def without(path, name):
    """The same package, one member left out."""
    with zipfile.ZipFile(path) as old:
        kept = {one: old.read(one) for one in old.namelist() if one != name}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for member, content in kept.items():
            new.writestr(member, content)


def test_the_scripts_package_is_good(made):
    looked = package.checked(made)
    assert looked["handlers"] == HANDLERS
    assert looked["zipped"] < looked["unzipped"] < package.UNZIPPED
    assert package.changed(looked) == ""


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_that_is_missing_is_seen(copied, name):
    without(copied, f"{name}/app.py")
    with pytest.raises(SetupError, match="cannot be imported"):
        package.checked(copied)


def test_a_module_that_a_handler_needs_is_missed(copied):
    without(copied, "jobcore/__init__.py")
    without(copied, "jobcore/records.py")
    with pytest.raises(SetupError, match="jobcore"):
        package.checked(copied)


@pytest.mark.parametrize(("limit", "what"), [("ZIPPED", "zipped"), ("UNZIPPED", "unzipped")])
def test_a_package_that_aws_would_refuse_is_refused_and_one_of_the_limit_is_not(
    copied, monkeypatch, limit, what
):
    monkeypatch.setattr(package, limit, package.checked(copied)[what])
    looked = package.checked(copied)
    monkeypatch.setattr(package, limit, looked[what] - 1)
    with pytest.raises(SetupError, match=f"too large {what}: {looked[what]} bytes"):
        package.checked(copied)


def test_a_package_that_could_not_be_made_says_why(tmp_path, monkeypatch):
    script = tmp_path / "package.sh"
    script.write_text("echo no matching distribution >&2; exit 1")
    monkeypatch.setattr(package, "in_clone", lambda _: script)
    with pytest.raises(SetupError, match="no matching distribution"):
        package.make_package(tmp_path / "lambda.zip")


@pytest.mark.parametrize(("machine", "seen"), [(62, False), (183, True), (3, True)])
def test_a_library_for_another_processor_is_seen(copied, machine, seen):
    head = b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little")
    with zipfile.ZipFile(copied, "a") as opened:
        opened.writestr("fast/core.so", head)
    if not seen:
        assert package.checked(copied)["handlers"] == HANDLERS
        return
    with pytest.raises(SetupError, match=r"not for x86_64.\nEvidence: fast/core.so"):
        package.checked(copied)


def test_a_package_that_changed_after_it_was_checked_is_seen(copied):
    looked = package.checked(copied)
    without(copied, "reconciler/app.py")
    assert "has changed" in package.changed(looked)
    copied.unlink()
    assert "is gone" in package.changed(looked)
