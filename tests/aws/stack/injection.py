"""One thing that is done to jobs, and how they may end; the list of all of them.

`ends` are the states in which a job may end, `cause` a pattern of what its error says then;
whatever happened, completed means equal. `quick` ones run in CI, all of them with ``--nightly``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ALWAYS = 10_000
COMPLETED, FAILED, TIMEOUT = (frozenset({state}) for state in ("completed", "failed", "timeout"))
EITHER = COMPLETED | FAILED
# What the reconciler says.
SILENT = "the worker was not heard of for 10 s"
NOBODY = "no worker began within 30 s|its message was given up"


@dataclass(frozen=True, slots=True)
class Injection:
    """One thing that is done."""

    kind: str
    name: str
    do: Callable
    ends: frozenset[str]
    cause: str
    quick: bool


ALL: list[Injection] = []


def injection(kind, ends, *, cause="", quick=False):
    """Register a function that does it to a scene."""

    def registered(do):
        if bool(cause) == (ends == COMPLETED):
            raise ValueError(f"{do.__name__}: a cause belongs to what may fail")
        ALL.append(Injection(kind, do.__name__.replace("_", "-"), do, ends, cause, quick))
        return do

    return registered
