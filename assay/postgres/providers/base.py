"""What a provider is: it prepares in parallel, launches from the main thread, then waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from assay.errors import SetupError
from assay.postgres.credentials import Credentials
from assay.postgres.lease import RunLease
from assay.postgres.server import Role, Server


class Unavailable(SetupError):
    """This provider cannot give that version here; another one may."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: a side's server of a major version, for a run, to outlive us or not.

    `lease` is where everything made is written down before it is made.
    """

    role: Role
    major: int
    lease: RunLease
    number: int  # counts the server pairs of this process
    credentials: Credentials
    keep: bool = False

    @property
    def label(self) -> str:
        """`<pool>-<number>-<role>`: for folders, containers."""
        return f"{self.lease.pool}-{self.number}-{self.role}"


@dataclass(frozen=True, slots=True)
class Start:
    """A prepared start in its two last stages.

    `launch` is called from the main thread, because the kernel ties a child's life to the thread
    that made it; `ready` may be called from any thread and returns the server.
    """

    launch: Callable[[], None]
    ready: Callable[[], Server]


class Provider(Protocol):
    """A way to come by a server."""

    @property
    def name(self) -> str:
        """The word for --pg-provider and the header."""

    def why_not(self, major: int) -> str | None:
        """Why it cannot give that version here, as far as can be told at once; None if it can."""

    def fetches(self, major: int) -> bool:
        """Whether it may still get from elsewhere what is not here."""

    def prepare(self, order: Order) -> Start:
        """Everything that can be done beforehand; Unavailable when it cannot be had here."""
