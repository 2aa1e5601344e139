"""The `assay` command: one sub-command for each thing that a person asks for."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from assay import __version__
from assay.errors import AssayError, Divergence

# Where each command is registered: only what is asked for is loaded.
_COMMANDS = {
    "compare": "assay.compare.command",
    "cloud": "assay.deployment.command",
    **dict.fromkeys(("deploy", "destroy", "state", "doctor"), "assay.deployment.deploy"),
    "job": "assay.jobs.command",
    "fuzz": "assay.smoke.fuzz",
    **dict.fromkeys(("judge", "report", "controls", "sweep", "lease"), "assay.commands"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command; 2 for wrong use or trouble, else the sub-command's own exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    arguments = _parser(words[0] if words else "").parse_args(words)
    try:
        code: int = arguments.run(arguments)
    except AssayError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except Divergence as finding:
        sys.stderr.write(f"{finding}\n")
        return 1
    return code


def _parser(command: str) -> argparse.ArgumentParser:
    """Of this command; of all of them when it is none."""
    parser = argparse.ArgumentParser(prog="assay", description="Verify PostgreSQL replicators.")
    parser.add_argument("--version", action="version", version=f"assay {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    wanted = [_COMMANDS[command]] if command in _COMMANDS else dict.fromkeys(_COMMANDS.values())
    for module in wanted:
        importlib.import_module(module).add_parser(commands)
    return parser
