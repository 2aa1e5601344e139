"""Reads a conformance case from its SQL file (docs/writing-a-case.md)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from assay.conformance.bodies import unqualified
from assay.conformance.phases import STEPS
from assay.errors import UsageError
from assay.names import declared_roles
from assay.oracle.words.kinds import Kind
from assay.replicators.base import Capability, Filters
from assay.replicators.registry import resolve
from assay.run.outcome import Outcome

MARKERS = ("setup", "premise", "target", "gap", "live", "plant", "holds", "after", "expect")
KEYS = (
    "phases", "requires", "caught-by", "filter", "sequences", "roles", "transaction", "timeout",
    "unqualified",
)  # fmt: skip
_MARKER = re.compile(r"--\s*@(\S+)\s*(.*)$")
_HEADER = re.compile(r"--\s*([a-z][a-z-]*):\s*(.*)$")
_CONTROL = re.compile(r"(lossy:[a-z0-9-]+|schema-only)\s+(?:finds\s+(\S+)\s+(.+)|gives\s+(\S+))$")
_REQUIRED = set(Outcome) - {Outcome.UNKNOWN, Outcome.NOT_REACHED}
_EXPECTED = re.compile(r"--\s*([A-Z_]+)(?::\s*(.+))?$")


@dataclass(frozen=True, slots=True)
class Section:
    """Statements of one session: `line` is where the first of them stands in the file.

    `planted`: what the case wants named; without it no tool has a reason to say that name.
    """

    kind: str
    sql: str
    line: int
    single: bool = False
    role: str | None = None
    password: str | None = None
    database: str | None = None
    planted: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """One outcome that fulfils the case; a refusal must contain `text`."""

    outcome: Outcome
    text: str = ""


@dataclass(frozen=True, slots=True)
class CaughtBy:
    """The control that fails the case, and the finding or the outcome by which it is seen."""

    control: str
    kind: str | None = None
    object: str | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One situation with one required outcome."""

    id: str
    category: str
    title: str
    phases: tuple[str, ...]
    requires: tuple[str, ...]
    caught_by: CaughtBy
    path: Path
    sections: tuple[Section, ...] = ()
    expected: tuple[Expected, ...] = (Expected(Outcome.FAITHFUL),)
    filters: Mapping[str, tuple[str, ...]] | None = None
    exact_sequences: bool = False
    roles: tuple[str, ...] = ()
    timeout: float = 120.0

    def of(self, kind: str) -> tuple[Section, ...]:
        """The sections of a kind, in the file's order."""
        return tuple(section for section in self.sections if section.kind == kind)

    @property
    def databases(self) -> tuple[str, ...]:
        """The further source databases that its set-up names."""
        named = (s.database for s in self.sections if s.database is not None)
        return tuple(dict.fromkeys(named))

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the tool must claim; `live` is asked for by name only (see `Case.requires`)."""
        own = {Capability(r) for r in self.requires if r in set(Capability)}
        return frozenset(own | {STEPS[p].capability for p in self.phases if p != "live"})

    @property
    def features(self) -> tuple[str, ...]:
        """What both servers must offer, without the prefix ``server.``."""
        return tuple(r.removeprefix("server.") for r in self.requires if r not in set(Capability))


def parse(path: Path) -> Case:
    """Read a case file; UsageError with file and line when it is malformed."""
    return _Reader(path, path.read_text(encoding="utf-8").splitlines()).case()


def parse_caught_by(text: str) -> CaughtBy:
    """Read ``lossy:DEFECT finds KIND OBJECT`` or ``... gives OUTCOME``.

    UsageError for any other form, and for a control, a kind or an outcome that does not exist.
    """
    match = _CONTROL.match(text)
    if not match:
        form = "-- caught-by: lossy:DEFECT finds KIND OBJECT (or: gives OUTCOME)"
        raise UsageError("no control that fails this case is named.", remedy=form)
    control, kind, thing, outcome = match.groups()
    resolve(control)
    if kind is not None and kind not in set(Kind):
        raise UsageError(f"unknown kind of finding {kind!r}.", remedy=f"use: {', '.join(Kind)}")
    if outcome is not None and outcome not in set(Outcome):
        raise UsageError(f"unknown outcome {outcome!r}.", remedy=f"use: {', '.join(Outcome)}")
    return CaughtBy(control, kind, thing, Outcome(outcome) if outcome else None)


class _Reader:
    """One pass over the lines of one file."""

    def __init__(self, path: Path, lines: list[str]) -> None:
        self.path = path
        self.lines = lines
        self.header: dict[str, tuple[str, int]] = {}

    def case(self) -> Case:
        title, first = self._read_header()
        sections = self._read_sections(first)
        phases = self._phases()
        requires = self._words("requires")
        self._check_requires(requires)
        self._check_bodies(sections)
        expected = tuple(e for s in sections if s.kind == "expect" for e in self._expected(s))
        return Case(
            id=self.path.stem,
            category=self.path.parent.name,
            title=title,
            phases=phases,
            requires=requires,
            caught_by=self._caught_by(),
            path=self.path,
            sections=tuple(s for s in sections if s.kind != "expect"),
            expected=expected or (Expected(Outcome.FAITHFUL),),
            filters=self._filters(),
            exact_sequences=self._one_of("sequences", ("exact",)) == "exact",
            roles=(*self._words("roles"), *declared_roles("\n".join(self.lines))),
            timeout=self._seconds(),
        )

    def _read_header(self) -> tuple[str, int]:
        if not self.lines or not self.lines[0].startswith("-- "):
            self._fail(1, "the first line must be the title", "-- A sentence that says what holds.")
        title = self.lines[0].removeprefix("-- ").strip()
        for number, line in enumerate(self.lines[1:], start=2):
            if not (match := _HEADER.match(line)):
                return title, number - 1
            key, value = match[1], match[2].strip()
            if key not in KEYS:
                self._fail(number, f"unknown header {key!r}", f"use one of: {', '.join(KEYS)}")
            if key in self.header:
                self._fail(number, f"{key!r} is given twice", "keep one of the two lines")
            self.header[key] = (value, number)
        return title, len(self.lines)

    def _read_sections(self, first: int) -> list[Section]:
        single = self._one_of("transaction", ("single",)) == "single"
        found = [Section("setup", "", first + 1, single=single)]
        bodies: list[list[str]] = [[]]
        for number, line in enumerate(self.lines[first:], start=first + 1):
            if match := _MARKER.match(line):
                found.append(self._marker(match[1], match[2], number))
                bodies.append([])
            else:
                bodies[-1].append(line)
        return [
            replace(s, sql=text)
            for s, body in zip(found, bodies, strict=True)
            if (text := "\n".join(body)).strip()
        ]

    def _marker(self, kind: str, rest: str, number: int) -> Section:
        if kind not in MARKERS:
            known = ", ".join(f"@{m}" for m in MARKERS)
            self._fail(number, f"unknown marker @{kind}", f"use one of: {known}")
        words = shlex.split(rest)
        options: dict[str, str] = {}
        single, planted = False, kind == "plant"
        while words:
            word = words.pop(0)
            if word == "single":
                single = True
            elif word == "planted" and kind in ("setup", "target"):
                planted = True
            elif word in ("as", "password", "database") and words:
                options[word] = words.pop(0)
            else:
                self._fail(number, f"@{kind} does not know {word!r}",
                           "use: single, as ROLE, password PW, database NAME, planted")  # fmt: skip
        return Section(kind, "", number + 1, single, options.get("as"),
                       options.get("password"), options.get("database"), planted)  # fmt: skip

    def _phases(self) -> tuple[str, ...]:
        phases = self._words("phases")
        if not phases:
            self._fail(1, "the header names no phases", "-- phases: init, live")
        for phase in phases:
            if phase not in STEPS:
                self._fail(self._line("phases"), f"unknown phase {phase!r}",
                           f"use: {', '.join(STEPS)}")  # fmt: skip
        if len(set(phases)) < len(phases):
            self._fail(
                self._line("phases"), "a phase is named twice", "-- phases: init, init-again"
            )
        return phases

    def _check_requires(self, requires: tuple[str, ...]) -> None:
        for word in requires:
            if word not in set(Capability) and not word.startswith(("server.", "extension.")):
                known = f"{', '.join(Capability)}, server.NAME, extension.NAME"
                self._fail(self._line("requires"), f"unknown capability {word!r}", f"use: {known}")

    def _check_bodies(self, sections: list[Section]) -> None:
        """Names in bodies carry their schema, but for those that the case is about."""
        meant = self._words("unqualified")
        try:
            found = unqualified(sections)
        except UsageError as error:
            self._fail(1, error.what.rstrip("."), "write routines that PostgreSQL's grammar reads")
        for one in found:
            if one.name not in meant:
                self._fail(one.line, f"{one.routine} names {one.name!r} without its schema",
                           f"write the schema, as applications do (or, where the case is about it: "
                           f"-- unqualified: {one.name})")  # fmt: skip
        for name in set(meant) - {one.name for one in found}:
            self._fail(self._line("unqualified"), f"no body names {name!r} without its schema",
                       "take the name out of the header")  # fmt: skip

    def _caught_by(self) -> CaughtBy:
        try:
            return parse_caught_by(self.header.get("caught-by", ("", 1))[0])
        except UsageError as error:
            self._fail(self._line("caught-by"), error.what.rstrip("."), error.remedy)

    def _expected(self, section: Section) -> list[Expected]:
        found = []
        for offset, line in enumerate(section.sql.splitlines()):
            if not line.strip():
                continue
            match = _EXPECTED.match(line)
            if not match or match[1] not in _REQUIRED:
                self._fail(section.line + offset, f"not an expectation: {line!r}",
                           "-- REFUSED: text the refusal must contain")  # fmt: skip
            found.append(Expected(Outcome(match[1]), match[2] or ""))
        return found

    def _filters(self) -> dict[str, tuple[str, ...]] | None:
        if "filter" not in self.header:
            return None
        known = Filters.__slots__
        found: dict[str, list[str]] = {}
        for word in shlex.split(self.header["filter"][0]):
            name, _, value = word.removeprefix("--").partition("=")
            field = name.replace("-", "_")
            if field not in known or not value:
                self._fail(self._line("filter"), f"not a filter: {word!r}",
                           "write: exclude-tables={db}.schema.table")  # fmt: skip
            found.setdefault(field, []).append(value)
        return {field: tuple(values) for field, values in found.items()}

    def _one_of(self, key: str, allowed: tuple[str, ...]) -> str | None:
        if key not in self.header:
            return None
        value = self.header[key][0]
        if value not in allowed:
            self._fail(self._line(key), f"{key} cannot be {value!r}", f"use: {', '.join(allowed)}")
        return value

    def _seconds(self) -> float:
        value, line = self.header.get("timeout", ("120", 1))
        if not value.isdigit() or not int(value):
            self._fail(line, f"timeout is not a number of seconds: {value!r}", "-- timeout: 120")
        return float(value)

    def _words(self, key: str) -> tuple[str, ...]:
        value = self.header.get(key, ("", 0))[0]
        return tuple(word for part in value.split(",") if (word := part.strip()))

    def _line(self, key: str) -> int:
        return self.header.get(key, ("", 1))[1]

    def _fail(self, line: int, what: str, remedy: str) -> NoReturn:
        raise UsageError(
            f"{self.path.name}:{line}: {what}.", evidence=str(self.path), remedy=remedy
        )
