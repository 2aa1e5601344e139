"""The tested tool is built for a target and told apart by its digest."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from assay.environment import inherited, variable
from assay.errors import SetupError
from assay.github.binary import build, programs
from assay.process import execute

METADATA = {
    "packages": [{"targets": [{"name": "tool", "kind": ["bin"]}, {"name": "lib", "kind": ["lib"]}]}]
}


@pytest.fixture
def cargo(tmp_path, monkeypatch):
    """Programs in place of cargo and rustup that write down what they were asked."""
    programs = tmp_path / "bin"
    programs.mkdir()
    metadata = json.dumps(METADATA | {"target_directory": str(tmp_path / "target")})
    script = f"""#!/bin/sh
echo "$(basename "$0") $*" >>{tmp_path}/calls
case $1 in
  metadata) echo '{metadata}' ;;
  build) mkdir -p {tmp_path}/target/t1/release && echo built >{tmp_path}/target/t1/release/tool ;;
esac
[ "$1" != "$FAILS" ]
"""
    for name in ("cargo", "rustup"):
        (programs / name).write_text(script)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{variable('PATH')}")
    return tmp_path


def test_only_programs_are_taken():
    assert programs(json.dumps(METADATA)) == ["tool"]


def test_a_program_is_named_for_its_target_and_has_its_digest_beside_it(cargo):
    (made,) = build(cargo / "crate", "t1", cargo / "dist")
    assert made == cargo / "dist" / "tool-t1"
    digest = (cargo / "dist" / "tool-t1.sha256").read_text()
    assert digest == f"{hashlib.sha256(b'built' + bytes([10])).hexdigest()}  tool-t1\n"
    check = ("sha256sum", "--check", "tool-t1.sha256")
    assert execute(check, env=inherited(), cwd=cargo / "dist", timeout=10).ok
    assert "rustup target add t1" in (cargo / "calls").read_text()


@pytest.mark.parametrize("failing", ["target", "metadata", "build"])
def test_a_step_that_fails_ends_the_build(cargo, monkeypatch, failing):
    monkeypatch.setenv("FAILS", failing)
    with pytest.raises(SetupError):
        build(cargo / "crate", "t1", cargo / "dist")
    assert not list(cargo.glob("dist/*.sha256"))
