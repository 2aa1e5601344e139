"""What a message says: the verdict, the first cause, and how to see it again; no secrets."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from assay import environment
from assay.redact import Scrubber, Secret

NAMED = 5  # causes in a message
_LINE = 400  # characters
_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD")  # what names of variables end in


@dataclass(frozen=True, slots=True)
class Told:
    """One cause in a line; `key` makes two of them the same, `again` are commands by purpose."""

    key: str
    line: str
    again: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told: `subject` is what was tested or deployed, `causes` the worst first.

    Where all is well the one cause is that it is.
    """

    subject: str
    verdict: str
    line: str
    causes: tuple[Told, ...]
    where: tuple[str, ...] = field(default=())

    @property
    def good(self) -> bool:
        """Whether nobody has to do anything."""
        return self.verdict in ("PASS", "DEPLOYED")

    def key(self, told: Told) -> str:
        """What makes a cause the same as one of another run."""
        return hashlib.sha256(f"{self.subject}\0{told.key}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Message:
    """A title, a text, and the keys of all causes that it names."""

    title: str
    body: str
    keys: tuple[str, ...]


def write(news: News, known: Collection[str], scrub: Scrubber, *, link: str = "") -> Message | None:
    """The message of all causes that are not known; None where there is none left."""
    fresh = [told for told in news.causes if news.key(told) not in known]
    if not fresh:
        return None
    first, *others = fresh[:NAMED]
    left = len(news.causes) - 1 - len(others)
    lines = [
        news.line,
        *([f"First cause: {first.line}"] if not news.good else []),
        *(f"{purpose}: {command}" for purpose, command in first.again),
        *(f"Further: {told.line}" for told in others),
        *([f"and {left} more, or told before"] if left else []),
        *news.where,
        *([link] if link else []),
    ]
    body = "\n".join(_clip(scrub.scrub(line.replace("\n", " "))) for line in lines if line)
    title = _clip(scrub.scrub(f"{news.verdict}: {news.subject}"))
    return Message(title, body, tuple(news.key(told) for told in (first, *others)))


def scrubber(more: Sequence[Secret] = ()) -> Scrubber:
    """Knows what this process was given under names of secrets, and `more`."""
    made = Scrubber()
    for name, value in environment.variables("").items():
        if name.upper().endswith(_SECRET):
            made.learn(Secret(value))
    for secret in more:
        made.learn(secret)
    return made


def _clip(text: str) -> str:
    return text if len(text) <= _LINE else f"{text[: _LINE - 1]}…"
