"""What a workflow file says and an expression means, asked of GitHub's own packages in Node."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assay import environment
from assay.errors import SetupError, UsageError
from assay.postgres.archives import kept_once
from assay.process import execute, start

HERE = Path(__file__).parent
CONTEXTS = ("github", "env", "vars", "secrets", "inputs", "needs", "matrix", "strategy", "job",
            "jobs", "runner", "steps")  # fmt: skip
_NAMED = re.compile(r"[A-Za-z_][\w-]*")


class Invalid(UsageError):
    """GitHub would refuse the file, or the expression."""


def packages() -> Path:
    """The folder with the packages of package-lock.json, fetched unless they are here."""
    lock = HERE / "package-lock.json"
    name = "workflow-language-" + hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    return kept_once(name, _install)


def _install(folder: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    npm = shutil.which("npm", path=environment.inherited().get("PATH")) or "npm"
    argv = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = execute(argv, env=environment.for_npm(), cwd=folder, timeout=180)
    if not done.ok:
        raise SetupError(
            "The packages that read workflow files could not be fetched.",
            evidence=done.output[-500:],
            remedy="see that npm reaches its registry",
        )


class Language:
    """A process of Node that answers; whatever was answered once is kept."""

    def __init__(self) -> None:
        """Start it."""
        ours, its = socket.socketpair()
        node = shutil.which("node", path=environment.inherited().get("PATH")) or "node"
        its_number = str(its.fileno())
        argv = [node, "--import", str(HERE / "json_modules.mjs"), str(HERE / "language.mjs")]
        self._process = start(
            [*argv, str(packages()), its_number],
            env=environment.inherited(),
            inherit=(its.fileno(),),
        )
        its.close()
        ours.settimeout(60)
        self._socket = ours
        self._lines = ours.makefile("r", encoding="utf-8")
        self._kept: dict[str, Any] = {}

    def close(self) -> None:
        """End the process."""
        self._lines.close()
        self._socket.close()
        self._process.stop()

    def workflow(self, name: str, content: str) -> dict[str, Any]:
        """The parsed file, expressions as {"$": text}; Invalid with GitHub's messages."""
        return self._ask({"call": "workflow", "name": name, "content": content})["said"]

    def action(self, name: str, content: str) -> dict[str, Any]:
        """The same of an action.yml."""
        return self._ask({"call": "action", "name": name, "content": content})["said"]

    def value(self, said: Any, contexts: Mapping[str, Any]) -> Any:
        """What was parsed, with every expression in it evaluated."""
        if isinstance(said, dict):
            if set(said) == {"$"}:
                return self._evaluate(said["$"], contexts, {})["value"]
            return {key: self.value(one, contexts) for key, one in said.items()}
        if isinstance(said, list):
            return [self.value(one, contexts) for one in said]
        return said

    def text(self, said: Any, contexts: Mapping[str, Any]) -> str:
        """A scalar as text, as an environment variable gets it."""
        if isinstance(said, dict):
            return str(self._evaluate(said["$"], contexts, {})["text"])
        return self._evaluate(json.dumps(said), {}, {})["text"] if _bare(said) else str(said or "")

    def holds(self, said: Any, contexts: Mapping[str, Any], status: Mapping[str, bool]) -> bool:
        """An `if`; absent it is success()."""
        expression = "success()" if said is None else said["$"]
        return bool(self._evaluate(expression, contexts, status)["true"])

    def _evaluate(
        self, expression: str, contexts: Mapping[str, Any], status: Mapping[str, bool]
    ) -> dict[str, Any]:
        named = set(_NAMED.findall(expression))
        used = {name: contexts[name] for name in CONTEXTS if name in named and name in contexts}
        asked = {"expression": expression, "contexts": used, "status": dict(status)}
        return self._ask({"call": "evaluate", **asked})

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        line = json.dumps(asked)
        if line not in self._kept:
            self._socket.sendall(line.encode() + b"\n")
            answer = self._lines.readline()
            if not answer:
                said = self._process.stop().output
                raise SetupError("Node ended.", evidence=said[-500:], remedy="needs Node 20")
            self._kept[line] = json.loads(answer)
        answer = self._kept[line]
        if "errors" in answer:
            what = asked.get("name") or asked.get("expression")
            raise Invalid(f"GitHub refuses {what}.", evidence="; ".join(answer["errors"]))
        return answer


def _bare(said: Any) -> bool:
    return isinstance(said, bool | int | float)
