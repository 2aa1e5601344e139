"""One command is registered by the module that is named for it, and nothing else is loaded."""

from __future__ import annotations

import sys

import pytest

from assay import cli, environment
from assay.process import execute


@pytest.mark.parametrize("command", cli._COMMANDS)
def test_a_command_shows_its_help(command, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: assay {command}" in capsys.readouterr().out


def test_the_help_of_all_names_each_command_once(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = [line.split()[0] for line in capsys.readouterr().out.splitlines()
             if line.startswith("    ") and not line.startswith("     ")]  # fmt: skip
    assert shown == list(cli._COMMANDS)


def test_a_comparison_loads_nothing_of_aws():
    code = "import sys; from assay.cli import _parser; _parser('compare'); print(*sys.modules)"
    done = execute([sys.executable, "-c", code], env=environment.inherited(), timeout=60)
    assert "assay.compare.command" in done.stdout.split()
    assert not {"boto3", "botocore", "pytest"} & set(done.stdout.split())
