"""Programs on PATH that write down how they were called, and answer as commands.toml says."""

from __future__ import annotations

import functools
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.environment import inherited

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CHECKED_OUT = "STAND_IN_CHECKED_OUT"


ASKED = {"GH_TOKEN", "AWS_SESSION_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL"}


@functools.cache
def table() -> list[dict[str, Any]]:
    """What answers, the first that fits."""
    text = (HERE / "commands.toml").read_text(encoding="utf-8")
    commands: list[dict[str, Any]] = tomllib.loads(text)["command"]
    return commands


@functools.cache
def looked_at() -> frozenset[str]:
    """The variables that any of them looks at."""
    told = {one["told"] for one in table() if "told" in one}
    return frozenset(ASKED.union(told, *(one.get("env", ()) for one in table())))


def temporary(workspace: Path) -> Path:
    """What is RUNNER_TEMP there."""
    return workspace / "runner"


def install(workspace: Path) -> Path:
    """Put them wherever steps expect programs, and into a folder for PATH, which is returned."""
    first = workspace / "stand-ins"
    places = (first, workspace / ".venv" / "bin", temporary(workspace) / "assay" / "bin")
    for folder in places:
        folder.mkdir(parents=True)
    body = workspace / "stand-in"
    body.write_text("\n".join(_script(table())), encoding="utf-8")
    body.chmod(0o755)
    for name in sorted({one["starts"].split()[0] for one in table()}):
        for folder in places:
            (folder / name).symlink_to(body)
    return first


def _script(commands: list[dict[str, Any]]) -> Iterator[str]:
    path = shlex.quote(inherited()["PATH"])
    yield "#!/bin/sh"
    yield 'call="${0##*/} $*"'
    yield 'printf "%s\\n" "$call" >>"$STAND_IN_RECORD"'
    yield 'fail() { printf "%s: %s\\n" "$call" "$1" >&2; exit "${2:-1}"; }'
    yield '[ "$STAND_IN_FAILS" != "at once" ] || fail planted'
    yield f'[ -n "${CHECKED_OUT}" ] || fail "no such file" 127'
    yield 'case "$call" in'
    for one in commands:
        yield f"{shlex.quote(one['starts'])}*)"
        for name in () if one.get("real") else one.get("env", ()):
            yield f'  [ -n "${name}" ] || fail "{name} is empty"'
        for scope, level in one.get("token", {}).items():
            yield f'  case "$GH_TOKEN" in *{scope}={level}*) ;; *) fail "HTTP 403: {scope}" ;; esac'
        if one.get("cloud"):
            yield '  [ -n "$AWS_SESSION_TOKEN" ] || fail "Unable to locate credentials"'
        if told := one.get("told"):
            yield f'  [ -n "${told}" ] || echo "nobody is told" >>"$STAND_IN_RECORD"'
        if subject := one.get("subject"):
            refuse = f'*{subject}) ;; *) fail "invalid-publisher" ;;'
            yield f'  case "$ACTIONS_ID_TOKEN_REQUEST_URL" in {refuse} esac'
        if "output" in one:
            yield f"  printf '%s\\n' {shlex.quote(one['output'].strip())} >>\"$GITHUB_OUTPUT\""
        if "prints" in one:
            yield f"  printf '%s\\n' {shlex.quote(one['prints'].strip())}"
        if one.get("real"):
            yield f'  PATH={path} PYTHONPATH={shlex.quote(str(ROOT))} exec "${{0##*/}}" "$@"'
        yield "  ;;"
    yield '*) fail "there is no stand-in: see commands.toml" 127 ;;'
    yield "esac"
    yield '[ -z "$STAND_IN_FAILS" ] || fail planted'
    yield ""
