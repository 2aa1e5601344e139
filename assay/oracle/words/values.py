"""How values look in findings: NULL and the text NULL apart, long ones around what differs."""

from __future__ import annotations

import hashlib
import re

LONG = 400  # bytes of a value shown whole
_BEFORE, _AFTER = 40, 160
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
NULL = b"\\N"


def unescape(field: bytes) -> bytes:
    """A field of COPY's text format as the value's own bytes."""
    if b"\\" not in field:
        return field
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), field)


def value(field: bytes | None) -> str:
    """A COPY field as findings show it: NULL, or the text, the text NULL in quotes."""
    if field is None:
        return "NULL"
    text = shorten(field)
    return f"'{text}'" if text == "NULL" else text


def pair_of_values(source: bytes | None, target: bytes | None) -> tuple[str, str]:
    """Both values, long ones shortened to the surroundings of their first difference."""
    if source is None or target is None or max(len(source), len(target)) <= LONG:
        return value(source), value(target)
    at = first_difference(source, target)
    return shorten(source, around=at), shorten(target, around=at)


def first_difference(one: bytes, other: bytes) -> int:
    """The offset of the first byte that differs, or the shorter one's length."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def shorten(field: bytes, *, around: int = 0) -> str:
    """The whole text, or a window with the offset, the length and a digest of all of it."""
    if len(field) <= LONG:
        return decoded(field)
    start = max(0, around - _BEFORE)
    digest = hashlib.sha256(field).hexdigest()[:12]
    window = decoded(field[start : around + _AFTER])
    return f"…[{start}] {window}… ({len(field)} bytes, sha256 {digest})"


def decoded(field: bytes) -> str:
    """Bytes as text; what is not UTF-8 as escapes."""
    return field.decode("utf-8", "backslashreplace")


def printable(text: str) -> str:
    """Text without lone surrogates, which stand for bytes that are not UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
