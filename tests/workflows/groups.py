"""Concurrency groups: one runs, one waits, and who comes later takes the waiter's place.

https://docs.github.com/actions/concepts/workflows-and-actions/concurrency
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.workflows.times import Process


class Owner(Protocol):
    """A run, a called workflow or a job: what a group can hold, let wait or cancel."""

    parent: Owner | None
    waited: list[str]

    @property
    def cancelled(self) -> bool:
        """Whether it, or what it is a part of, was cancelled."""

    def cancel(self, why: str) -> None:
        """Stop it."""


@dataclass(slots=True)
class _Group:
    holder: Owner | None = None
    pending: list[Owner] = field(default_factory=list)


class Groups:
    """The groups of a repository; their names know no case."""

    def __init__(self) -> None:
        """None is held."""
        self._groups: dict[str, _Group] = {}

    def enter(self, said: Any, owner: Owner) -> Generator[Any, None, str]:
        """Wait for one's turn; the group's name, empty where there is none or it was cancelled."""
        if said is None:
            return ""
        settings = said if isinstance(said, dict) else {"group": said}
        name = str(settings["group"])
        group = self._groups.setdefault(name.lower(), _Group())
        if group.holder is not None and group.holder in _chain(owner):
            owner.cancel(f"deadlock on the group {name}")
            return ""
        if group.holder is None and not group.pending:
            group.holder = owner
            return name
        yield from self._queue(group, name, owner, settings)
        if owner.cancelled:
            if owner in group.pending:
                group.pending.remove(owner)
            return ""
        group.pending.remove(owner)
        group.holder = owner
        return name

    def _queue(self, group: _Group, name: str, owner: Owner, settings: dict[str, Any]) -> Process:
        cancels = str(settings.get("cancel-in-progress", False)).lower() == "true"
        if cancels and group.holder is not None:
            group.holder.cancel(f"a later one of the group {name}")
        if settings.get("queue", "single") != "max":
            for earlier in group.pending:
                earlier.cancel(f"a later one of the group {name}")
        group.pending.append(owner)
        owner.waited.append(f"group {name}")
        yield (
            lambda: (
                owner.cancelled
                or (
                    group.holder is None
                    and next(one for one in group.pending if not one.cancelled) is owner
                )
            )
        )

    def leave(self, name: str) -> None:
        """Let the next one in."""
        if name:
            self._groups[name.lower()].holder = None


def _chain(owner: Owner | None) -> list[Owner]:
    found = []
    while owner is not None:
        found.append(owner)
        owner = owner.parent
    return found
