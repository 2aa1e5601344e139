"""What a replicator is to the suite: what it claims, how it is called, what it leaves by design."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from assay.postgres.address import Address


class Capability(StrEnum):
    """What a tool claims; a case requires some of these, and what is missing is a counted skip."""

    INIT = "init"  # copies schema and rows of a database
    LIVE = "live"  # keeps the target up to date after the snapshot
    CUTOVER = "cutover"  # ends the stream, carries sequences, removes what it made
    VERIFY = "verify"  # compares both sides by itself
    VALIDATE = "validate"  # checks beforehand, read-only
    STATUS = "status"  # says what has become of the stream
    ROLES = "roles"  # carries roles, memberships and passwords
    DATABASES = "databases"  # several databases in one run, created on the target
    FILTER_DATABASES = "filter.databases"
    FILTER_TABLES = "filter.tables"
    RESUME = "resume"
    GAP = "gap"  # snapshot and stream are two commands with a gap between them


class Phase(StrEnum):
    """The commands of the contract; `cutover` and `stop` are ours."""

    VALIDATE = "validate"
    INIT = "init"
    SYNC = "sync"
    CAUGHT_UP = "caught_up"
    STATUS = "status"
    VERIFY = "verify"
    CUTOVER = "cutover"
    STOP = "stop"


class HandOver(StrEnum):
    """What somebody else must have made before a phase of a tool that copied nothing itself."""

    COPIED = "copied"  # schema, rows and roles as the source holds them; no slot, no stream
    SLOT = "slot"  # the same, with publication and slot as `reference init --keep-slot` leaves them


# Looking at two databases needs nobody's own copy; a stream may: it begins where the copy ended.
LOOKING: Mapping[Phase, HandOver] = {
    Phase.VALIDATE: HandOver.COPIED,
    Phase.VERIFY: HandOver.COPIED,
    Phase.STATUS: HandOver.COPIED,
}


class State(StrEnum):
    """What can be true of a replication, and what a `status` command can say."""

    STREAMING = "streaming"
    LAGGING = "lagging"
    STOPPED = "stopped"  # set up, and nobody applies
    BROKEN = "broken"  # applying fails again and again
    NOT_SET_UP = "not_set_up"
    HALF_SET_UP = "half_set_up"  # one side only, or some databases only
    FINISHED = "finished"  # cut over
    SLOT_LOST = "slot_lost"
    UNREACHABLE = "unreachable"


# Of these no `status` may say otherwise: the target does not keep up with its source.
NOT_ACTIVE = frozenset(State) - {State.STREAMING, State.LAGGING, State.UNREACHABLE}


@dataclass(frozen=True, slots=True)
class StatusRule:
    """How one answer of `status` is read: by exit code, by a pattern found in its output, or both.

    `says` holds more than one state where the tool's words leave it open.
    """

    says: frozenset[State]
    exits: frozenset[int] = frozenset()  # empty: any
    pattern: str = ""  # a regular expression, searched line by line; empty: any

    def fits(self, exit_code: int | None, output: str) -> bool:
        """Whether an answer is this one."""
        if self.exits and exit_code not in self.exits:
            return False
        return not self.pattern or re.search(self.pattern, output, re.MULTILINE) is not None


def said(rules: Iterable[StatusRule], exit_code: int | None, output: str) -> frozenset[State]:
    """What a `status` said, by the first rule that fits; empty when no rule knows the answer."""
    return next((rule.says for rule in rules if rule.fits(exit_code, output)), frozenset())


@dataclass(frozen=True, slots=True)
class Filters:
    """Which databases and tables (`database.table`, `database.schema.table`) a call is about."""

    include_databases: tuple[str, ...] = ()
    exclude_databases: tuple[str, ...] = ()
    include_tables: tuple[str, ...] = ()
    exclude_tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """Everything a driver may need to write one argv.

    `source` and `target` are addresses of the database under test, valid for the tool and, where a
    tool hands its source on, for the target server. `follow` says that a stream comes afterwards.
    """

    source: Address
    target: Address
    filters: Filters = Filters()
    drop_existing: bool = False
    follow: bool = False
    attempt: str = "a"  # distinguishes work folders and names of one test's calls
    timeout: float = 120.0  # seconds for each command
    workdir: str = ""  # a private folder that lives as long as the test


@dataclass(frozen=True, slots=True)
class Command:
    """What to run: argv, additions to the environment, a password file's lines.

    A `background` command is the stream itself: it is left running until `stop`. `timeout` is in
    seconds.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    passfile: tuple[str, ...] = ()
    background: bool = False
    timeout: float = 120.0


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What a tool leaves on each side while it follows, by kind; names are regular expressions.

    Kinds: ``publication``, ``subscription``, ``slot``, ``origin``, ``schema``, ``role``,
    ``table``, ``replica-identity`` and ``trigger-state`` (the last two hold ``schema.table``).
    """

    source: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    target: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Driver(Protocol):
    """A tool under test: data and argv, no judgement."""

    @property
    def name(self) -> str:
        """As given to --replicator, such as ``lossy:stale-toast``."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the tool claims."""

    @property
    def leftovers(self) -> Leftovers:
        """What it leaves behind by design while it follows; nothing is allowed after cut-over."""

    @property
    def refused(self) -> frozenset[int]:
        """Exit codes by which it says no; others are crashes. Empty: any but 0 says no."""

    @property
    def stands_on(self) -> Mapping[Phase, HandOver]:
        """Phases that can be asked for on data that the tool did not copy, and what they need.

        Others need the tool's own copy. A cut-over stands on the tool's own stream.
        """

    @property
    def status_states(self) -> tuple[StatusRule, ...]:
        """How its `status` is read, the first that fits; what none fits is FAILED_LOUD."""

    def version(self, path: str | None = None) -> str:
        """The tool's own version, or what stands for one; `path` is the PATH of its phases."""

    def command(self, phase: Phase, call: Call) -> Command | None:
        """How the tool does this phase; None where it has no such command."""
