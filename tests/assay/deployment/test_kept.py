"""Local clouds that are kept: by name, one at a time, for a time, swept when they have ended."""

from __future__ import annotations

import pytest
from filelock import FileLock, Timeout

from assay import cli
from assay.clock import wait_until
from assay.cloud import local
from assay.deployment import kept
from assay.errors import UsageError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A state folder of this test's own; what it leaves running is ended."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    yield tmp_path / "replicator-assay" / "clouds"
    for one in kept.every():
        local.stop(one.cloud)


def assay(capsys, *words):
    """The command: its exit code and what it wrote."""
    code = cli.main(list(words))
    written = capsys.readouterr()
    return code, written.out + written.err


def test_a_cloud_is_started_shown_and_stopped_by_its_name(capsys, home):
    assert assay(capsys, "cloud", "status") == (1, "no local cloud\n")
    code, said = assay(capsys, "cloud", "start", "--bare", "--for", "60", "mine")
    assert (code, "local cloud mine: http://127.0.0.1:" in said) == (0, True)
    assert assay(capsys, "cloud", "status")[0] == 0
    found = kept.find("mine")
    assert found.runs
    assert assay(capsys, "cloud", "stop", "mine") == (0, "local cloud mine ended\n")
    assert not found.cloud.answers()
    assert not (home / "mine").exists()


def test_a_name_is_used_once(capsys):
    assay(capsys, "cloud", "start", "--bare", "--for", "60", "mine")
    code, said = assay(capsys, "cloud", "start", "--bare", "mine")
    assert code == 4
    assert "runs already" in said
    assert "assay cloud stop mine" in said


def test_what_has_ended_is_shown_as_such_and_swept(capsys, home):
    assay(capsys, "cloud", "start", "--bare", "--for", "1", "brief")
    (one,) = kept.every()
    wait_until(lambda: not one.runs, what="its end", timeout=15)
    assert "brief" in assay(capsys, "cloud", "status")[1]
    assert "would remove local cloud brief" in assay(capsys, "sweep", "--dry-run")[1]
    assert (home / "brief").exists()
    assert "removing local cloud brief" in assay(capsys, "sweep")[1]
    assert not (home / "brief").exists()


def test_a_cloud_that_does_not_run_is_named_with_the_command(capsys):
    code, said = assay(capsys, "cloud", "stop", "nobody")
    assert code == 4
    assert "No local cloud nobody runs." in said
    assert "running: none" in said


def test_two_commands_do_not_work_on_one_cloud(home, monkeypatch):
    monkeypatch.setattr(kept, "PATIENCE", 0.1)
    home.mkdir(parents=True)
    with FileLock(home / "mine.lock"), pytest.raises(UsageError, match="Another command works"):
        kept.start("mine", seconds=9, replicator="reference", bare=True, progress=str)


def test_the_lock_is_held_while_a_command_works_and_then_let_go(home):
    held = []

    def look(_what):
        try:
            with FileLock(home / "mine.lock", timeout=0):
                held.append(False)
        except Timeout:
            held.append(True)

    one = kept.start("mine", seconds=60, replicator="reference", bare=True, progress=look)
    assert held == [True]
    look("afterwards")
    assert held == [True, False]
    kept.stop(one)


def test_what_fails_in_the_middle_is_ended_again(home):
    with pytest.raises(UsageError, match="no replicator 'nothing'"):
        kept.start("mine", seconds=60, replicator="nothing", bare=False, progress=str)
    assert kept.every() == []
    assert not (home / "mine").exists()


@pytest.mark.parametrize("name", ["", "Mine", "../x", "a b", "x" * 40])
def test_a_name_that_is_no_folders_is_refused(name):
    with pytest.raises(UsageError, match="is no name of a local cloud"):
        kept.start(name, seconds=1, replicator="reference", bare=True, progress=str)


def test_a_bare_cloud_has_no_control_plane():
    one = kept.start("mine", seconds=60, replicator="reference", bare=True, progress=str)
    with pytest.raises(UsageError, match="has no control plane"):
        one.stack()
