"""The phases of a case: what each stands on, what the tool must claim for it, what is done.

A further phase is one entry of `STEPS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from assay.replicators.base import Capability, Leftovers, Phase, State

if TYPE_CHECKING:
    from assay.conformance.stage import StageInMaking


class Ground(Enum):
    """What a phase needs to have been made before, and what it makes for others."""

    NOTHING = auto()
    COPY = auto()  # a target that holds what the source held
    STREAM = auto()  # the tool's own


@dataclass(frozen=True, slots=True)
class Step:
    """One phase: the tool's command for it, the capability without which it is left out.

    `makes`: what those that follow stand on. `still`: nobody is meant to write rows meanwhile.
    `looks` False: the target is not looked at beforehand, because something may hold it locked, or
    because the case itself has yet to change it.
    `answers`: the tool only says something; it carries nothing and may change nothing.
    """

    asked: Phase
    needs: Ground
    capability: Capability
    run: Callable[[StageInMaking], None]
    makes: Ground = Ground.NOTHING
    still: bool = False
    looks: bool = True
    answers: bool = False


def _validate(stage: StageInMaking) -> None:
    stage.call(Phase.VALIDATE)
    stage.look_for_changes()


def _init(stage: StageInMaking) -> None:
    """The snapshot; where it is the beginning of the stream, a row has to travel as well."""
    stage.call(Phase.INIT)
    if stage.bench.stream_begins_with_init():
        stage.travel()
    stage.compare(sequences="exact")


def _live(stage: StageInMaking) -> None:
    """The stream: start it, prove that it carries a row, send the case's changes, compare."""
    stage.change("gap")
    if not stage.bench.tool.streaming():
        stage.call(Phase.SYNC)
    stage.travel()
    stage.change("live")
    stage.barrier()
    stage.call(Phase.CAUGHT_UP)
    stage.compare(sequences="exact" if stage.bench.case.exact_sequences else "skip")


def _cutover(stage: StageInMaking) -> None:
    """The end of the stream; nothing of it may be left on either side."""
    stage.call(Phase.CUTOVER)
    stage.compare(sequences="ahead", declared=Leftovers())


def _verify(stage: StageInMaking) -> None:
    """Plant what the case says on the target; the tool's own comparison must tell the truth."""
    stage.plant()
    stage.look_at_target()
    stage.call(Phase.VERIFY)
    stage.compare(sequences="exact")
    stage.look_for_changes()


def _status(stage: StageInMaking) -> None:
    """What the tool says of its stream, where nothing but the phases so far has touched it."""
    stage.ask_status(stage.bench.ground)


# What is true of a stream after each phase that went well; a copy is the end of a phase for some,
# and for others the beginning of a stream that nobody reads yet.
AFTER: Mapping[str, frozenset[State]] = {
    "init": frozenset({State.NOT_SET_UP, State.HALF_SET_UP, State.STOPPED}),
    "live": frozenset({State.STREAMING}),
    "cutover": frozenset({State.FINISHED, State.NOT_SET_UP}),
}
_INIT = Step(Phase.INIT, Ground.NOTHING, Capability.INIT, _init, Ground.COPY, still=True)
STEPS: Mapping[str, Step] = {
    "validate": Step(
        Phase.VALIDATE, Ground.NOTHING, Capability.VALIDATE, _validate, still=True, answers=True
    ),
    "init": _INIT,
    "init-again": _INIT,
    "live": Step(Phase.SYNC, Ground.COPY, Capability.LIVE, _live, Ground.STREAM),
    "cutover": Step(Phase.CUTOVER, Ground.STREAM, Capability.CUTOVER, _cutover),
    "verify": Step(
        Phase.VERIFY,
        Ground.COPY,
        Capability.VERIFY,
        _verify,
        still=True,
        looks=False,
        answers=True,
    ),
    "status": Step(
        Phase.STATUS, Ground.COPY, Capability.STATUS, _status, looks=False, answers=True
    ),
}
