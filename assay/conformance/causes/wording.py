"""Takes out of a message what is of one case, one run or one moment, and keeps what is a defect's.

A name goes where the case made it, and stays where it is a catalog's or the tool's own: `column
s.srsubstate does not exist` is one defect, ``relation "orders" already exists`` is another in
whatever case it shows. Where nobody knows the case's statements, the place of a name decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from assay.conformance.causes.authored import NOBODY, Authored
from assay.conformance.causes.known_words import KEYWORDS, NO_NAME, OBJECTS, TYPES
from assay.oracle.words.marks import RUN

NAME, VALUE, NUMBER = "<name>", "<value>", "<n>"
UNDEFINED_FUNCTION = "42883"
LONGEST = 2000  # characters of a message: what follows is data

_QUOTED = r'"(?:[^"]|"")*"'
_TOKEN = re.compile(
    rf"""(?P<url>\b[a-z][a-z0-9+.-]*://[^\s"'<>]+)
    |(?P<name>{_QUOTED}(?:\.{_QUOTED})*)
    |(?P<literal>(?<!\w)'(?:[^']|'')*'(?!\w))
    |(?P<backtick>`[^`]*`)
    |(?P<time>\b\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?
            (?:Z|[ ]?[+-]\d\d(?::?\d\d)?|[ ]UTC)?
        |\b\d\d:\d\d:\d\d(?:[.,]\d+)?)
    |(?P<uuid>\b[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}\b)
    |(?P<lsn>\b[0-9A-F]{{1,8}}/[0-9A-F]{{1,8}}\b)
    |(?P<host>\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}\b|::1\b|\blocalhost\b)
    |(?P<bytes>0x[0-9a-fA-F]+(?:[ ]0x[0-9a-fA-F]+)*|\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{{12,}}\b)
    |(?P<path>(?<![\w.<])(?:~|\.{{1,2}})?/(?:[\w.@+-]+/)*[\w.@+-]+)
    |(?P<run>(?<![\w-])[\w-]*assay_[0-9a-f]{{8}}\w*)
    |(?P<n>(?<![\w.-])-?\d+(?:[.,]\d+)*(?:(?:ms|[mnµu]?s|[kKMG]i?B|B)\b|(?![\w]))|(?<=_)\d+(?=_|\b))
    """,
    re.VERBOSE,
)
_KIND = (
    "foreign table|materialized view|table|view|sequence|schema|relation|index|database|role"
    "|publication|subscription|domain|enum|large object|tablespace"
)
_SAID_OF = re.compile(
    rf"\b(?P<before>(?:denied for|owner of|cannot \w+|depends on|on|of|^|\bfor)\s+(?:{_KIND})\s+)"
    r"(?P<name>[A-Za-z_][\w$]*(?:\.[\w$]+)*)(?=$|[\s,;:.)])"
)
# A name without quotes: after the word for what it is, with its schema, or nothing but a name.
_BARE = re.compile(
    rf"""(?<![\w"'`.$/])(?P<before>(?:(?:{_KIND}|column)\s+)?)"""
    r"""(?P<name>[A-Za-z_][\w$]*(?:\.[\w$]+)*)(?![\w"'`$/(]|\.\w)"""
)
_SECRET = re.compile(r"\*\*\* \([0-9a-f]+\)")
_COLUMN_OF = re.compile(
    r"(?P<before>\bcolumn )(?P<name>[A-Za-z_]\w*)(?= of (?:table|relation|view)\b)"
)
_OF_FUNCTION = re.compile(r"(?P<before>\bfunction )(?P<name>[A-Za-z_][\w.]*)(?=\()")
_ARGUMENTS = re.compile(r"(?<=[(,])\s*(?P<type>[a-z_]\w*\.[\w.]+)(?=[,)\[])")

# What stands before a name that is the server's or the tool's, never a case's.
_THEIRS = re.compile(
    r"(?:parameter|option|setting|variable|extension|language|method|library|plugin|encoding"
    r"|worker|provider|keyword|privilege|attribute|module|command|program|access file) $"
)
_VALUE = re.compile(r"(?::|=|line \d+,?|value) ?$")
_NEAR = re.compile(r"near $")
_COLUMN = re.compile(r"\bcolumn $")
_UNDEFINED = re.compile(r" does not exist")  # and not: of relation "..." does not exist
_WORD = re.compile(r"\w+(?:\.\w+)*", re.ASCII)
_OWN_QUERY = re.compile(r"\s*(?:select|with|declare|show|explain|table)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a message beside its text."""

    authored: Authored = NOBODY
    sqlstate: str | None = None
    statement: str | None = None


NOTHING_KNOWN = Situation()


def normalised(text: str, situation: Situation = NOTHING_KNOWN) -> str:
    """The message that all instances of a defect share, on one line."""
    plain = _SECRET.sub(VALUE, RUN.without_credentials(" ".join(text[:LONGEST].split())))
    plain = _BARE.sub(lambda match: _bare(match, situation.authored), plain)
    taken = _TOKEN.sub(_taken(plain, situation), plain)
    for rule in (_SAID_OF, _COLUMN_OF, _OF_FUNCTION):
        taken = rule.sub(lambda match: _unquoted(match, situation), taken)
    return _ARGUMENTS.sub(lambda match: _argument(match, situation), taken)


def readable(text: str) -> str:
    """A normalised message as a headline: without quotes, an ellipsis for what was taken out."""
    shown = re.sub(r"\"?<(?:name|value|path|url|bytes|uuid|host|time|lsn)>\"?", "…", text)
    return re.sub(r'"([^"]*)"', r"\1", shown.replace(NUMBER, "N"))


def _bare(match: re.Match[str], authored: Authored) -> str:
    """Without a name that the case made; a mere word stays one."""
    name = match["name"]
    telling = bool(match["before"]) or "." in name or re.search(r"[_\d]", name) is not None
    if telling and authored.names and name not in OBJECTS and authored.made(name):
        return match["before"] + NAME
    return match[0]


def _taken(plain: str, situation: Situation) -> Callable[[re.Match[str]], str]:
    def replacement(match: re.Match[str]) -> str:
        kind = match.lastgroup
        if kind == "name":
            around = plain[: match.start()], plain[match.end() :]
            return _quoted(match[0], *around, situation)
        if kind in ("literal", "backtick"):
            # A tool quotes names and data alike in this way: only what is surely no data stays.
            inner = match[0][1:-1]
            theirs = _THEIRS.search(plain[: match.start()])
            kept = _is_name(inner) and (theirs or _stays(inner, NOTHING_KNOWN))
            return f'"{inner}"' if kept else VALUE
        if kind == "run":
            return NAME
        return f"<{kind}>"

    return replacement


def _quoted(quoted: str, before: str, after: str, situation: Situation) -> str:
    inner = quoted.replace('"."', ".").strip('"')
    if _THEIRS.search(before):
        return f'"{inner}"'
    if _NEAR.search(before):
        plain = not inner[:1].isalpha() or inner.lower() in KEYWORDS
        return f'"{inner}"' if plain else f'"{VALUE}"'
    if _VALUE.search(before):
        return f'"{VALUE}"'
    column = _COLUMN.search(before) is not None and _UNDEFINED.match(after) is not None
    kept = _column_stays(inner, situation) if column else _stays(inner, situation)
    return f'"{inner}"' if kept else f'"{NAME}"'


def _unquoted(match: re.Match[str], situation: Situation) -> str:
    name = match["name"]
    if name.lower() in NO_NAME or name.startswith("<"):
        return match[0]
    if situation.sqlstate == UNDEFINED_FUNCTION and not situation.authored.names:
        return match[0]
    return match["before"] + (name if _stays(name, situation) else NAME)


def _argument(match: re.Match[str], situation: Situation) -> str:
    return match[0] if _stays(match["type"], situation) else match[0].replace(match["type"], NAME)


def _stays(name: str, situation: Situation) -> bool:
    """Whether a name is a catalog's, the server's, or (where the case is known) the tool's own."""
    if "assay_" in name:
        return False
    first = name.partition(".")[0]
    last = name.rpartition(".")[2]
    if name in OBJECTS or last in TYPES:
        return True
    if first in ("pg_catalog", "information_schema") or re.match(r"pg_(?!\d)", last):
        return True
    known = situation.authored
    return bool(known.names) and not known.made(name) and _is_name(name)


def _column_stays(name: str, situation: Situation) -> bool:
    """A missing column is the tool's own idea where its own query asked for it."""
    if situation.authored.names:
        return not situation.authored.made(name)
    return situation.statement is None or _OWN_QUERY.match(situation.statement) is not None


def _is_name(text: str) -> bool:
    return _WORD.fullmatch(text) is not None and not re.fullmatch(r"[\d.]+", text)
