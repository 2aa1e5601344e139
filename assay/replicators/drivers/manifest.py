"""A driver from a TOML file: argv templates, claims, exit codes, leftovers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay.errors import UsageError
from assay.replicators.base import (
    LOOKING,
    Call,
    Capability,
    Command,
    HandOver,
    Leftovers,
    Phase,
    State,
    StatusRule,
)
from assay.replicators.drivers.manifest_faults import faults
from assay.replicators.drivers.templates import fill, substitute, values
from assay.replicators.programs import first_line

OWN = "own"  # `stands_on` of a phase that needs the tool's own copy


@dataclass(frozen=True, slots=True)
class PhaseTemplate:
    """How a phase is called: words with placeholders."""

    argv: tuple[str, ...]
    follow_argv: tuple[str, ...] = ()  # added when a stream comes afterwards
    drop_existing_argv: tuple[str, ...] = ()  # added when the target may be replaced
    background: bool = False
    timeout: float | None = None
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ManifestDriver:
    """A tool that a manifest describes."""

    name: str
    path: Path
    capabilities: frozenset[Capability]
    leftovers: Leftovers
    phases: Mapping[Phase, PhaseTemplate]
    version_argv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    passfile: bool = False
    refused: frozenset[int] = frozenset()  # exit codes by which the tool says that it refuses
    stands_on: Mapping[Phase, HandOver] = field(default_factory=lambda: LOOKING)
    status_states: tuple[StatusRule, ...] = ()
    gaps: Path | None = None  # its known gaps, where they are not the suite's own

    @property
    def programs(self) -> tuple[str, ...]:
        """What has to be startable before a phase can be."""
        words = [self.version_argv, *(template.argv for template in self.phases.values())]
        return tuple(dict.fromkeys(argv[0] for argv in words if argv))

    def version(self, path: str | None = None) -> str:
        """The first line of what the version command prints."""
        return first_line(self.version_argv, path) if self.version_argv else "unknown"

    def command(self, phase: Phase, call: Call) -> Command | None:
        """The phase's template, filled in."""
        template = self.phases.get(phase)
        if template is None:
            return None
        words = template.argv
        words += template.follow_argv if call.follow else ()
        words += template.drop_existing_argv if call.drop_existing else ()
        known = values(call, str(self.path.parent))
        env = {**self.env, **template.env}
        lines = (call.source.passfile_line(), call.target.passfile_line())
        return Command(
            tuple(filled for word in words for filled in fill(word, known, call.filters)),
            env={name: substitute(value, known) for name, value in env.items()},
            passfile=tuple(dict.fromkeys(lines)) if self.passfile else (),
            background=template.background,
            timeout=template.timeout or call.timeout,
        )


def load(path: Path) -> ManifestDriver:
    """Read a manifest; UsageError names the file and every fault in it.

    Programs that are relative paths begin at the manifest's folder, as `{manifest_dir}` does.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"The manifest {path} cannot be read.", evidence=str(error)) from error
    if wrong := faults(data):
        raise UsageError(
            f"The manifest {path} says what it must not.",
            evidence="\n".join(wrong),
            remedy="assay docs writing-a-driver tells each key; assay init writes one",
        )
    return _driver(path.absolute(), data)


def _driver(path: Path, data: Mapping[str, Any]) -> ManifestDriver:
    folder = path.parent
    phases = {Phase(name): table for name, table in data["phases"].items()}
    left = data.get("leftovers", {})
    return ManifestDriver(
        name=data.get("name", path.stem),
        path=path,
        capabilities=frozenset(map(Capability, data.get("capabilities", ()))),
        leftovers=Leftovers(source=_left(left, "source"), target=_left(left, "target")),
        phases={phase: _template(table, folder) for phase, table in phases.items()},
        version_argv=_argv(data.get("version", ()), folder),
        env=data.get("env", {}),
        passfile=data.get("passfile", False),
        refused=frozenset(data.get("exit_codes", {}).get("refused", ())),
        stands_on=_stands_on(phases),
        status_states=tuple(map(_rule, data.get("status", {}).get("states", ()))),
        gaps=folder / data["gaps"] if "gaps" in data else None,
    )


def _template(table: Mapping[str, Any], folder: Path) -> PhaseTemplate:
    return PhaseTemplate(
        argv=_argv(table["argv"], folder),
        follow_argv=tuple(table.get("follow_argv", ())),
        drop_existing_argv=tuple(table.get("drop_existing_argv", ())),
        background=table.get("background", False),
        timeout=table.get("timeout"),
        env=table.get("env", {}),
    )


def _argv(words: list[str] | tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """The words with a program that can be started from anywhere."""
    if not words:
        return ()
    program = substitute(words[0], {"manifest_dir": str(folder)})
    if "/" in program and not program.startswith("{"):
        program = str(folder / program)
    return (program, *words[1:])


def _stands_on(phases: Mapping[Phase, Mapping[str, Any]]) -> dict[Phase, HandOver]:
    given = {phase: table["stands_on"] for phase, table in phases.items() if "stands_on" in table}
    stands = {**LOOKING, **{p: HandOver(word) for p, word in given.items() if word != OWN}}
    return {phase: what for phase, what in stands.items() if given.get(phase) != OWN}


def _rule(answer: Mapping[str, Any]) -> StatusRule:
    return StatusRule(
        says=frozenset(map(State, answer["says"])),
        exits=frozenset(answer.get("exit", ())),
        pattern=answer.get("pattern", ""),
    )


def _left(table: Mapping[str, Any], side: str) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(patterns) for kind, patterns in table.get(side, {}).items()}
