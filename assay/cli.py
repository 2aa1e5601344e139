"""The `assay` command: one sub-command for each thing that a person asks for."""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from assay import __version__
from assay.errors import AssayError, Divergence, TimedOut, UsageError
from assay.exits import INTERRUPTED, Exit, ending_at_once

# What each command is for and where it is registered: only what is asked for is loaded.
_COMMANDS = {
    "compare": ("assay.compare.command", "are two databases the same?"),
    "cloud": ("assay.commands.cloud", "a local AWS with the control plane, kept running"),
    "deploy": ("assay.commands.deploy", "the ladder: from a binary to an endpoint"),
    "evidence": ("assay.commands.evidence", "what runs have left: shown, verified, signed"),
    "promote": ("assay.commands.promote", "does the evidence let a commit into an environment?"),
    "approve": ("assay.commands.approve", "allow one plan, signed, for some hours"),
    "history": ("assay.commands.history", "what runs where since when, and the DORA measures"),
    "destroy": ("assay.commands.destroy", "remove a deployment"),
    "state": ("assay.commands.state", "Terraform's state: where it is, who locks it"),
    "doctor": ("assay.commands.doctor", "the deployment checklist, read-only"),
    "job": ("assay.commands.job", "submit and watch jobs of a deployed API"),
    "fuzz": ("assay.commands.fuzz", "wrong requests, made from the API's description"),
    "judge": ("assay.commands.judge", "judge a stored run again, from its evidence"),
    "report": ("assay.commands.report", "draw verdicts.json and index.html of a run again"),
    "summary": ("assay.commands.summary", "a stored run in Markdown, for a pull request"),
    "merge": ("assay.commands.merge", "put the shards of a run together"),
    "reproduce": ("assay.commands.reproduce", "do a case of a stored run again, by hand's script"),
    "controls": ("assay.commands.controls", "list the defects of the lossy control"),
    "notify": ("assay.commands.notify", "tell by chat, mail or webhook what a run came to"),
    "sweep": ("assay.commands.sweep", "end what dead or kept runs left on this machine"),
    "init": ("assay.commands.init", "a manifest, a workflow and a case to begin with"),
    "docs": ("assay.commands.docs", "how to write a manifest, a case, and all else"),
    "lease": ("assay.commands.lease", "allow the suite to write to a server you run"),
}

# What an output says that takes no more.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


class Parser(argparse.ArgumentParser):
    """Says wrong use as every other refusal is said."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(
            f"{self.prog}: {message}",
            remedy=f"{self.prog} --help lists what there is",
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one sub-command; its exit code, as `assay.exits` lists them. Never a traceback."""
    words = sys.argv[1:] if argv is None else list(argv)
    _open_streams()
    try:
        code = _run(words)
        sys.stdout.flush()
    except KeyboardInterrupt as interrupt:
        code = Exit.INTERRUPTED
        _tell(str(interrupt) or INTERRUPTED)
    except BrokenPipeError:
        code = Exit.CLOSED_PIPE
    except OSError as error:
        code = Exit.NOT_WRITTEN if error.errno in _FULL else Exit.REFUSED
        what = "The output could not be written" if error.errno in _FULL else "It cannot be done"
        _tell(f"{what}: {error}")
    except Exception as error:  # noqa: BLE001 - nobody is left to say it otherwise
        code = Exit.UNKNOWN
        _tell(f"A failure of ours: {type(error).__name__}: {error}\nEvidence: {_place(error)}")
    _forget_what_cannot_be_written()
    return int(code)


def _run(words: list[str]) -> int:
    arguments = None
    try:
        arguments = parser(words[0] if words else "").parse_args(words)
        code: int = arguments.run(arguments)
    except AssayError as error:
        _tell(str(error))
        if words[:1] == ["compare"] and "--json" in words:
            from assay.compare.refusal import write_refusal

            write_refusal(error, arguments)
        return Exit.UNKNOWN if isinstance(error, TimedOut) else Exit.REFUSED
    except Divergence as finding:
        _tell(str(finding))
        return Exit.BAD
    return code


def _tell(text: str) -> None:
    """A line on standard error, where there is one: its loss is no reason to end otherwise."""
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _place(error: Exception) -> str:
    """Where in our code it came up."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno}" if trace else "unknown"


def _open_streams() -> None:
    """A stream that the caller has closed takes nothing, and says so when it is written to."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDONLY), "w"))
        elif isinstance(stream, io.TextIOWrapper):  # no name or value is beyond a terminal
            stream.reconfigure(errors="backslashreplace")


def _forget_what_cannot_be_written() -> None:
    """What a stream still holds and cannot write would make the interpreter say so at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def parser(command: str) -> argparse.ArgumentParser:
    """Of this command with its options; of all of them, by name, when it is none."""
    whole = Parser(prog="assay", description="Verify PostgreSQL replicators.")
    whole.add_argument("--version", action="version", version=f"assay {__version__}")
    commands = whole.add_subparsers(title="commands", required=True, metavar="COMMAND")
    if command in _COMMANDS:
        with ending_at_once():
            module = importlib.import_module(_COMMANDS[command][0])
        register: Callable[..., None] = module.add_parser
        register(commands)
    else:
        for name, (_, purpose) in _COMMANDS.items():
            commands.add_parser(name, help=purpose)
    return whole
