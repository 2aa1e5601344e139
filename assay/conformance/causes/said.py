"""What a tool itself said of its failure: the innermost message, never a wrapper or a frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LAST = 256 << 10  # characters of an output that are read, from its end
LONGEST = 2000  # of a line
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LEVELS = r"TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL|CRITICAL|SEVERE"
# What loggers put before a message: a time, a process, a level, a module, in about this order.
_LOGGED = re.compile(
    r"(?:time=\S+\s+level=\w+\s+msg=)?"
    r"(?:\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d\S*\]?\s+|\[?\d\d:\d\d:\d\d[.,]?\d*\]?\s+)"
    rf"(?:\[?\d+\]?\s+)?(?:\[?[\w-]+\]?\s+)??(?:[\[(]?(?P<level>{_LEVELS})[\])]?:?\s+)?"
    r"(?:[\w./-]+\.c:\d+\s+|[a-z_][\w]*(?:::\w+)+:\s+|[\w.]+\s+-\s+)?",
    re.IGNORECASE,
)
_SQLSTATE = re.compile(r"SQLSTATE[ :=]*\[?\(?([0-9A-Z]{5})\b|^\[\w+ \d+\] \[([0-9A-Z]{5})\]")
_SERVER = re.compile(
    r"(?:^|[\s:(])(?:ERROR|FATAL|PANIC):\s+(?P<message>\S.*?)"
    r"(?:\s+\(SQLSTATE [0-9A-Z]{5}\))?$"
)
_DRIVER = re.compile(r"(?:pq: |psycopg2?\.(?:errors\.)?\w+: |asyncpg\.[\w.]+: )(?P<message>\S.*)$")
_TOLD = re.compile(
    rf"^\s*(?:{_LEVELS}|error|fatal|panic|Error)\b|\berror:|\b(?:failed|cannot|could not|unable to"
    r"|refused|denied|not found|does not exist|invalid|timed? ?out|mismatch|unexpected|must be"
    r"|missing|unsupported|not supported|panicked)\b",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"^\s*(?:note: run with|stack backtrace|caused by:?$|error:?$|location:$|HINT:|DETAIL:|CONTEXT:"
    r"|LINE \d+:|QUERY:|\^|at character|Command was:|Traceback|goroutine \d|exit status \d"
    r"|common causes|possible (?:causes|reasons)|suggestions?:|please (?:check|verify)|to fix this"
    r"|try .*--help|for more information|usage:|see .*--help|\.\.\. \d+ more|Position: \d"
    r"|\[\w+ \d+\] (?:Context:|SQL|LINE|DETAIL|HINT|\s*\^)"
    r"|During handling of|The above exception|process exited|\d+ frames? hidden)",
    re.IGNORECASE,
)
_FRAME = re.compile(
    r"^\s*(?:File \"[^\"]+\", line \d+|at [\w$.<>/:@ \[\]]+(?:\(|$)"
    r"|\d+: +(?:0x[0-9a-f]+ - )?\w[\w<>:]*::"
    r"|/\S+\.(?:go|rs|c|py|js|rb):\d+|[\w./*()]+\(\S*(?:0x[0-9a-f]+|\.\.\.)\S*\)$|created by )"
)
_LIST = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_WRAPPER = re.compile(
    r"see above for details|errors ignored on restore|failed with exit (?:code|status)"
    r"|exited with (?:code|status|error)|returned non-zero exit|exit status:? \d+$|^db error$"
    r"|^transaction failed|^operation failed$",
    re.IGNORECASE,
)
_PANIC = re.compile(r"(?:thread '.*' (?:\(\d+\) )?)?panicked at (?:'(?P<old>.*)', )?\S+:\d+:\d+:?$")
_ITEM = re.compile(r"^\s*\d+: (?P<text>.*)$")
_TOLERATED = re.compile(r"already exists|does not exist, skipping")


@dataclass(frozen=True, slots=True)
class Said:
    """The innermost message of a tool's output, with the SQLSTATE that it may have printed.

    `line` is the tool's own last meaningful line that says more than the message does.
    `of_server` tells that the message is an error of a server, which the tool repeats.
    """

    message: str
    line: str
    sqlstate: str | None = None
    of_server: bool = False


def said(output: str) -> Said | None:
    """What the output says of a failure; None where it says nothing at all."""
    plain = _ANSI.sub("", output[-LAST:])
    lines = [line.rstrip()[:LONGEST] for line in plain.splitlines() if line.strip()]
    useful = [line for line in lines if _useful(line)]
    if not useful:
        return None
    chosen = _chain(lines) or _told(useful)
    message = _message(chosen)
    codes = _SQLSTATE.search(_bare(chosen))
    around = [u for u in useful if message not in u] or useful
    outside = next((u for u in reversed(around) if _TOLD.search(u)), around[-1])
    return Said(
        message=message,
        line=re.sub(r"^\d+: ", "", _bare(outside).strip()),
        sqlstate=(codes[1] or codes[2]) if codes else None,
        of_server=server_message(chosen) is not None,
    )


def server_message(line: str) -> str | None:
    """The server's message that a line of a tool repeats."""
    bare = _bare(line)
    if match := _SERVER.search(bare):
        inner = server_message(match["message"])
        return inner or match["message"].strip()
    match = _DRIVER.search(bare)
    return match["message"].strip() if match else None


def _chain(lines: Sequence[str]) -> str | None:
    """The innermost of a chain of errors, as the languages print them."""
    for find in (_of_exceptions, _of_causes, _of_panic):
        if (found := find(lines)) is not None:
            return found
    return None


def _of_causes(lines: Sequence[str]) -> str | None:
    """``Caused by:`` of Rust with its items below, of Java with the cause beside it."""
    at = max(
        (n for n, line in enumerate(lines) if line.lstrip().startswith("Caused by")), default=-1
    )
    if at < 0:
        return None
    beside = lines[at].strip().partition("Caused by:")[2].strip()
    if beside:
        return beside
    items: list[list[str]] = []
    depth = len(lines[at + 1]) - len(lines[at + 1].lstrip()) if at + 1 < len(lines) else 0
    for line in lines[at + 1 :]:
        indent = len(line) - len(line.lstrip())
        if indent == 0 or line.lstrip().startswith(("Stack backtrace", "Location:")):
            break
        if match := _ITEM.match(line):
            items.append([match["text"]])
        elif items:
            items[-1].append(line.strip())
        elif indent >= depth:
            items.append([line.strip()])
    kept = [_innermost_of(item) for item in items]
    firm = [text for text in kept if not _WRAPPER.search(text) and _useful(text)]
    if firm and not _WRAPPER.search(kept[-1]):
        return firm[-1]
    program = _of_programs(lines[:at])
    if program is not None:
        return program
    return next(iter((firm or kept)[-1:]), None)


def _innermost_of(item: Sequence[str]) -> str:
    """A message over several lines may end with the error that it explains."""
    embedded = [line for line in item[1:] if re.match(r"Error: \S", line)]
    return embedded[-1].removeprefix("Error: ") if embedded else item[0]


def _of_programs(lines: Sequence[str]) -> str | None:
    """What a PostgreSQL client program that the tool called has printed."""
    told = [
        line
        for line in lines
        if re.match(r"(?:psql|pg_restore|pg_dump|pg_dumpall|pg_basebackup)\b.*?:", line.lstrip())
        and re.search(r"\b(?:ERROR|FATAL|error):", line)
    ]
    firm = [line for line in told if not _TOLERATED.search(line)] or told
    if not firm:
        return None
    return firm[-1] if firm[-1].lstrip().startswith("psql") else firm[0]


def _of_exceptions(lines: Sequence[str]) -> str | None:
    """Python: the first exception of the last chain is the one that the others follow from."""
    starts = [n for n, line in enumerate(lines) if line.startswith("Traceback (most recent")]
    if not starts:
        return None
    first = starts[-1]
    for earlier in reversed(starts[:-1]):
        between = lines[earlier:first]
        if not any(re.match(r"During handling|The above exception", line) for line in between):
            break
        first = earlier
    for line in lines[first + 1 :]:
        if not line.startswith((" ", "\t", "|", "+")):
            return line
    return None


def _of_panic(lines: Sequence[str]) -> str | None:
    for number, line in enumerate(lines):
        if match := _PANIC.search(line):
            return match["old"] or (lines[number + 1].strip() if number + 1 < len(lines) else line)
        if line.startswith("panic: "):
            return line.removeprefix("panic: ")
    return None


def _told(useful: Sequence[str]) -> str:
    """Without a chain: the error of the server, of a program, of the tool, in this order."""
    if (program := _of_programs(useful)) is not None:
        return program
    quoted = [line for line in useful if server_message(line)]
    if quoted:
        return next((line for line in quoted if not _TOLERATED.search(line)), quoted[0])
    errors = [n for n, line in enumerate(useful) if _severe(line)]
    told = errors or [n for n, line in enumerate(useful) if _TOLD.search(line)]
    firm = [n for n in told if not _WRAPPER.search(useful[n])] or told
    if not firm:
        return useful[-1]
    at = firm[-1]
    # The lines below a message are its own where no logger began a new one.
    block = [useful[at]]
    for line in useful[at + 1 :]:
        if _LOGGED.match(line):
            break
        block.append(line.strip())
    return _innermost_of(block)


def _severe(line: str) -> bool:
    match = _LOGGED.match(line)
    level = (match["level"] or "") if match else ""
    return level.upper() in ("ERROR", "FATAL", "CRITICAL", "SEVERE") or bool(
        re.match(r"\s*(?:error|fatal|panic)\b\s*:?", line, re.IGNORECASE)
    )


def _useful(line: str) -> bool:
    bare = _bare(line)
    return not (
        _NOISE.match(bare)
        or _FRAME.match(line)
        or _LIST.match(bare)
        or not any(letter.isalpha() for letter in bare)
    )


def _message(line: str) -> str:
    """The line without what loggers, languages and programs put before it."""
    if (quoted := server_message(line)) is not None:
        return quoted
    bare = _bare(line).strip()
    bare = re.sub(r"^(?:Error|ERROR|error|fatal|FATAL)\b(?:\[\w+\])?:\s+(?=\S)", "", bare)
    bare = re.sub(r"^\[\w+ \d+\] (?:\[[0-9A-Z]{5}\] )?", "", bare)
    return re.sub(r"^(?:Exception in thread \"[^\"]*\" )?(?:[a-z_]\w*\.)+(?=[A-Z])", "", bare)


def _bare(line: str) -> str:
    match = _LOGGED.match(line)
    return line[match.end() :] if match else line
