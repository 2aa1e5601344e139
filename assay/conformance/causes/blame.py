"""Which line of the servers' logs is the cause of what happened to a tool."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from assay.conformance.causes.said import Said
from assay.oracle.words.finding import Finding
from assay.postgres.log_lines import Entry, entries

# A consequence of another error, or of somebody's ending a session: never a cause.
_CONSEQUENCES = frozenset({"25P02", "57P01", "57P02"})
_CLIENT_GONE = re.compile(
    r"connection to client lost|could not (?:receive data from|send data to) client"
    r"|unexpected EOF on (?:client|standby) connection|due to user request"
)
# Tools try these and go on: only a cause where the tool itself says so.
_TOLERATED = frozenset({"42P04", "42P06", "42P07", "42710", "42723", "55006", "57P03"})
_WAITED = re.compile(r"time[d -]*out|waiting|not (?:reached|ready)|no progress|gave up", re.I)
_NOT_READ = "(server log not readable"


def unread(logs: Mapping[str, str]) -> tuple[str, ...]:
    """The sides whose log is out of our reach."""
    return tuple(side for side, log in logs.items() if log.startswith(_NOT_READ))


def blamed(
    logs: Mapping[str, str],
    output: str,
    words: Said | None,
    *,
    waiting: bool = False,
    quoted_only: bool = False,
    about: Finding | None = None,
) -> Entry | None:
    """The innermost error of a server that belongs to a failure; None where there is none.

    What the tool ends with comes first. What it repeats before it ends with words of its own it
    has overcome. Otherwise it is the last error of a session of the tool or of a worker that works
    for it, of the latter first where the tool was `waiting`. With `about`, only an error that names
    that finding's object.
    """
    errors = [e for log in logs.values() for e in entries(log) if _counts(e)]
    if about is not None:
        return _last(e for e in errors if e.sqlstate not in _TOLERATED and _names(e, about))
    repeated = [e for e in errors if _first_line(e) in output]
    inner = "" if words is None else words.message
    # A tool that we had to end has gone on after what tools often go on after.
    final = [e for e in repeated if not (waiting and e.sqlstate in _TOLERATED)]
    quoted = _last(e for e in final if _first_line(e) in inner)
    if quoted is not None or quoted_only:
        return quoted
    firm = [e for e in errors if e.sqlstate not in _TOLERATED and e not in repeated]
    workers = _last(e for e in firm if e.background)
    clients = _last(e for e in firm if not e.background)
    first = waiting or _WAITED.search(inner) is not None
    entry = (workers or clients) if first else (clients or workers)
    return entry and _inside(entry, errors)


def _counts(entry: Entry) -> bool:
    return (
        entry.error
        and not entry.ours
        and entry.sqlstate not in _CONSEQUENCES
        and not _CLIENT_GONE.search(entry.message)
    )


def _first_line(entry: Entry) -> str:
    return entry.message.split("\n")[0]


def _inside(entry: Entry, errors: Sequence[Entry]) -> Entry:
    """The error of the other server that this one repeats, as deep as it goes."""
    for other in errors:
        inner = _first_line(other)
        if other is not entry and inner in entry.message and len(inner) < len(entry.message):
            return _inside(other, errors)
    return entry


def _names(entry: Entry, finding: Finding) -> bool:
    name = finding.object.rpartition(".")[2].strip('"').partition("(")[0]
    text = " ".join(filter(None, (entry.message, entry.statement, entry.context)))
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _last(found: Iterable[Entry]) -> Entry | None:
    return max(found, key=lambda e: e.time, default=None)
