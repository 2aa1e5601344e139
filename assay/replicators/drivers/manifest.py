"""A driver from a TOML file: argv templates, claims, exit codes, leftovers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay import environment
from assay.errors import UsageError
from assay.process import execute
from assay.replicators.base import (
    LOOKING,
    Call,
    Capability,
    Command,
    Filters,
    HandOver,
    Leftovers,
    Phase,
    StatusRule,
)

_TOP = {
    "name",
    "version",
    "capabilities",
    "phases",
    "env",
    "passfile",
    "exit_codes",
    "leftovers",
}
_PHASE = {"argv", "background", "timeout", "env", "follow_argv", "drop_existing_argv"}
_PLACEHOLDER = re.compile(r"(?<!\$)\{([a-z_]+)\}")  # ${name} is the shell's
_LISTS = ("include_databases", "exclude_databases", "include_tables", "exclude_tables")
PLACEHOLDERS = (
    "source",
    "target",
    "source_nopass",
    "target_nopass",
    "database",
    "workdir",
    "attempt",
    *_LISTS,
)


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

    def version(self) -> str:
        """The first line of what the version command prints."""
        if not self.version_argv:
            return "unknown"
        done = execute(self.version_argv, env=environment.inherited(), timeout=10)
        return (done.output.strip().splitlines() or ["unknown"])[0]

    def command(self, phase: Phase, call: Call) -> Command | None:
        """The phase's template, filled in."""
        template = self.phases.get(phase)
        if template is None:
            return None
        words = template.argv
        words += template.follow_argv if call.follow else ()
        words += template.drop_existing_argv if call.drop_existing else ()
        values = _values(call)
        env = {**self.env, **template.env}
        lines = (call.source.passfile_line(), call.target.passfile_line())
        return Command(
            tuple(filled for word in words for filled in _fill(word, values, call.filters)),
            env={name: _substitute(value, values) for name, value in env.items()},
            passfile=tuple(dict.fromkeys(lines)) if self.passfile else (),
            background=template.background,
            timeout=template.timeout or call.timeout,
        )


def load(path: Path) -> ManifestDriver:
    """Read a manifest; UsageError with file and key for whatever it must not say."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"The manifest {path} cannot be read.", evidence=str(error)) from error
    reader = _Reader(path)
    reader.only(data, _TOP, "")
    phases = {
        reader.word(Phase, name, f"phases.{name}"): reader.phase(value, f"phases.{name}")
        for name, value in reader.table(data, "phases", required=True).items()
    }
    claims = reader.words(data, "capabilities")
    codes = reader.table(data, "exit_codes")
    reader.only(codes, {"refused"}, "exit_codes.")
    return ManifestDriver(
        name=reader.text(data, "name") or path.stem,
        path=path,
        capabilities=frozenset(reader.word(Capability, c, "capabilities") for c in claims),
        leftovers=reader.leftovers(data),
        phases=phases,
        version_argv=reader.words(data, "version"),
        env=reader.environment(data, "env"),
        passfile=reader.flag(data, "passfile"),
        refused=reader.numbers(codes, "exit_codes.refused"),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path

    def wrong(self, key: str, what: str, remedy: str = "") -> UsageError:
        return UsageError(f"{self.path}: {key}: {what}", remedy=remedy)

    def only(self, table: Mapping[str, Any], known: set[str], prefix: str) -> None:
        for key in table:
            if key not in known:
                raise self.wrong(f"{prefix}{key}", "unknown key", f"known: {_listed(known)}")

    def table(
        self, data: Mapping[str, Any], key: str, *, required: bool = False
    ) -> Mapping[str, Any]:
        value = data.get(key, {})
        if not isinstance(value, dict) or (required and not value):
            raise self.wrong(key, "must be a table with at least one entry")
        return value

    def text(self, data: Mapping[str, Any], key: str) -> str:
        value = data.get(key, "")
        if not isinstance(value, str):
            raise self.wrong(key, "must be a string")
        return value

    def flag(self, data: Mapping[str, Any], key: str) -> bool:
        value = data.get(key.rpartition(".")[2], False)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def words(self, data: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = data.get(key.rpartition(".")[2], [])
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self.wrong(key, "must be a list of strings")
        return tuple(value)

    def numbers(self, data: Mapping[str, Any], key: str) -> frozenset[int]:
        value = data.get(key.rpartition(".")[2], [])
        if not isinstance(value, list) or not all(isinstance(number, int) for number in value):
            raise self.wrong(key, "must be a list of numbers")
        return frozenset(value)

    def word(self, kind: Any, value: str, key: str) -> Any:
        known = {member.value for member in kind}
        if value not in known:
            raise self.wrong(key, f"{value!r} is unknown", f"known: {_listed(known)}")
        return kind(value)

    def environment(self, data: Mapping[str, Any], key: str) -> dict[str, str]:
        table = self.table(data, key.rpartition(".")[2])
        for name, value in table.items():
            if not isinstance(value, str):
                raise self.wrong(f"{key}.{name}", "must be a string")
            self.placeholders(value, f"{key}.{name}", lists=False)
        return dict(table)

    def phase(self, value: Any, key: str) -> PhaseTemplate:
        if not isinstance(value, dict):
            raise self.wrong(key, "must be a table with argv")
        self.only(value, _PHASE, f"{key}.")
        lists = {}
        for name in ("argv", "follow_argv", "drop_existing_argv"):
            lists[name] = self.words(value, f"{key}.{name}")
            for word in lists[name]:
                self.placeholders(word, f"{key}.{name}", lists=True)
        if not lists["argv"]:
            raise self.wrong(f"{key}.argv", "must name a program")
        timeout = value.get("timeout")
        if timeout is not None and (not isinstance(timeout, int | float) or timeout <= 0):
            raise self.wrong(f"{key}.timeout", "must be a number of seconds")
        return PhaseTemplate(
            **lists,
            background=self.flag(value, f"{key}.background"),
            timeout=timeout,
            env=self.environment(value, f"{key}.env"),
        )

    def leftovers(self, data: Mapping[str, Any]) -> Leftovers:
        table = self.table(data, "leftovers")
        self.only(table, {"source", "target"}, "leftovers.")
        sides = {}
        for side in ("source", "target"):
            kinds = self.table(table, side)
            sides[side] = {kind: self.words(kinds, f"leftovers.{side}.{kind}") for kind in kinds}
            for kind, patterns in sides[side].items():
                for pattern in patterns:
                    self.pattern(pattern, f"leftovers.{side}.{kind}")
        return Leftovers(source=sides["source"], target=sides["target"])

    def pattern(self, pattern: str, key: str) -> None:
        try:
            re.compile(pattern)
        except re.error as error:
            raise self.wrong(key, f"{pattern!r} is no regular expression: {error}") from error

    def placeholders(self, word: str, key: str, *, lists: bool) -> None:
        for name in _PLACEHOLDER.findall(word):
            if name not in PLACEHOLDERS or (name in _LISTS and not lists):
                known = [p for p in PLACEHOLDERS if lists or p not in _LISTS]
                raise self.wrong(
                    key, f"unknown placeholder {{{name}}}", f"known: {', '.join(known)}"
                )


def _values(call: Call) -> dict[str, str]:
    return {
        "source": call.source.url(),
        "target": call.target.url(),
        "source_nopass": call.source.url(password=False),
        "target_nopass": call.target.url(password=False),
        "database": call.source.database,
        "workdir": call.workdir,
        "attempt": call.attempt,
    }


def _fill(word: str, values: Mapping[str, str], filters: Filters) -> tuple[str, ...]:
    """A word with its placeholders replaced; one with an empty list is left out altogether."""
    lists = {name: ",".join(getattr(filters, name)) for name in _LISTS}
    if any(f"{{{name}}}" in word and not items for name, items in lists.items()):
        return ()
    return (_substitute(word, {**values, **lists}),)


def _substitute(word: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), word)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
