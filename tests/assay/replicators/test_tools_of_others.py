"""Drivers of tools that are not ours, against stand-ins that answer as their versions do."""

from __future__ import annotations

import pytest

from assay.errors import UsageError
from assay.postgres.address import Address
from assay.redact import Secret
from assay.replicators.base import Call, Capability, Filters, Phase
from assay.replicators.registry import resolve

NEW_HELP = {
    "init": "--source --target --local --yes --no-interactive --no-resume --no-sync --drop-existing"
    " --include-databases --exclude-databases --include-tables --exclude-tables",
    "validate": "--source --target --no-interactive --include-databases",
    "sync": "--source --target --no-interactive --force --include-databases --exclude-tables",
    "status": "--source --target --include-databases",
    "verify": "--source --target --include-databases --exclude-tables",
}
OLD_HELP = {  # v1.1: asking is opt-in, no remote mode, no resuming
    "init": "--source --target --yes --no-sync --drop-existing --include-databases",
    "validate": "--source --target --include-databases",
}


def call(workdir="", **more):
    source = Address("127.0.0.1", 5001, "me", Secret("s3cret"), "app")
    target = Address("127.0.0.1", 5002, "me", Secret("s3cret"), "app")
    return Call(source, target, Filters(include_databases=("app",)), workdir=str(workdir), **more)


def stand_in(folder, name, helps, version="exit 2"):
    """An executable that prints the help texts of one version."""
    folder.mkdir(parents=True, exist_ok=True)
    cases = "\n".join(f'"{command} --help") echo "{text}";;' for command, text in helps.items())
    path = folder / name
    path.write_text(f'#!/bin/sh\ncase "$*" in\n{cases}\n--version) {version};;\nesac\n')
    path.chmod(0o755)
    return path


def options(command):
    return [word for word in command.argv if word.startswith("-")]


def test_seren_is_called_local_and_non_interactive(tmp_path):
    path = stand_in(tmp_path, "seren-replicator", NEW_HELP, "echo seren-replicator 3.0.1")
    seren = resolve(f"seren:{path}")
    assert seren.version() == "seren-replicator 3.0.1"
    init = seren.command(Phase.INIT, call(drop_existing=True))
    assert options(init) == [
        "--source", "--target", "--local", "--yes", "--no-interactive", "--no-resume", "--no-sync",
        "--drop-existing", "--include-databases",
    ]  # fmt: skip
    assert init.argv[-1] == "app"
    assert init.env["SEREN_REMOTE_API"] == "http://127.0.0.1:9"
    assert options(seren.command(Phase.SYNC, call()))[2] == "--no-interactive"
    assert "--no-interactive" not in seren.command(Phase.VERIFY, call()).argv
    assert seren.command(Phase.CAUGHT_UP, call()).argv[1] == "status"
    assert seren.command(Phase.CUTOVER, call()) is None


def test_an_old_version_is_asked_and_gets_only_what_it_knows(tmp_path):
    path = stand_in(tmp_path, "postgres-seren-replicator", OLD_HELP)
    seren = resolve(f"seren:{path}")
    assert options(seren.command(Phase.INIT, call())) == [
        "--source", "--target", "--yes", "--no-sync", "--include-databases",
    ]  # fmt: skip
    assert options(seren.command(Phase.VALIDATE, call()))[2:] == ["--include-databases"]
    assert seren.version() == "unknown (no --version)"


@pytest.mark.parametrize("name", ["seren-replicator", "postgres-seren-replicator",
                                  "neon-seren-replicator", "neon-seren-migrator"])  # fmt: skip
def test_the_binary_is_found_below_a_checkout_by_every_name_it_had(tmp_path, name):
    path = stand_in(tmp_path / "target" / "release", name, NEW_HELP)
    assert resolve(f"seren:{tmp_path}").binary == path


def test_a_missing_binary_says_where_was_looked(tmp_path):
    with pytest.raises(UsageError, match="neon-seren-migrator") as caught:
        resolve(f"seren:{tmp_path}")
    assert str(tmp_path / "target" / "release") in str(caught.value)


def test_pgcopydb_copies_into_a_new_folder_each_time_and_shows_no_password(tmp_path):
    driver = resolve(f"pgcopydb:{stand_in(tmp_path / 'bin', 'pgcopydb', {})}")
    first = driver.command(Phase.INIT, call(tmp_path))
    assert "--follow" not in first.argv
    assert not first.background
    assert "s3cret" not in " ".join(first.argv)
    assert any("s3cret" in line for line in first.passfile)
    (tmp_path / "pgcopydb-0").mkdir()
    second = driver.command(Phase.INIT, call(tmp_path))
    assert first.argv != second.argv


def test_the_stream_of_pgcopydb_is_its_clone(tmp_path):
    driver = resolve(f"pgcopydb:{stand_in(tmp_path / 'bin', 'pgcopydb', {})}")
    clone = driver.command(Phase.INIT, call(tmp_path, follow=True))
    assert clone.background
    assert "--plugin" not in clone.argv  # the tool's own default is what its users get
    assert driver.command(Phase.SYNC, call(tmp_path, follow=True)) is None
    (tmp_path / "pgcopydb-0").mkdir()
    script = driver.command(Phase.CUTOVER, call(tmp_path, follow=True)).argv[-1]
    assert "set endpos --current" in script
    assert "stream cleanup" in script


def test_claims_are_pinned(tmp_path):
    seren = resolve(f"seren:{stand_in(tmp_path, 'seren-replicator', NEW_HELP)}")
    pgcopydb = resolve(f"pgcopydb:{stand_in(tmp_path, 'pgcopydb', {})}")
    assert sorted(set(Capability) - seren.capabilities) == ["cutover", "resume"]
    assert sorted(pgcopydb.capabilities) == ["cutover", "init", "live", "roles"]
