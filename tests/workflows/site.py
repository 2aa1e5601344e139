"""A repository as GitHub keeps it: its files, environments, approvals, artifacts and runs."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.workflows import rights
from tests.workflows.groups import Groups
from tests.workflows.language import Language
from tests.workflows.record import RunRecord
from tests.workflows.times import Times

REPOSITORY = "owner/name"


@dataclass(frozen=True, slots=True)
class Environment:
    """Its protection rules, and what only its jobs see.

    https://docs.github.com/actions/reference/workflows-and-actions/deployments-and-environments
    """

    reviewers: tuple[str, ...] = ()
    prevent_self_review: bool = False
    refs: tuple[str, ...] = ()  # patterns of the refs that may deploy; none: all
    vars: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """What a reviewer is asked to approve."""

    run: int
    environment: str
    job: str  # as it is shown
    actor: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A reviewer's word."""

    by: str
    approved: bool = True


@dataclass(frozen=True, slots=True)
class Trigger:
    """What started a run; `payload` is github.event."""

    event: str
    ref: str = "refs/heads/main"
    inputs: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, Any] = field(default_factory=dict)
    actor: str = "author"
    sha: str = "c0ffee0000000000000000000000000000000000"


@dataclass(frozen=True, slots=True)
class Planted:
    """What goes otherwise: steps (a job's key, a number) that fail, jobs that are slow.

    A step that fails `late` has left its outputs.
    """

    broken: frozenset[tuple[str, str]] = frozenset()
    late: frozenset[tuple[str, str]] = frozenset()
    slow: frozenset[str] = frozenset()


def nobody(_: Request) -> Decision | None:
    """Of a site whose reviewers never answer."""
    return None


@dataclass(slots=True)
class Site:
    """Everything that runs have in common; `start` begins them, `play` lets time pass.

    `shell` runs scripts (tests.workflows.shell). With a `workspace` artifacts are files, else only
    names; `checkout` fills it, given what actions/checkout was given.
    """

    language: Language
    read: Callable[[str], str | None]  # the text of a file of the repository
    shell: Any
    environments: Mapping[str, Environment] = field(default_factory=dict)
    vars: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    default_rights: Mapping[str, str] = field(default_factory=lambda: dict(rights.RESTRICTED))
    approve: Callable[[Request], Decision | None] = nobody
    roles: Mapping[str, str] = field(default_factory=dict)  # a role and the one subject it trusts
    token_url: str = "http://127.0.0.1:1/token"  # of an issuer (issuer.py), where steps ask it
    api_url: str = "http://127.0.0.1:1"
    published: Mapping[str, str] = field(default_factory=dict)  # other repositories' action.yml
    workspace: Path | None = None
    checkout: Callable[[Mapping[str, str]], None] | None = None
    times: Times = field(default_factory=Times)
    groups: Groups = field(default_factory=Groups)
    artifacts: dict[int, dict[str, Path | None]] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    runs: list[Any] = field(default_factory=list)

    def start(
        self, path: str, trigger: Trigger, *, planted: Planted | None = None, after: int = 0
    ) -> RunRecord:
        """Begin a run of the workflow in that file; its record, which grows as time passes."""
        from tests.workflows.runs import Run  # it needs this module

        run = Run(self, path, trigger, planted or Planted(), number=len(self.runs) + 1)
        self.runs.append(run)
        self.artifacts[run.record.number] = {}
        self.times.begin(run.process(), after=after)
        return run.record

    def cancel(self, number: int, *, after: int) -> None:
        """Somebody cancels a run."""

        def process() -> Any:
            self.runs[number - 1].cancel("by hand")
            yield 0

        self.times.begin(process(), after=after)

    def play(self) -> None:
        """Until everything has ended or waits for somebody."""
        self.times.play()

    def may_deploy(self, environment: Environment, ref: str) -> bool:
        """Whether the environment takes deployments of that ref."""
        short = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
        return not environment.refs or any(fnmatch.fnmatch(short, one) for one in environment.refs)
