"""The command that runs one case again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from assay.redact import MASK
from assay.report.matrix import pg_name
from assay.run.events import CaseJudged

_INSTALLED = ("cases/", "test_")  # node ids begin at the suite's folder when its package is named


def command(case: CaseJudged, options: Mapping[str, Any]) -> str:
    """A line for a shell: a case file by its path, anything else by its node id.

    A case of the suite as installed is found by its id. URLs of servers are without passwords:
    those come from the environment or the passfile, as they did.
    """
    argv = ["pytest", *_what(case)]
    argv += ["--replicator", _given(case.replicator, options.get("replicator"))]
    if options.get("source_url"):
        urls = {side: options[f"{side}_url"] for side in ("source", "target")}
        argv += [f"--{side}-url={url.replace(f':{MASK}@', '@')}" for side, url in urls.items()]
        argv += [f"--allow-remote={one}" for one in options.get("allow_remote") or ()]
    else:
        argv += ["--pg", pg_name(case.pg)]
    argv += [f"--pg-bin={one}" for one in options.get("pg_bin") or ()]
    return shlex.join([*argv, *(f"--cases={one}" for one in options.get("cases") or ())])


def _what(case: CaseJudged) -> list[str]:
    path, _, _ = case.nodeid.partition("::")
    if path.startswith((*_INSTALLED, "../")):
        return ["--pyargs", "assay.suite", "-k", case.case]
    return [path if path.endswith(".sql") else case.nodeid]


def _given(name: str, values: str | Sequence[str] | None) -> str:
    """How the replicator was named on the command line: ``seren`` was ``seren:/path``."""
    given = [values] if isinstance(values, str) else list(values if values is not None else ())
    if name in given:
        return name
    named = [value for value in given if value.startswith(f"{name}:")]
    if len(named) == 1:
        return named[0]
    return given[0] if len(given) == 1 else name
