"""Whether a tool's programs can be started, before anything is made for it."""

import pytest

from assay.errors import UsageError
from assay.replicators.programs import check_startable


def test_programs_that_are_there_and_client_programs_pass():
    check_startable("tool", ["sh", "/bin/sh", "pg_dump", "pg_basebackup", "{source}"])
    check_startable("tool", ["sh"], version=("sh", "-c", "exit 1"))


def test_every_program_that_is_not_there_is_told_in_one_message(tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    with pytest.raises(UsageError, match="cannot be started") as caught:
        check_startable("tool", ["nosuch-program", str(script)])
    first, second = caught.value.evidence.splitlines()
    assert "nosuch-program is in none of" in first
    assert second == f"{script} is not there, or not executable"


def test_a_program_that_is_elsewhere_is_named_with_its_place(tmp_path, monkeypatch):
    program = tmp_path / "elsewhere-tool"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"/usr/bin:{tmp_path}")
    with pytest.raises(UsageError, match=f"it is {program}"):
        check_startable("tool", ["elsewhere-tool"])


def test_a_program_that_dies_before_it_says_its_version_is_told():
    with pytest.raises(UsageError, match="libmissing"):
        check_startable("t", ["sh"], version=("sh", "-c", "echo libmissing >&2; exit 127"))
