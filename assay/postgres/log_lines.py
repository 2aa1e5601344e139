"""How our servers write their log, and how it is read again: prefix and reader change together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

# Background processes have neither application nor database, but they do have an SQLSTATE: %q
# would leave it out, and with it what stops a logical replication worker.
LINE_PREFIX = "%m [%p] %l %e (%b) app=%a db=%d "

_LEVEL = (
    r"DEBUG\d|INFO|NOTICE|WARNING|LOG|ERROR|FATAL|PANIC"
    r"|DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION|BACKTRACE"
)
_LINE = re.compile(
    rf"(?P<time>\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \S+) \[(?P<pid>\d+)\] \d+ "
    rf"(?P<sqlstate>[0-9A-Z]{{5}}) \((?P<process>[^)]*)\) app=(?P<application>.*) "
    rf"db=(?P<database>.*?) (?P<level>{_LEVEL}):  (?P<text>.*)$"
)
_PLACE = re.compile(r" at character \d+$")
_OURS = re.compile(r"assay(?:[/-].*)?")
_ERRORS = ("ERROR", "FATAL", "PANIC")


@dataclass(frozen=True, slots=True)
class Entry:
    """One report of a server: its message, and the lines that belong to it.

    `process` is what kind of process wrote it (``client backend``, ``walsender``, ``logical
    replication tablesync worker``); `statement` and `context` are None where it gave none.
    """

    time: str
    pid: int
    sqlstate: str
    process: str
    application: str
    database: str
    level: str
    message: str
    statement: str | None = None
    context: str | None = None

    @property
    def error(self) -> bool:
        """Whether something failed."""
        return self.level in _ERRORS

    @property
    def ours(self) -> bool:
        """Whether it comes from a session of the suite: oracle, barrier, a case's statements."""
        return _OURS.fullmatch(self.application) is not None

    @property
    def background(self) -> bool:
        """Whether it comes from a worker of logical replication, which works for nobody's client.

        A walsender counts: the session at its other end is such a worker.
        """
        return self.process.startswith("logical replication") or self.process == "walsender"


def entries(text: str) -> tuple[Entry, ...]:
    """The reports of a log written with `LINE_PREFIX`; other lines belong to nobody."""
    return tuple(_entries(text))


def _entries(text: str) -> Iterator[Entry]:
    last: Entry | None = None
    for match, body in _reports(text):
        parts, body = match.groupdict(), body.rstrip()
        if parts["level"] in ("STATEMENT", "CONTEXT"):
            if last is not None and last.pid == int(parts["pid"]):
                name = parts["level"].lower()
                last = replace(last, **{name: body})  # type: ignore[arg-type]
            continue
        if parts["level"] in ("DETAIL", "HINT", "QUERY", "LOCATION", "BACKTRACE"):
            continue
        if last is not None:
            yield last
        last = Entry(
            time=parts["time"],
            pid=int(parts["pid"]),
            sqlstate=parts["sqlstate"],
            process=parts["process"],
            application=parts["application"],
            database=parts["database"],
            level=parts["level"],
            message=_PLACE.sub("", body),
        )
    if last is not None:
        yield last


def _reports(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each line that begins with the prefix, with its text and what continues it after a tab."""
    match: re.Match[str] | None = None
    lines: list[str] = []
    for line in text.split("\n"):  # a message may hold other line ends
        if found := _LINE.match(line):
            if match is not None:
                yield match, "\n".join(lines)
            match, lines = found, [found["text"]]
        elif match is not None and line.startswith("\t"):
            lines.append(line[1:])
    if match is not None:
        yield match, "\n".join(lines)
