"""The replicator of a worker: ours, a binary, or a crate."""

from __future__ import annotations

import pytest

from assay.deployment import release
from assay.deployment.steps import StepError
from assay.errors import SetupError, UsageError

MAIN = 'fn main() { println!("replicated"); }'


@pytest.fixture
def binary(tmp_path):
    made = tmp_path / "seren-replicator"
    made.write_bytes(b"\x7fELF")
    return made


@pytest.fixture
def crate(tmp_path):
    """A crate of one program without dependencies."""
    folder = tmp_path / "crate"
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "tiny"\nversion = "0.1.0"\nedition = "2021"\n'
    )
    (folder / "src" / "main.rs").write_text(MAIN)
    return folder


def test_a_binary_is_named_by_its_bytes(binary):
    name = f"seren:{binary}"
    first = release.inputs(name)
    made = release.make(name)
    assert release.holds(made) == ""
    binary.write_bytes(b"\x7fELF 2")
    assert release.inputs(name) != first
    assert "has changed" in release.holds(made)
    binary.unlink()
    assert "is gone" in release.holds(made)


@pytest.mark.parametrize("name", ["nothing", "seren:", "crate:", "reference:x", "seren:/no/such"])
def test_names_that_are_none_are_refused(name):
    with pytest.raises(UsageError):
        release.inputs(name)


def test_a_folder_without_a_crate_is_told(tmp_path):
    with pytest.raises(UsageError, match=f"There is no crate in {tmp_path}"):
        release.inputs(f"crate:{tmp_path}")


def test_without_cargo_no_crate_is_built(crate, monkeypatch):
    monkeypatch.setattr(release.shutil, "which", lambda *_, **__: None)
    with pytest.raises(SetupError, match="cargo is not installed"):
        release.make(f"crate:{crate}")


@pytest.mark.parametrize("name", release.OURS)
def test_ours_need_no_building(name):
    assert release.inputs(name)["replicator"] == name
    made = release.make(name)
    assert release.holds(made) == ""
    assert release.program(made).passwords == "passfile"
    others = [one for one in release.OURS if one != name]
    assert release.program(made) not in [release.named(one) for one in others]


@pytest.mark.cargo
def test_a_crate_is_built_and_follows_its_sources(crate):
    name = f"crate:{crate}"
    before = release.inputs(name)
    made = release.make(name)
    assert made["path"].endswith("target/release/tiny")
    assert release.program(made).passwords == "urls"
    (crate / "src" / "main.rs").write_text(MAIN.replace("replicated", "again"))
    assert release.inputs(name) != before
    (crate / "src" / "main.rs").write_text("fn main() { nonsense }")
    with pytest.raises(StepError, match="cargo could not build"):
        release.make(name)


@pytest.mark.cargo
def test_a_crate_with_two_programs_is_ambiguous(crate):
    (crate / "src" / "bin").mkdir()
    (crate / "src" / "bin" / "other.rs").write_text(MAIN)
    with pytest.raises(UsageError, match="has 2 programs"):
        release.make(f"crate:{crate}")
