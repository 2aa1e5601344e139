"""Texts of strangers made fit to be shown: control characters visible, length bounded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from assay.oracle.words.finding import Finding

# Letters of other alphabets, and signs, that are drawn like those of ASCII.
_SHAPES = {
    "A": "АΑ", "B": "ВΒ", "C": "С", "E": "ЕΕ", "H": "НΗ", "I": "ІΙӀ", "J": "Ј", "K": "КΚ",
    "M": "МΜ", "N": "Ν", "O": "ОΟ", "P": "РΡ", "S": "Ѕ", "T": "ТΤ", "X": "ХΧ", "Y": "ҮΥ",
    "Z": "Ζ", "a": "а", "c": "с", "d": "ԁ", "e": "е", "h": "һ", "i": "і", "j": "ј", "o": "оο",
    "p": "рρ", "q": "ԛ", "s": "ѕ", "v": "ν", "w": "ԝ", "x": "х", "y": "у",
    "'": "‘’ʼ", '"': "“”", "-": "‐‑‒–—−",
}  # fmt: skip
_LETTERS = frozenset(
    other for drawn, others in _SHAPES.items() if drawn.isalpha() for other in others
)
_AS_ASCII = str.maketrans({other: drawn for drawn, others in _SHAPES.items() for other in others})
_WORD = re.compile(r"\w+")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def visible(text: str, *, lines: bool = False) -> str:
    """The text with everything unprintable as its escape; `lines` keeps newlines and tabs.

    A letter that is drawn like a Latin one is an escape too where it stands among Latin ones.
    """
    kept = "\n\t" if lines else ""
    if not text.isascii():
        text = _WORD.sub(_with_codes, text)
    return "".join(c if c.isprintable() or c in kept else _escape(c) for c in text)


def _with_codes(word: re.Match[str]) -> str:
    if word[0].isascii() or not any(c.isascii() and c.isalpha() for c in word[0]):
        return word[0]
    return "".join(_escape(c) if c in _LETTERS else c for c in word[0])


def quoted(text: str) -> str:
    """A visible text, in quotes where it is empty, or begins or ends with a blank."""
    return f"'{text}'" if not text or text != text.strip() else text


def look_alike(one: str, other: str) -> bool:
    """Whether two texts that differ are drawn the same way."""
    return one != other and _drawn(one) == _drawn(other)


def _drawn(text: str) -> str:
    """What is seen of a text: letters by their shape, nothing of what has no width."""
    plain = unicodedata.normalize("NFKD", text).translate(_AS_ASCII)
    return "".join(c for c in plain if unicodedata.category(c) != "Cf").strip()


def block(text: str, limit: int, *, whole: str = "the evidence") -> str:
    """A program's output for a page: no terminal colours, at most about `limit` characters.

    The end says most, so a long text keeps one third from its beginning and two from its end;
    `whole` is where all of it is.
    """
    text = _COLOUR.sub("", text).replace("\r\n", "\n").strip("\n")
    if len(text) > limit:
        head, tail = limit // 3, limit - limit // 3
        left_out = f"\n[… {len(text) - limit} characters left out; all of it: {whole} …]\n"
        text = text[:head] + left_out + text[-tail:]
    return visible(text, lines=True)


def share(lengths: Iterable[int], room: int) -> int:
    """How many characters of each text fit, where all have `room`: short ones leave theirs."""
    ordered = sorted(lengths)
    for number, length in enumerate(ordered):
        fair = room // (len(ordered) - number)
        if length > fair:
            return fair
        room -= length
    return max(ordered, default=0)


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


def where(finding: Finding) -> str:
    """What a finding is about: kind, object, key and column; the side, if it is of one alone."""
    key = f"[{finding.key}]" if finding.key else None
    side = f"on the {finding.side}" if finding.side else None
    words = (finding.kind, finding.object, key, finding.column, side)
    return " ".join(word for word in words if word)


def brief(finding: Finding) -> str:
    """A finding on one line, long values cut down to where they differ."""
    both = sides(finding.source, finding.target, context=12, limit=60)
    source, target = (
        "(absent)" if side.absent else f"'{side.before}{side.changed}{side.after}'" for side in both
    )
    names = ("source", "target") if finding.side is None else ("before", "now")
    return f"{visible(where(finding))}: {names[0]} {source}, {names[1]} {target}"


def sides(source: str | None, target: str | None, *, context: int, limit: int) -> tuple[Side, Side]:
    """Both values of a finding, with the part in which they differ apart.

    `context` characters of what is common are kept on each side, `limit` of what is not. Letters of
    two texts that look alike are shown by their codes.
    """
    if source is None or target is None:
        return _whole(source, limit), _whole(target, limit)
    coded = look_alike(source, target)
    start = 0
    while start < min(len(source), len(target)) and source[start] == target[start]:
        start += 1
    end = 0
    while end < min(len(source), len(target)) - start and source[-1 - end] == target[-1 - end]:
        end += 1
    return (
        _split(source, start=start, end=end, context=context, limit=limit, coded=coded),
        _split(target, start=start, end=end, context=context, limit=limit, coded=coded),
    )


def _whole(value: str | None, limit: int) -> Side:
    if value is None:
        return Side(absent=True)
    return Side(changed=_middle(value, limit), empty=not value)


def _split(value: str, *, start: int, end: int, context: int, limit: int, coded: bool) -> Side:
    stop = len(value) - end
    before, after = value[:start], value[stop:]
    if len(before) > context + 1:
        before = "…" + before[-context:]
    if len(after) > context + 1:
        after = after[:context] + "…"
    changed = _middle(value[start:stop], limit)
    if coded:
        changed = "".join(c if c.isascii() else _escape(c) for c in changed)
    return Side(visible(before), changed, visible(after), empty=not value)


def _middle(text: str, limit: int) -> str:
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
