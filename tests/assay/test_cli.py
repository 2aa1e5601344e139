"""One command is registered by the module that is named for it, and nothing else is loaded."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import jsonschema
import pytest

import assay.report
from assay import cli, environment
from assay.process import execute

SCHEMA = json.loads(
    (Path(assay.report.__file__).parent / "schemas" / "comparison.schema.json").read_text()
)


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
    code = "import sys; from assay.cli import parser; parser('compare'); print(*sys.modules)"
    done = execute([sys.executable, "-c", code], env=environment.inherited(), timeout=60)
    assert "assay.compare.command" in done.stdout.split()
    slow = {"boto3", "botocore", "pytest", "psycopg", "assay.oracle.compare", "jinja2", "rich"}
    assert not slow & set(done.stdout.split())


def test_the_help_of_all_loads_no_command():
    code = "import sys; from assay.cli import parser; parser('--help'); print(*sys.modules)"
    done = execute([sys.executable, "-c", code], env=environment.inherited(), timeout=60)
    assert not any(name.startswith("assay.comm") for name in done.stdout.split())


def called(*words: str, shell: str = "") -> tuple[int | None, str, str]:
    """The command as a shell calls it."""
    command = shlex.join([sys.executable, "-m", "assay", *words])
    done = execute(["sh", "-c", f"{command} {shell}"], env=environment.inherited(), timeout=60)
    assert "Traceback" not in done.stderr
    return done.exit, done.stdout, done.stderr


NOWHERE = ("host=127.0.0.1 port=1 user=nobody dbname=x",) * 2


@pytest.mark.parametrize(
    ("words", "shell", "code", "said"),
    [
        (("--version",), "", 0, ""),
        (("nonsense",), "", 4, "invalid choice: 'nonsense'"),
        ((), "", 4, "required: COMMAND"),
        (("compare", "--nonsense"), "", 4, "unrecognized arguments: --nonsense"),
        (("compare",), "", 4, "SOURCE and TARGET are missing"),
        (("judge", "/nonsense"), "", 4, "/nonsense"),
        (("compare", *NOWHERE), "", 2, ""),
        (("compare", *NOWHERE), "> /dev/full", 3, "No space left"),
        (("compare", *NOWHERE), ">&-", 3, "could not be written"),
        (("compare", *NOWHERE, "-o", "/nonsense/file"), "", 3, "/nonsense/file could not be"),
        (("compare", *NOWHERE, "--html", "/nonsense/page"), "", 3, "/nonsense/page could not be"),
        (("compare", *NOWHERE), "2> /dev/full", 2, ""),
        (("compare", *NOWHERE), "2>&-", 2, ""),
    ],
)
def test_every_end_has_its_exit_code(words, shell, code, said):
    done = called(*words, shell=shell)
    assert (done[0], said in done[2]) == (code, True), done


def test_a_verdict_that_could_not_be_written_where_it_was_asked_for_is_still_printed():
    assert "UNKNOWN: could not tell" in called("compare", *NOWHERE, "-o", "/nonsense/file")[1]
    assert "UNKNOWN: could not tell" in called("compare", *NOWHERE, "--html", "/nonsense/page")[1]
    assert "UNKNOWN: could not tell" in called("compare", *NOWHERE, shell="> /dev/full")[2]


def test_a_closed_pipe_is_141():
    command = shlex.join([sys.executable, "-m", "assay", "compare", *NOWHERE, "--quiet"])
    done = execute(["bash", "-c", f"({command}; echo $? >&2) | true"],
                   env=environment.inherited(), timeout=60)  # fmt: skip
    assert done.stderr.split()[-1] == "141"


def test_a_refusal_is_a_document_where_json_was_asked_for():
    for words in (
        ("compare", "--json"),
        ("compare", "--json", "--nonsense"),
        ("compare", "a=b", "c", "--json"),
        ("compare", "x", "y", "--looks=0", "--json"),
    ):
        code, out, _ = called(*words)
        whole = json.loads(out)
        jsonschema.validate(whole, SCHEMA)
        assert (code, whole["equality"]) == (4, "UNKNOWN")
        assert whole["refused"]["what"]


def test_what_is_malformed_is_not_repeated_where_it_may_hold_a_password():
    for text in ("postgresql://me:plan ted@h/d", "password='planted", "postgresql://me:planted@["):
        assert "planted" not in "".join(map(str, called("compare", text, "dbname=x")))


def test_a_failure_of_ours_is_one_line_of_what_and_where(monkeypatch, capsys):
    def broken(_words):
        raise ValueError("oh")

    monkeypatch.setattr(cli, "_run", broken)
    assert cli.main([]) == 2
    said = capsys.readouterr().err
    assert said.startswith("A failure of ours: ValueError: oh")
    assert "test_cli.py, line" in said


def test_ctrl_c_is_130(monkeypatch, capsys):
    def interrupted(_words):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupted)
    assert cli.main([]) == 130
    assert capsys.readouterr().err == "interrupted: nothing was proved\n"


# What is raised while something is thrown away is lost, as it is where imports call back.
INTERRUPTED_AT = """
import signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs us may ignore it

class Thrown:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

class Pressed:
    awaited = sys.argv.pop(1)

    def find_spec(self, name, *_):
        if name == self.awaited:
            self.awaited = ""
            signal.raise_signal(signal.SIGINT) if name == "assay.exits" else Thrown()

sys.meta_path.insert(0, Pressed())
from assay.__main__ import start
sys.exit(start())
"""


@pytest.mark.parametrize(
    "loaded",
    [
        "assay.exits", "assay.cli", "argparse", "assay.compare.command", "assay.compare.options",
        "assay.compare.run", "psycopg", "assay.oracle.compare",
    ],
)  # fmt: skip
def test_ctrl_c_while_modules_load_is_130_and_one_line(loaded):
    command = [sys.executable, "-c", INTERRUPTED_AT, loaded, "compare", *NOWHERE]
    done = execute(command, env=environment.inherited(), timeout=60)
    assert (done.exit, done.output) == (130, "interrupted: nothing was proved\n")


def test_who_ignores_ctrl_c_goes_on_ignoring_it():
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from assay.exits import ending_at_once\n"
        "with ending_at_once(): signal.raise_signal(signal.SIGINT)\n"
        "print('went on')"
    )
    done = execute([sys.executable, "-c", code], env=environment.inherited(), timeout=60)
    assert (done.exit, done.stdout) == (0, "went on\n")


def test_every_command_has_a_file_of_its_own():
    rooms = {module.rpartition(".")[0] for module, _ in cli._COMMANDS.values()}
    assert rooms == {"assay.commands", "assay.compare"}
    for name, (module, _) in cli._COMMANDS.items():
        assert module.rpartition(".")[2] == ("command" if name == "compare" else name)
