"""`assay compare` of servers of other versions: self-test, second opinion and all."""

from __future__ import annotations

import argparse
from contextlib import contextmanager

import pytest

from assay.compare import command
from assay.compare.run import run as run_compare
from assay.postgres.address import Address
from tests.assay.versions import NEW_PAIR, OLD_PAIRS, versions

pytestmark = pytest.mark.servers


@pytest.fixture
def compared(both_ways, tmp_path, monkeypatch):
    """Runs the command on the pair, in either direction."""
    pair = both_ways.pair
    path = tmp_path / "passfile"
    path.touch(mode=0o600)
    path.write_text(f"{pair.source.passfile_line()}\n{pair.target.passfile_line()}\n")
    monkeypatch.setenv("PGPASSFILE", str(path))

    def run(*options: str, swapped: bool = False, lease=None) -> int:
        parser = argparse.ArgumentParser()
        command.add_parser(parser.add_subparsers())
        sides = [conninfo(pair.source), conninfo(pair.target)]
        arguments = parser.parse_args(["compare", *sides[:: -1 if swapped else 1], *options])
        return run_compare(arguments, lease=lease)

    return run


def conninfo(address: Address) -> str:
    return f"host={address.host} port={address.port} user={address.user} dbname={address.database}"


@pytest.mark.parametrize("swapped", [False, True])
@versions(*OLD_PAIRS)
def test_older_servers_as_either_side(both_ways, compared, capsys, swapped):
    name = f"{both_ways.pair.database}_self"

    @contextmanager
    def throw_away(_spec: str):
        sides = [both_ways.pair.create_database(side, name) for side in ("source", "target")]
        source, target = sides[:: -1 if swapped else 1]
        yield argparse.Namespace(source=source, target=target)

    both_ways.on_both("create table t (id int primary key); create view v as select id from t")
    assert compared(swapped=swapped, lease=throw_away) == 0, capsys.readouterr().out
    assert "planted damages found" in capsys.readouterr().out
    both_ways.on_new("insert into t values (1)")
    assert compared("--no-self-test", swapped=swapped) == 1


@versions(NEW_PAIR)
def test_a_folder_serves_the_self_test_and_the_second_opinion(both_ways, compared, capsys):
    both_ways.on_both(
        "create table t (id int primary key, at pg_lsn); insert into t values (1, '0/1')"
    )
    folder = both_ways.pair.server_pair.tools
    assert compared(f"--pg-bin=19={folder}") == 0, capsys.readouterr().out
    out = capsys.readouterr().out
    assert "planted damages found" in out
    assert "no second opinion" not in out
