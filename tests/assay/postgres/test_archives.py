"""Archives of server programs are unpacked once, and only what is whole is kept."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from assay import environment
from assay.errors import SetupError
from assay.postgres import archives


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache of this test's own."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setattr(environment, "cache_dir", lambda: folder)
    return folder


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One program, packed."""
    program = tmp_path / "postgres"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    packed = tmp_path / "some-19.tar.xz"
    with tarfile.open(packed, "w:xz") as members:
        members.add(program, "some-19/bin/postgres")
    return packed


def test_an_archive_is_unpacked_once(cache: Path, archive: Path) -> None:
    home = archives.unpacked(archive)
    program = home / "some-19" / "bin" / "postgres"
    assert program.stat().st_mode & 0o555 == 0o555
    program.write_text("still the same")
    assert archives.unpacked(archive) == home
    assert program.read_text() == "still the same"


def test_every_account_can_read_it_whatever_we_make_private(cache: Path, archive: Path) -> None:
    before = os.umask(0o077)
    try:
        home = archives.unpacked(archive)
    finally:
        os.umask(before)
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in (home, *home.rglob("*")))


def test_another_content_is_unpacked_beside_it(cache: Path, archive: Path, tmp_path: Path) -> None:
    first = archives.unpacked(archive)
    with tarfile.open(archive, "w:xz") as members:
        members.add(tmp_path / "postgres", "other/postgres")
    assert archives.unpacked(archive) != first


def test_half_an_archive_leaves_nothing_that_counts(cache: Path, archive: Path) -> None:
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SetupError, match="cannot be unpacked"):
        archives.unpacked(archive)
    archive.write_bytes(whole)
    assert (archives.unpacked(archive) / "some-19" / "bin" / "postgres").exists()


def test_the_archive_of_19_lies_where_it_is_named_or_beside_the_clone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clone, shared = tmp_path / "clone", tmp_path / "shared"
    monkeypatch.delenv("ASSAY_PG_19_ARCHIVE", raising=False)
    with pytest.raises(SetupError, match=r"nor has \.\./shared one"):
        archives.of_19(clone)
    shared.mkdir()
    (shared / "postgresql-19.tar.xz").touch()
    assert archives.of_19(clone) == shared / "postgresql-19.tar.xz"
    monkeypatch.setenv("ASSAY_PG_19_ARCHIVE", str(tmp_path / "nowhere"))
    with pytest.raises(SetupError, match="names none that is there"):
        archives.of_19(clone)
