"""A script by which a person sees a case again, with psql and the tool alone."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from assay.conformance.answers import must_name
from assay.conformance.by_hand import looks
from assay.conformance.by_hand.steps import (
    Applied,
    Asked,
    Called,
    Compared,
    Place,
    Step,
    Steps,
    Waited,
)
from assay.conformance.by_hand.words import Words
from assay.conformance.ruling import failed
from assay.oracle.session.side import PINNED
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.postgres.session import identifier
from assay.replicators.base import Phase

BELOW = "# Below: how each of the words above is done."  # the first line of below.sh
MOST = 10  # findings of one phase that are looked at
_CLAIMS = (Phase.CAUGHT_UP, Phase.STATUS, Phase.STOP)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the script's head says of the case; `databases` are the further ones on the source."""

    case: str
    title: str
    replicator: str
    version: str
    pg: str
    databases: tuple[str, ...] = ()
    timeout: float = 120.0
    may_refuse: bool = False  # the case is satisfied by a tool that says no


def write(facts: Facts, steps: Steps, workdir: Path) -> str:
    """The whole script; nothing where the tool was never called."""
    if not any(isinstance(step, Called) for step in steps.done):
        return ""
    writer = _Writer(facts, Words(steps, workdir), steps.done, steps.pair.database)
    below = Path(__file__).with_name("below.sh").read_text(encoding="utf-8")
    return "\n".join([*writer.head(), "", *writer.body(), "", below])


def shown(text: str) -> str:
    """A script as a page shows it: what was done, without how each word of it is done."""
    return text.partition(BELOW)[0].rstrip()


@dataclass(slots=True)
class _Writer:
    facts: Facts
    words: Words
    steps: Sequence[Step]
    main: str
    _moments: dict[int, list[tuple[int, str]]] = field(default_factory=dict)

    def head(self) -> Iterator[str]:
        facts = self.facts
        yield "#!/bin/sh"
        yield f"# {facts.case}: {facts.title}"
        yield f"# {f'{facts.replicator} {facts.version}'.rstrip()} on PostgreSQL {facts.pg}"
        yield "# sh THIS SOURCE TARGET: URLs, without passwords, of two empty databases of one"
        yield "# name on two servers that may be thrown away, as a superuser; passwords come from"
        yield "# PGPASSFILE or PGPASSWORD. The roles and further databases that it makes stay."
        yield "# Ends with 1: the difference is seen again, 0: it is not, 2: could not tell."
        yield "# shellcheck disable=SC2016,SC2034,SC2317  # SQL's $$; words not used"

    def body(self) -> Iterator[str]:
        lines = [line for at, step in enumerate(self.steps) for line in self._step(at, step)]
        if any(isinstance(step, Compared) and step.shown for step in self.steps):
            yield "secrets=watched"
        if self.facts.may_refuse:
            yield "refusal=allowed"
        yield f"limit={self.facts.timeout:g}"
        yield "by_hand() {"
        yield from (f"{name}={value}" for name, value in self.words.spelled.items())
        for name in self.facts.databases:
            made = f"create database {identifier(name)} template template0 encoding 'UTF8'"
            yield f'psql -X -q -d "$source/postgres" -c {shlex.quote(made)} || cannot "no database"'
        settings = " ".join(f"-c {name}={_setting(value)}" for name, value in _LOOKED.items())
        yield f"pinned={shlex.quote(settings)}"
        yield from lines
        yield "}"

    def _step(self, at: int, step: Step) -> Iterator[str]:
        if isinstance(step, Applied):
            yield from self._applied(step)
        elif isinstance(step, Asked):
            yield from self._asked(step)
        elif isinstance(step, Called):
            yield from self._before(at)
            yield from self._called(at, step)
        elif isinstance(step, Waited):
            yield f"\nwait_for_stream {step.how} {step.seconds}"
        else:
            yield from self._compared(at, step)

    def _applied(self, step: Applied) -> Iterator[str]:
        options = " -1" if step.single else ""
        options += " -v ON_ERROR_STOP=1" if step.must or step.single else ""
        start = f"{_password(step.place)}psql -X -q{options} -d {self._at(step.place)} <<'SQL'"
        what = f"the case's {step.kind} statements"
        yield f"\n# {step.kind}"
        if step.meanwhile:
            yield from (f"{start} &", step.sql.strip("\n"), "SQL", "sleep 1")
        elif step.must:
            yield from (f"{start} || cannot {shlex.quote(what + ' failed')}",)
            yield from (step.sql.strip("\n"), "SQL")
        elif step.errors:
            yield from (f'{start} 2>"$work/errors"', step.sql.strip("\n"), "SQL")
            yield 'cat "$work/errors"; grep -q ERROR "$work/errors"'
            yield f"again_if $((! $?)) {shlex.quote(what + ' fail')}"
        else:
            yield from (start, step.sql.strip("\n"), "SQL")

    def _asked(self, step: Asked) -> Iterator[str]:
        start = f"{_password(step.place)}all_true {self._at(step.place)} <<'SQL'"
        yield f"\n# {step.kind}: each must be true"
        if step.kind == "premise":
            start += " || cannot 'a premise is not true'"
        yield from (start, step.sql.strip("\n"), "SQL")
        if step.kind != "premise" and not step.held:
            yield "again_if $? 'a query that must be true is not'"

    def _called(self, at: int, step: Called) -> Iterator[str]:
        words = [f"{name}={self.words.of(value)}" for name, value in step.env.items()]
        words += [self.words.of(word) for word in step.argv]
        word = "stream" if step.background else "tool"
        yield f"\n# {step.phase}"
        yield f"{word} {step.phase} {shlex.quote(self._how(at, step))} {' '.join(words)}"

    def _how(self, at: int, step: Called) -> str:
        done = step.done
        how = f"exit {done.exit}"
        if step.background:
            return "running"
        decides = not self._something_to_see
        unanswered = [one for one in self.steps if _unanswered(one)]
        if step.phase in _CLAIMS:
            return f"{how} {'decides' if decides and step in unanswered else 'claims'}"
        if step.phase == Phase.VERIFY or (decides and not unanswered):
            return f"{how} decides"
        return f"{how} failed" if failed(done) else how

    @property
    def _something_to_see(self) -> bool:
        """Whether anything but the tool's own answers tells that the case is red."""
        return any(
            (isinstance(step, Compared) and (step.between or step.moved or step.shown))
            or (isinstance(step, Waited) and step.how == "stalled")
            or (isinstance(step, Applied) and step.errors)
            or (isinstance(step, Asked) and not step.held)
            or (isinstance(step, Called) and (step.phase == Phase.VERIFY or failed(step.done)))
            for step in self.steps
        )

    def _compared(self, at: int, step: Compared) -> Iterator[str]:
        verify = next((s for s in reversed(self.steps[:at]) if isinstance(s, Called)), None)
        if step.phase == Phase.VERIFY and verify is not None and step.between:
            yield from (
                f"unnamed {shlex.quote(text)}"
                for text in must_name(step.between[0])
                if text not in verify.done.output and verify.done.exit != 0
            )
        # What the case itself planted is shown, and says nothing about the tool.
        planted = step.phase == Phase.VERIFY
        together: dict[tuple[str, ...], list[Finding]] = {}
        for finding in step.between[:MOST]:
            lines = self._difference(finding, step.identified, planted=planted)
            together.setdefault(tuple(lines), []).append(finding)
        for psql, findings in together.items():
            yield "\n" + "\n".join(map(_remark, findings))
            yield from psql
        if len(step.between) > MOST:
            yield f"\n# and {len(step.between) - MOST} more"
        for number, line in self._moments.get(at, []):
            yield f"\n{line} 2>&1 | after {number}"
        for finding in step.shown:
            yield f"shown {shlex.quote(finding.object)}"

    def _difference(
        self, finding: Finding, keys: Mapping[str, tuple[str, ...]], *, planted: bool
    ) -> Iterator[str]:
        database, within, keys = self._within(finding, keys)
        query = looks.query(within, keys, main=self.main)
        if query is None and not planted:
            about = f"{shlex.quote(finding.kind)} {shlex.quote(json.dumps(within.object))}"
            yield f'compared "$source/{database}" "$target/{database}" {about}'
        elif query is not None:
            yield f"{_look('source', database, query)} 2>&1 | source_says"
            # What a filter leaves out is on the source all the same, and extra on the target.
            extra = finding.source is None and finding.kind in _FILTERED
            word = "target_shows" if planted else "target_has_it" if extra else "target_says"
            yield f"{_look('target', database, query)} 2>&1 | {word}"

    def _before(self, at: int) -> Iterator[str]:
        """What will be looked at when the phase is over, as it is before the tool is called.

        The source is held against what it was before the first call of all.
        """
        first = next(n for n, step in enumerate(self.steps) if isinstance(step, Called))
        before = max((n for n in range(at) if isinstance(self.steps[n], Compared)), default=-1)
        if any(isinstance(step, Called) for step in self.steps[before + 1 : at]):
            return
        for then in range(at, len(self.steps)):
            step = self.steps[then]
            if not isinstance(step, Compared):
                continue
            own = not any(isinstance(s, Compared) for s in self.steps[at:then])
            for finding in step.moved[:MOST]:
                if at != first if finding.side == "source" else not own:
                    continue
                yield from self._moment(then, finding)

    def _moment(self, then: int, finding: Finding) -> Iterator[str]:
        database, within, _ = self._within(finding, {})
        query = looks.query(within, {}, main=self.main)
        yield f"\n{_remark(finding)}"
        if query is None:
            yield "# (no short query shows this)"
            return
        line = _look(finding.side or "source", database, query)
        number = 1 + sum(map(len, self._moments.values()))
        self._moments.setdefault(then, []).append((number, line))
        yield f"{line} 2>&1 | before {number}"

    def _within(
        self, finding: Finding, keys: Mapping[str, tuple[str, ...]]
    ) -> tuple[str, Finding, Mapping[str, tuple[str, ...]]]:
        """The database that a finding is about, and the finding by its name there."""
        if finding.kind == Kind.DATABASE:
            return "postgres" if finding.object != self.main else "$database", finding, keys
        for name in self.facts.databases:
            prefix = f"{name}: "
            if finding.object.startswith(prefix):
                own = {n.removeprefix(prefix): key for n, key in keys.items()}
                bare = replace(finding, object=finding.object.removeprefix(prefix))
                return _escaped(quote(name, safe="")), bare, own
        return "$database", finding, keys

    def _at(self, place: Place) -> str:
        server = f"${place.side}"
        if place.role is not None:
            server = f'$(as_role "${place.side}" {shlex.quote(quote(place.role, safe=""))})'
        database = "$database" if place.database is None else quote(place.database, safe="")
        return f'"{server}/{database}"'


def _unanswered(step: Step) -> bool:
    """Whether it is a `status` that says nothing but that it failed."""
    return isinstance(step, Called) and step.phase == Phase.STATUS and step.done.exit != 0


_FILTERED = (Kind.DATABASE, Kind.TABLE, Kind.SEQUENCE)
# What makes two servers print alike; the search path is a person's own.
_LOOKED = {name: PINNED[name] for name in
           ("TimeZone", "DateStyle", "IntervalStyle", "extra_float_digits", "bytea_output")
           }  # fmt: skip


def _setting(value: str) -> str:
    return value.replace(" ", "\\ ")


def _look(side: str, database: str, query: str) -> str:
    return f'PGOPTIONS=$pinned psql -X -P null=NULL -d "${side}/{database}" -c {shlex.quote(query)}'


def _remark(finding: Finding) -> str:
    return "\n".join(f"# {line}" for line in str(finding).splitlines())


def _password(place: Place) -> str:
    return "" if place.role is None else f"PGPASSWORD={shlex.quote(place.password)} "


def _escaped(text: str) -> str:
    return text.replace("$", "\\$")
