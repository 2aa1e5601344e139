"""Stand-ins for actions: what each needs of the token, what it does here, what it leaves."""

from __future__ import annotations

import fnmatch
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.workflows.language import Invalid
from tests.workflows.rights import allows


class Failed(Exception):
    """The action's step fails."""


@dataclass(slots=True)
class Result:
    """What it leaves."""

    outputs: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)


def perform(uses: str, given: Mapping[str, str], steps: Any) -> Result:
    """Do it; Failed where it would fail, Invalid where there is no stand-in."""
    name = uses.split("@")[0]
    if name not in ACTIONS:
        raise Invalid(f"There is no stand-in for {name}.", remedy="write one in actions.py")
    needs, action = ACTIONS[name]
    for scope, level in needs.items():
        if not allows(steps.leg.job.rights, scope, level):
            raise Failed(f"the token may not: {scope}: {level}")
    return action(given, steps)


def _nothing(_: Mapping[str, str], __: Any) -> Result:
    return Result()


def _python(_: Mapping[str, str], __: Any) -> Result:
    return Result({"python-path": "/python/bin/python3"})


def _checkout(given: Mapping[str, str], steps: Any) -> Result:
    if not given.get("path"):
        steps.leg.checked_out = True
    if steps.site.checkout is not None:
        steps.site.checkout(given)
    return Result()


def _upload(given: Mapping[str, str], steps: Any) -> Result:
    kept = steps.site.artifacts[steps.leg.run.record.number]
    name = given.get("name") or "artifact"
    if name in kept and given.get("overwrite") != "true":
        raise Failed(f"an artifact {name} exists already")
    url = Result({"artifact-url": f"https://github.com/owner/name/artifacts/{name}"})
    if steps.site.workspace is None:
        kept[name] = None
        return url
    source = steps.site.workspace / given["path"]
    if not source.exists():
        if given.get("if-no-files-found") == "error":
            raise Failed(f"no files were found at {given['path']}")
        return Result()
    folder = steps.site.workspace.parent / "artifacts" / str(steps.leg.run.record.number) / name
    if source.is_dir():
        shutil.copytree(source, folder)
    else:
        folder.mkdir(parents=True)
        shutil.copy2(source, folder)
    kept[name] = folder
    return url


def _download(given: Mapping[str, str], steps: Any) -> Result:
    kept: dict[str, Path | None] = steps.site.artifacts[steps.leg.run.record.number]
    name = given.get("name")
    if name and name not in kept:
        raise Failed(f"there is no artifact {name}")
    wanted = [name] if name else [one for one in kept if _fits(one, given.get("pattern") or "*")]
    for one in wanted:
        source = kept[one]
        if source is not None and steps.site.workspace is not None:
            apart = not name and given.get("merge-multiple") != "true"
            target = steps.site.workspace / given.get("path", ".")
            shutil.copytree(source, target / one if apart else target, dirs_exist_ok=True)
    return Result({"download-path": given.get("path", "."), "found": " ".join(sorted(wanted))})


def _fits(name: str, pattern: str) -> bool:
    """A glob that may have braces."""
    if "{" in pattern:
        before, _, rest = pattern.partition("{")
        within, _, after = rest.partition("}")
        return any(_fits(name, before + one + after) for one in within.split(","))
    return fnmatch.fnmatchcase(name, pattern)


def _credentials(given: Mapping[str, str], steps: Any) -> Result:
    role = given.get("role-to-assume", "")
    if not role:
        raise Failed("Could not load credentials from any providers")
    steps.leg.record.subject = steps.leg.subject
    if steps.site.roles.get(role) != steps.leg.subject:
        raise Failed(f"Not authorized to perform sts:AssumeRoleWithWebIdentity: {role} does not "
                     f"trust {steps.leg.subject}")  # fmt: skip
    return Result(env={"AWS_SESSION_TOKEN": role, "AWS_REGION": given.get("aws-region", "")})


def _pages(_: Mapping[str, str], steps: Any) -> Result:
    if not steps.leg.environment:
        raise Failed(
            "Missing environment. Ensure your workflow's deployment job has an environment."
        )
    kept = steps.site.artifacts[steps.leg.run.record.number]
    if "github-pages" not in kept:
        raise Failed("No artifacts named github-pages were found for this workflow run")
    return Result({"page_url": "https://owner.github.io/name/"})


def _upload_pages(given: Mapping[str, str], steps: Any) -> Result:
    return _upload({**given, "name": "github-pages"}, steps)


Action = Callable[[Mapping[str, str], Any], Result]
# What each says in its documentation that the token must be allowed.
ACTIONS: dict[str, tuple[dict[str, str], Action]] = {
    "actions/checkout": ({"contents": "read"}, _checkout),
    "actions/setup-python": ({}, _python),
    "hashicorp/setup-terraform": ({}, _nothing),
    "actions/upload-artifact": ({}, _upload),
    "actions/download-artifact": ({}, _download),
    "actions/upload-pages-artifact": ({}, _upload_pages),
    "actions/deploy-pages": ({"pages": "write", "id-token": "write"}, _pages),
    "actions/attest": ({"id-token": "write", "attestations": "write"}, _nothing),
    "aws-actions/configure-aws-credentials": ({"id-token": "write"}, _credentials),
}
