"""Removal of what a lease records, a server that its owner had no time to record among it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assay.postgres import removal
from assay.postgres.lease import RunState, ServerEntry
from assay.postgres.owner import Owner
from assay.process import Running, start

HOUR = "2026-01-01T00:00:00Z"
NOBODY = Owner(pid=1 << 30, started="")


@pytest.fixture
def programs() -> Iterator[list[Running]]:
    """Programs of the test; ended after it."""
    started: list[Running] = []
    yield started
    for running in started:
        running.finish(timed_out=False)


def server(folder: Path) -> Running:
    """Called as a server is, and as silent as one that has not written its first file."""
    argv = ["/bin/sh", "-c", "sleep 60; :", "postgres", "-D", str(folder / "data")]
    return start(argv, env={"PATH": os.defpath})


def remove(tmp_path: Path, *folders: Path) -> None:
    entries = tuple(ServerEntry(f.name, n, folder=str(f)) for n, f in enumerate(folders))
    state = RunState("0" * 8, "p", NOBODY, "here", HOUR, HOUR, entries)
    assert removal.remove(tmp_path / "lease.json", state, spare_kept=True) is None


def test_a_server_that_has_written_nothing_yet_is_ended(tmp_path, programs):
    mine, other = tmp_path / "mine", tmp_path / "other"
    (mine / "data").mkdir(parents=True)
    programs += [server(mine), server(other), server(tmp_path / "mine-too")]
    remove(tmp_path, mine)
    assert not mine.exists()
    assert [running.alive() for running in programs] == [False, True, True]


def test_a_server_that_starts_while_its_folder_goes_is_ended(tmp_path, programs, monkeypatch):
    def late(folder: Path) -> None:
        programs.append(server(folder))

    monkeypatch.setattr(removal, "_remove_folder", late)
    remove(tmp_path, tmp_path / "mine")
    assert [running.alive() for running in programs] == [False]


def test_a_program_without_arguments_is_looked_at_again(tmp_path, monkeypatch):
    (tmp_path / "cmdline").write_bytes(b"")
    (tmp_path / "exe").symlink_to("/bin/sh")
    later = (tmp_path / "cmdline").write_bytes
    monkeypatch.setattr(removal, "pause", lambda _seconds: later(b"postgres\0"))
    assert removal._called(tmp_path) == b"postgres\0"
    (tmp_path / "exe").unlink()
    (tmp_path / "cmdline").write_bytes(b"")
    with pytest.raises(FileNotFoundError):
        removal._called(tmp_path)
