"""The negative controls: tools that are wrong in one known way, which the suite must see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay import __version__
from assay.errors import UsageError
from assay.replicators.base import (
    Call,
    Capability,
    Command,
    HandOver,
    Leftovers,
    Phase,
    StatusRule,
)
from assay.replicators.controls.defects import DEFECTS
from assay.replicators.drivers.reference import (
    CAPABILITIES,
    COMMANDS,
    LEFTOVERS,
    REFUSED,
    STANDS_ON,
    STATUS_STATES,
    program,
)
from assay.replicators.tool import own_program

PROGRAM = "assay.replicators.controls"


@dataclass(frozen=True, slots=True)
class Control:
    """A control; it claims what the reference claims, or no case would put it to the test."""

    name: str  # noop, schema-only, lossy:DEFECT
    capabilities: frozenset[Capability] = CAPABILITIES
    leftovers: Leftovers = LEFTOVERS
    refused: frozenset[int] = REFUSED
    stands_on: Mapping[Phase, HandOver] = field(default_factory=lambda: STANDS_ON)
    status_states: tuple[StatusRule, ...] = STATUS_STATES

    def version(self, path: str | None = None) -> str:
        """It is part of this project."""
        return __version__

    def command(self, phase: Phase, call: Call) -> Command | None:
        """The control's command of that name; `caught_up` is where `lossy` does its damage."""
        names = {**COMMANDS, Phase.CAUGHT_UP: "caught_up"}
        if phase not in names:
            return None
        return program(own_program(PROGRAM, self.name), names[phase], call)


def noop(rest: str) -> Control:
    """The control that does nothing."""
    return _plain("noop", rest)


def schema_only(rest: str) -> Control:
    """The control that copies no row."""
    return _plain("schema-only", rest)


def lossy(rest: str) -> Control:
    """The control with one defect; UsageError lists those there are."""
    if rest not in DEFECTS:
        raise UsageError(
            f"The control lossy has no defect {rest!r}.", remedy=f"available: {', '.join(DEFECTS)}"
        )
    return Control(f"lossy:{rest}")


def _plain(name: str, rest: str) -> Control:
    if rest:
        raise UsageError(f"The control {name} takes no defect.", remedy=f"--replicator {name}")
    return Control(name)
