"""What is read of the environment, and where our files go."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay import environment


def test_variables_are_found_by_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_TEST_ONE", "1")
    assert environment.variables("ASSAY_TEST_") == {"ASSAY_TEST_ONE": "1"}
    assert environment.variable("ASSAY_TEST_ONE") == "1"
    assert environment.variable("ASSAY_TEST_TWO") is None


def test_our_programs_inherit_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "geheim")
    monkeypatch.setenv("PATH", "/bin")
    assert environment.inherited()["PATH"] == "/bin"
    assert "PGPASSWORD" not in environment.inherited()
    assert environment.inherited("PGPASSWORD")["PGPASSWORD"] == "geheim"


def test_npm_is_told_its_configuration_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NPM_CONFIG_REGISTRY", "npm_config_cafile", "PGPASSWORD"):
        monkeypatch.setenv(name, "x")
    assert {"NPM_CONFIG_REGISTRY", "npm_config_cafile"} <= environment.for_npm().keys()
    assert "PGPASSWORD" not in environment.for_npm()


def test_the_state_lies_where_the_user_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = environment.state_dir()
    assert folder == tmp_path / "replicator-assay"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_test_s_own_home_does_not_move_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = environment.cache_dir()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert environment.cache_dir() == before


def test_a_home_that_cannot_be_written_gives_way_to_the_temp_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    folder = environment.state_dir()
    assert folder.is_dir()
    assert not folder.is_relative_to(blocked)
