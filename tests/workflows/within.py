"""Modules of ours that a step runs alone, run in this process: a start of Python costs more."""

from __future__ import annotations

import contextlib
import importlib
import io
import re
from collections.abc import Mapping

from assay import environment
from assay.errors import AssayError
from assay.exits import Exit
from tests.workflows.stand_ins import table

_ALONE = re.compile(r"(python3 -m (assay\.github\.\w+))\s*")


def module_of(script: str) -> str | None:
    """The module that is all that a script runs, where commands.toml says that it is real."""
    found = _ALONE.fullmatch(script)
    real = {one["starts"] for one in table() if one.get("real")}
    return found[2] if found and found[1] in real else None


def run(module: str, env: Mapping[str, str]) -> tuple[int, str]:
    """The exit code of its `main`, and what it said, with these variables and no others."""
    before = environment.variables("")
    said = io.StringIO()
    environment.replace(dict(env))
    try:
        with contextlib.redirect_stdout(said):
            return int(importlib.import_module(module).main()), said.getvalue()
    except AssayError as error:
        return Exit.REFUSED, f"{said.getvalue()}{error}\n"
    finally:
        environment.replace(before)
