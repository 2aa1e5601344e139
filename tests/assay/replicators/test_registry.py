"""Names of replicators, and what each of ours claims."""

import tomllib
from pathlib import Path

import pytest

from assay.errors import SetupError, UsageError
from assay.replicators import registry
from assay.replicators.base import Capability, Driver
from assay.replicators.controls.defects import DEFECTS
from assay.replicators.registry import GROUP, OURS, resolve

ROOT = Path(__file__).parents[3]

NOT_CLAIMED = {Capability.RESUME: "an init that was cut short starts over with --drop-existing"}


def test_the_reference_claims_everything_but_named_exceptions():
    assert resolve("reference").capabilities == frozenset(Capability) - NOT_CLAIMED.keys()
    assert len(NOT_CLAIMED) <= 3


@pytest.mark.parametrize("name", ["noop", "schema-only", "lossy:row-lost"])
def test_a_control_claims_what_the_reference_claims(name):
    control = resolve(name)
    assert control.capabilities == resolve("reference").capabilities
    assert control.name == name


def test_every_defect_is_a_driver_with_a_sentence():
    for name, defect in DEFECTS.items():
        driver: Driver = resolve(f"lossy:{name}")
        assert driver.name == f"lossy:{name}"
        assert defect.sentence
        assert defect.damages or defect.asks or defect.around


@pytest.mark.parametrize("name", ["referense", "", "lossy", "noop2"])
def test_an_unknown_name_is_answered_with_those_available(name):
    with pytest.raises(UsageError, match="available: "):
        resolve(name)


def test_an_unknown_defect_is_answered_with_all_defects():
    with pytest.raises(UsageError, match="row-lost"):
        resolve("lossy:row-loss")


def test_the_entry_points_of_ours_are_those_that_a_clone_knows():
    registered = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    assert registered[GROUP] == OURS


def test_a_tool_that_another_package_registers_is_found(tmp_path, monkeypatch):
    (tmp_path / "theirs.py").write_text(
        "from assay.replicators.drivers.controls import Control\n"
        "def resolve(rest):\n    return Control(f'theirs-{rest}')\n"
    )
    info = tmp_path / "theirs-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    lines = "theirs = theirs:resolve\nnoop = theirs:resolve\nbroken = nowhere:resolve\n"
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}")
    monkeypatch.syspath_prepend(tmp_path)
    assert resolve("theirs:x").name == "theirs-x"
    assert resolve("noop").name == "noop"
    with pytest.raises(SetupError, match="broken cannot be loaded"):
        resolve("broken")
    with pytest.raises(UsageError, match="theirs"):
        resolve("unknown")


def test_for_a_name_of_ours_no_package_is_looked_at(monkeypatch):
    def look(**_):
        raise AssertionError("looked at what is installed")

    monkeypatch.setattr(registry, "entry_points", look)
    assert resolve("lossy:stale-toast").name == "lossy:stale-toast"
