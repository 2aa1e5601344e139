"""The reference replicator: claims everything the suite asks for but resuming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay import __version__
from assay.errors import UsageError
from assay.replicators.base import (
    LOOKING,
    Call,
    Capability,
    Command,
    Filters,
    HandOver,
    Leftovers,
    Phase,
    State,
    StatusRule,
)
from assay.replicators.reference.options import quoted
from assay.replicators.tool import OWN_ENVIRONMENT, own_program

PROGRAM = "assay.replicators.reference"
CAPABILITIES = frozenset(Capability) - {Capability.RESUME}
OURS = (r"assay_ref_[0-9a-f]{8}",)
ANY = (r".+",)
LEFTOVERS = Leftovers(
    source={
        "publication": OURS,
        "slot": OURS,
        "walsender": (r"\d+",),  # its name is a process id
        "replica-identity": ANY,
    },
    target={
        "subscription": OURS,
        "origin": (r"pg_\d+",),
        "replica-identity": ANY,
        "trigger-state": ANY,
    },
)
REFUSED = frozenset({1, 2})
STANDS_ON: Mapping[Phase, HandOver] = {**LOOKING, Phase.SYNC: HandOver.SLOT}
STATUS_STATES = (
    StatusRule(frozenset({State.NOT_SET_UP, State.FINISHED}), frozenset({1}), r"\(not set up\)"),
    StatusRule(frozenset({State.HALF_SET_UP}), frozenset({1}), r"\(half set up\)"),
    StatusRule(frozenset({State.SLOT_LOST}), frozenset({1}), r"\(slot lost\)"),
    StatusRule(frozenset({State.STOPPED}), frozenset({1}), r"\(stopped\)"),
    StatusRule(frozenset({State.BROKEN}), frozenset({1}), r"\(failing\)"),
    StatusRule(frozenset({State.UNREACHABLE}), frozenset({1, 2}), r"connection|connect to"),
    StatusRule(frozenset({State.LAGGING}), frozenset({0}), r"is LAGGING"),
    StatusRule(frozenset({State.STREAMING}), frozenset({0}), r"is CAUGHT UP"),
)
COMMANDS = {
    Phase.VALIDATE: "validate",
    Phase.INIT: "init",
    Phase.SYNC: "sync",
    Phase.STATUS: "status",
    Phase.VERIFY: "verify",
    Phase.CUTOVER: "cutover",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """The positive control."""

    name: str = "reference"
    capabilities: frozenset[Capability] = CAPABILITIES
    leftovers: Leftovers = LEFTOVERS
    refused: frozenset[int] = REFUSED
    stands_on: Mapping[Phase, HandOver] = field(default_factory=lambda: STANDS_ON)
    status_states: tuple[StatusRule, ...] = STATUS_STATES

    def version(self, path: str | None = None) -> str:
        """It is part of this project."""
        return __version__

    def command(self, phase: Phase, call: Call) -> Command | None:
        """The program's own command of that name; it needs none to stop or to be caught up."""
        if phase not in COMMANDS:
            return None
        return program(own_program(PROGRAM), COMMANDS[phase], call)


def program(start: tuple[str, ...], command: str, call: Call) -> Command:
    """A command line of the reference, or of a control that speaks the same."""
    argv = (*start, command, "--source", call.source.url(password=False),
            "--target", call.target.url(password=False), "--no-interactive",
            *filters(call.filters))  # fmt: skip
    if command == "init":
        argv += ("--no-sync", *(("--keep-slot",) if call.follow else ()))
        argv += ("--drop-existing",) if call.drop_existing else ()
    lines = (call.source.passfile_line(), call.target.passfile_line())
    passfile = tuple(dict.fromkeys(lines))
    return Command(argv, env=OWN_ENVIRONMENT, passfile=passfile, timeout=call.timeout)


def filters(given: Filters) -> tuple[str, ...]:
    """The filter options; database names are quoted, table items are written as they came."""
    options = {
        "--include-databases": tuple(map(quoted, given.include_databases)),
        "--exclude-databases": tuple(map(quoted, given.exclude_databases)),
        "--include-tables": given.include_tables,
        "--exclude-tables": given.exclude_tables,
    }
    return tuple(word for name, items in options.items() for item in items for word in (name, item))


def resolve(rest: str) -> Reference:
    """The reference; nothing more can be said of it."""
    if rest:
        raise UsageError("The reference takes no path.", remedy="--replicator reference")
    return Reference()
