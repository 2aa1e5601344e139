"""What an executor does with each small workflow of measured/: the words that its steps trace."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.environment import inherited
from assay.process import execute
from tests.workflows.language import Invalid, Language
from tests.workflows.shell import Bash
from tests.workflows.site import Environment, Site, Trigger

MEASURED = Path(__file__).parent / "measured"
MARK = "TRACE "
REVIEWED = {"prod": Environment(reviewers=("somebody",))}


@dataclass(frozen=True, slots=True)
class Small:
    """A workflow, the behaviour that it asks for, and what it traces where that is GitHub's."""

    name: str
    claim: str
    expected: tuple[str, ...]
    text: str


def every() -> Iterator[Small]:
    """All that have a claim in their first line; the others are called by them."""
    for file in sorted(MEASURED.glob("*.yml")):
        first, _, _ = (text := file.read_text(encoding="utf-8")).partition("\n")
        if first.startswith("# "):
            claim, _, words = first.removeprefix("# ").rpartition(" | ")
            expected = () if words == "nothing" else tuple(words.split(", "))
            yield Small(file.stem, claim, expected, text)


def ours(small: Small, language: Language, folder: Path) -> tuple[tuple[str, ...], str]:
    """What our executor traces, and how the run ended; a refusal is an end."""

    def read(path: str) -> str | None:
        local = path.removeprefix(".github/").removeprefix("workflows/")
        file = MEASURED / local
        return file.read_text(encoding="utf-8") if file.exists() else None

    site = Site(language, read, Bash(folder), environments=REVIEWED)
    try:
        record = site.start(f"{small.name}.yml", Trigger("push"))
    except Invalid as error:
        return (), f"refused: {error.evidence or error.what}"
    site.play()
    refused = next((job.why for job in record.jobs.values() if "Not modelled" in job.why), "")
    steps = [step for job in record.jobs.values() for step in job.steps]
    said = "\n".join(step.said for step in steps)
    return tuple(_traced(said)), record.result + (refused and f" ({refused})")


def act(program: str, small: Small, folder: Path) -> tuple[tuple[str, ...], str]:
    """The same of act in host mode, in a repository and a home of its own."""
    repository, home = folder / "repository", folder / "home"
    workflows = repository / ".github" / "workflows"
    workflows.mkdir(parents=True)
    home.mkdir()
    for file in MEASURED.glob("*.yml"):
        if file.stem in (small.name, "called", "wants"):
            shutil.copy(file, workflows)
    shutil.copytree(MEASURED / "actions", repository / ".github" / "actions")
    env = {
        **inherited(),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    for words in (("init", "-q", "-b", "main"), ("add", "."), (
        "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-q", "-m", "t",
    )):  # fmt: skip
        execute(("git", *words), env=env, cwd=repository, timeout=20)
    event = folder / "event.json"
    event.write_text('{"ref": "refs/heads/main"}')
    none = [word for one in ("env", "secret", "var") for word in (f"--{one}-file", os.devnull)]
    place = ["-W", f".github/workflows/{small.name}.yml", "-P", "ubuntu-24.04=-self-hosted"]
    argv = [program, "push", "-e", str(event), *place, *none, "--json", "--action-offline-mode"]
    done = execute(argv, env=env, cwd=repository, timeout=120)
    said = []
    for line in done.output.splitlines():
        try:
            said.append(str(json.loads(line).get("msg", "")))
        except ValueError:
            continue
    return tuple(_traced("\n".join(said))), f"exit {done.exit}"


def _traced(said: str) -> Iterator[str]:
    for line in said.splitlines():
        if line.startswith(MARK):
            yield line.removeprefix(MARK).strip()
