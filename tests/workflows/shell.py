"""Runs the scripts of steps in bash; with stand-ins on PATH a script that ran once is known."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assay.environment import inherited
from assay.process import execute
from tests.workflows import within
from tests.workflows.language import Invalid
from tests.workflows.stand_ins import CHECKED_OUT, looked_at

# https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
SHELLS = {
    None: ("bash", "-e"),
    "bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail"),
    "sh": ("sh", "-e"),
}
FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
_NAMED = re.compile(r"\$\{?(\w+)")
RECORD, PLANTED = "STAND_IN_RECORD", "STAND_IN_FAILS"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a script did and left."""

    exit: int
    said: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    summary: str = ""
    calls: tuple[str, ...] = ()


@dataclass(slots=True)
class Bash:
    """`workspace` is where scripts run, `first` what comes before everything on PATH.

    With `known` a script with the same environment is not run again, for stand-ins, which leave
    nothing behind; it is given no other variables than those that it or a stand-in looks at, and
    what is one module of ours and no more runs in this process.
    """

    workspace: Path
    first: Path | None = None
    known: dict[str, Ran] | None = None
    more: Mapping[str, str] = field(default_factory=dict)  # of the environment
    limit: float = 60.0
    ran: int = 0
    summaries: list[str] = field(default_factory=list)

    def run(
        self, script: str, *, shell: str | None, env: Mapping[str, str], path: Sequence[str],
        folder: str | None = None, checked_out: bool = True, broken: str = "",
    ) -> Ran:  # fmt: skip
        """Run it as the runner would; `broken` says when its stand-ins fail: at once, or late."""
        if shell not in SHELLS:
            raise Invalid(f"Not modelled: the shell {shell}.")
        if self.known is not None:
            names = {*_NAMED.findall(script), *looked_at()}
            env = {name: value for name, value in env.items() if name in names}
        asked = [script, shell, sorted(env.items()), list(path), folder, checked_out, broken]
        key = json.dumps(asked)
        if self.known is not None and key in self.known:
            return self.known[key]
        module = within.module_of(script) if self.known is not None else None
        if module and checked_out and not broken:
            ended, said = within.run(module, env)
            ran = Ran(ended, said, calls=(script.strip(),))
        else:
            stands = {PLANTED: broken, CHECKED_OUT: "yes" * checked_out}
            ran = self._run(script, SHELLS[shell], {**env, **stands}, path, folder or ".")
            self.ran += 1
        if self.known is not None:
            self.known[key] = ran
        return ran

    def _run(
        self, script: str, shell: Sequence[str], env: Mapping[str, str], path: Sequence[str],
        folder: str,
    ) -> Ran:  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="step-") as name:
            temporary = Path(name)
            files = {one: temporary / one for one in (*FILES, RECORD)}
            for file in files.values():
                file.touch()
            body = temporary / "script.sh"
            body.write_text(script, encoding="utf-8")
            before = [str(self.first)] if self.first else []
            machine = inherited("HOME")
            told = {
                **machine,
                "GITHUB_WORKSPACE": str(self.workspace),
                "RUNNER_TEMP": name,
                **self.more,
                **env,
                **{one: str(file) for one, file in files.items()},
                "PATH": ":".join([*before, *path, machine["PATH"]]),
            }
            program = shutil.which(shell[0], path=machine["PATH"]) or shell[0]
            argv = (program, *shell[1:], str(body))
            done = execute(argv, env=told, cwd=self.workspace / folder, timeout=self.limit)
            texts = {one: file.read_text(encoding="utf-8") for one, file in files.items()}
        return Ran(
            exit=1 if done.exit is None else done.exit,
            said=done.output.replace(name, "TEMP"),
            outputs=pairs(texts["GITHUB_OUTPUT"]),
            env=pairs(texts["GITHUB_ENV"]),
            path=tuple(reversed(texts["GITHUB_PATH"].split("\n")[:-1])),
            summary=texts["GITHUB_STEP_SUMMARY"],
            calls=tuple(texts[RECORD].splitlines()),
        )


def pairs(text: str) -> dict[str, str]:
    """The lines NAME=VALUE of an environment file, and the form NAME<<END."""
    found = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, equals, value = line.partition("=")
        start, heredoc, end = line.partition("<<")
        if heredoc and "=" not in start:
            within = []
            for one in lines:
                if one == end:
                    break
                within.append(one)
            found[start] = "\n".join(within)
        elif equals:
            found[name] = value
        elif line:
            raise Invalid(f"Invalid format {shlex.quote(line)} in an environment file.")
    return found
