"""The program: the reference's own commands, and what the control does to them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from assay.errors import UsageError
from assay.redact import Scrubber
from assay.replicators.controls.calls import nothing_to_damage
from assay.replicators.controls.defects import DEFECTS, Defect
from assay.replicators.controls.place import place
from assay.replicators.reference.cli import COMMANDS, complain, perform
from assay.replicators.reference.context import Run
from assay.replicators.reference.options import parse
from assay.replicators.reference.selection import select

Command = Callable[[Run], int]


def main(argv: Sequence[str]) -> int:
    """Do one command as the control that the first word names; exit codes as the reference."""
    name, rest = (argv[0], argv[1:]) if argv else ("", ())
    if name == "noop":
        return 0
    if name == "lossy" and list(rest) == ["--list"]:
        for known, defect in DEFECTS.items():
            sys.stdout.write(f"{known:26} {defect.sentence}\n")
        return 0
    try:
        make = _maker(name)
        options = parse(rest, commands=(*COMMANDS, "caught_up"))
    except UsageError as error:
        return complain(Scrubber(), error, code=2)
    return perform(options, make(options.command))


def _maker(name: str) -> Callable[[str], Command]:
    kind, _, defect = name.partition(":")
    if name == "schema-only":
        return _schema_only
    if kind == "lossy" and defect in DEFECTS:
        return lambda command: _lossy(DEFECTS[defect], defect, command)
    raise UsageError(
        f"There is no control {name!r}.", remedy="noop, schema-only, lossy:DEFECT, lossy --list"
    )


def _genuine(command: str) -> Command:
    return COMMANDS.get(command, lambda run: 0)  # the reference has nothing to do to catch up


def _schema_only(command: str) -> Command:
    return lambda run: _genuine(command)(
        replace(run, options=replace(run.options, schema_only=True))
    )


def _lossy(defect: Defect, name: str, command: str) -> Command:
    """The genuine command, with damage before and after it."""

    def perform_and_damage(run: Run) -> int:
        asked = run if defect.asks is None else replace(run, options=defect.asks(run))
        for moment in _before(command):
            if code := _damage(asked, defect, name, moment):
                return code
        around = defect.around.get(command)
        genuine = _genuine(command)
        code = genuine(asked) if around is None else around(asked, genuine)
        if code == 0:
            for moment in _after(asked, command):
                if code := _damage(asked, defect, name, moment):
                    return code
        return code

    return perform_and_damage


def _before(command: str) -> tuple[str, ...]:
    return ("before_sync",) if command == "sync" else ()


def _after(run: Run, command: str) -> tuple[str, ...]:
    """Damage to a snapshot that is being followed waits: it could stop the stream."""
    if command == "init" and run.options.follows:
        return ()
    return (command,)


def _damage(run: Run, defect: Defect, name: str, moment: str) -> int:
    if moment not in defect.damages:
        return 0
    done = 0
    databases = [chosen.database for chosen in select(run)]
    if defect.once and run.target.database in databases:
        databases = [run.target.database]
    for database in databases[:1] if defect.once else databases:
        with place(run, database) as there:
            done += defect.damages[moment](there)
    if not done:
        return nothing_to_damage(run, f"{name} after {moment}")
    run.say(f"lossy: {name} after {moment}: {done}")
    return 0
