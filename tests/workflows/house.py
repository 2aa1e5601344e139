"""The workflows of this repository on a site: its environments, reviewers, roles and triggers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.workflows.language import Language
from tests.workflows.shell import Bash
from tests.workflows.site import REPOSITORY, Decision, Environment, Request, Site, Trigger
from tests.workflows.stand_ins import ROOT, install, temporary

WORKFLOWS = ".github/workflows/"
REVIEWER = "releaser"


def approves(request: Request) -> Decision | None:
    """A reviewer who says yes to everything."""
    return Decision(REVIEWER)


def refuses(request: Request) -> Decision | None:
    """One who says no."""
    return Decision(REVIEWER, approved=False)


def environments() -> dict[str, Environment]:
    """dev, staging and prod, for each the one that only plans, and that of the nights."""
    names = [f"{name}{kind}" for name in ("dev", "staging", "prod") for kind in ("", "-plan")]
    news = {"ASSAY_NEWS": "json://127.0.0.1"}
    made = {
        name: Environment(
            vars={"AWS_ROLE": f"role/{name}", "AWS_REGION": "eu-central-1"}, secrets=news
        )
        for name in names
    }
    made["nightly"] = Environment(secrets=news)
    made["prod"] = replace(made["prod"], reviewers=(REVIEWER,), prevent_self_review=True)
    return made


def read(path: str) -> str | None:
    """A file of this repository."""
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.exists() else None


@dataclass(slots=True)
class House:
    """Makes sites whose shell knows what it ran for the sites before."""

    language: Language
    shell: Bash

    def site(
        self,
        approve: Callable[[Request], Decision | None] = approves,
        changed: Mapping[str, str] | None = None,
    ) -> Site:
        """A site of its own, with some files otherwise than they are."""
        files = changed or {}
        known = environments()
        return Site(
            self.language,
            lambda path: files.get(path, read(path)),
            self.shell,
            environments=known,
            roles={f"role/{name}": f"repo:{REPOSITORY}:environment:{name}" for name in known},
            approve=approve,
        )


def house(language: Language, folder: Path) -> House:
    """With stand-ins for every program."""
    told = {"RUNNER_TEMP": str(temporary(folder))}
    return House(language, Bash(folder, first=install(folder), known={}, more=told))


def started_by_events(folder: Path = ROOT / WORKFLOWS) -> list[str]:
    """The workflows that no other one calls."""
    return sorted(WORKFLOWS + file.name for file in folder.glob("*.yml") if file.name[0] != "_")


def triggers(said: Mapping[str, Any]) -> Iterator[Trigger]:
    """Everything that starts a workflow: each event, each choice of a dispatch."""
    on = said["on"]
    events = (
        {on: None} if isinstance(on, str) else on if isinstance(on, dict) else dict.fromkeys(on)
    )
    for event, asked in events.items():
        if event == "push" and (asked or {}).get("tags"):
            yield Trigger("push", ref="refs/tags/v0.1.0")
        elif event == "pull_request":
            action = ((asked or {}).get("types") or ["opened"])[0]
            for labels in ([], [{"name": "integration"}]) if "types" in (asked or {}) else ([],):
                pull = {"head": {"ref": "topic"}, "base": {"ref": "main"}, "labels": labels}
                payload = {"action": action, "pull_request": pull}
                yield Trigger(event, ref="refs/pull/1/merge", payload=payload)
        elif event == "workflow_dispatch":
            yield from _dispatches((asked or {}).get("inputs") or {})
        elif event == "schedule":
            yield from (Trigger(event, payload=dict(one)) for one in asked)
        elif event != "workflow_call":
            yield Trigger(event)


def _dispatches(inputs: Mapping[str, Any]) -> Iterator[Trigger]:
    values = {
        name: one["options"] if one.get("type") == "choice"
        else [False, True] if one.get("type") == "boolean"
        else sorted({str(one.get("default", "")), "given"})
        for name, one in inputs.items()
    }  # fmt: skip
    for chosen in itertools.product(*values.values()):
        yield Trigger("workflow_dispatch", inputs=dict(zip(values, chosen, strict=True)))
