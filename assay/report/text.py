"""Texts of strangers made fit to be shown: control characters visible, length bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CONTEXT = 40  # characters of common text kept around a difference


def visible(text: str, *, lines: bool = False) -> str:
    """The text with everything unprintable as its escape; `lines` keeps newlines and tabs."""
    kept = "\n\t" if lines else ""
    return "".join(c if c.isprintable() or c in kept else _escape(c) for c in text)


def block(text: str, limit: int) -> str:
    """A program's output for a page: no terminal colours, at most about `limit` characters.

    The end says most, so a long text keeps one third from its beginning and two from its end.
    """
    text = _COLOUR.sub("", text).replace("\r\n", "\n").strip("\n")
    if len(text) > limit:
        head, tail = limit // 3, limit - limit // 3
        left_out = f"\n[… {len(text) - limit} characters left out; the evidence holds them …]\n"
        text = text[:head] + left_out + text[-tail:]
    return visible(text, lines=True)


def clip(text: str, width: int) -> str:
    """One visible line of at most `width` characters."""
    text = visible(text)
    return text if len(text) <= width else text[: width - 1] + "…"


@dataclass(frozen=True, slots=True)
class Side:
    """One side's value, split where it differs; `absent` means that there is no such thing."""

    before: str = ""
    changed: str = ""
    after: str = ""
    absent: bool = False
    empty: bool = False


def sides(source: str | None, target: str | None) -> tuple[Side, Side]:
    """Both values of a finding, with the part in which they differ apart."""
    if source is None or target is None:
        return _whole(source), _whole(target)
    start = 0
    while start < min(len(source), len(target)) and source[start] == target[start]:
        start += 1
    end = 0
    while (
        end < min(len(source), len(target)) - start and source[-1 - end] == target[-1 - end]
    ):
        end += 1
    return _split(source, start, end), _split(target, start, end)


def _whole(value: str | None) -> Side:
    if value is None:
        return Side(absent=True)
    return Side(changed=_middle(value), empty=not value)


def _split(value: str, start: int, end: int) -> Side:
    stop = len(value) - end
    before, after = value[:start], value[stop:]
    if len(before) > _CONTEXT + 1:
        before = "…" + before[-_CONTEXT:]
    if len(after) > _CONTEXT + 1:
        after = after[:_CONTEXT] + "…"
    changed = _middle(value[start:stop])
    return Side(visible(before), changed, visible(after), empty=not value)


def _middle(text: str, limit: int = 400) -> str:
    if len(text) > limit:
        text = f"{text[:limit]}… ({len(text)} characters)"
    return visible(text)


def _escape(character: str) -> str:
    code = ord(character)
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    if short is not None:
        return short
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
