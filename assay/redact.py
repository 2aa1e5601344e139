"""Keeps secrets out of everything that is written: one type, one scrubber."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote

_URL_PASSWORD = re.compile(r"(postgres(?:ql)?://[^\s:/@]*:)[^\s@]*(?=@)")
_KEYWORD_PASSWORD = re.compile(r"(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s'&]+)", re.IGNORECASE)
MASK = "***"


class Secret:
    """A value that never shows itself; read it with `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def spellings(value: str) -> tuple[str, ...]:
    """The forms in which a secret turns up: raw, URL-encoded, base64, JSON- and SQL-escaped."""
    forms = (
        value,
        quote(value, safe=""),
        base64.b64encode(value.encode()).decode(),
        json.dumps(value)[1:-1],
        value.replace("'", "''"),
    )
    return tuple(dict.fromkeys(form for form in forms if form))


class Scrubber:
    """Replaces every spelling of the secrets it knows, and passwords inside URLs and conninfo."""

    def __init__(self) -> None:
        self._forms: list[str] = []

    def learn(self, secret: Secret) -> None:
        """Remember a secret for all later texts; a value below four characters is ignored."""
        if len(secret.reveal()) < 4:
            return
        known = set(self._forms)
        self._forms.extend(form for form in spellings(secret.reveal()) if form not in known)
        self._forms.sort(key=len, reverse=True)

    def shown_in(self, text: str) -> bool:
        """Whether the text shows a secret in any spelling."""
        return any(form in text for form in self._forms)

    def scrub_known(self, text: str) -> str:
        """The text without the secrets that were learnt: what only looks like one is kept."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def scrub(self, text: str) -> str:
        """The text without the secrets."""
        text = _URL_PASSWORD.sub(rf"\1{MASK}", self.scrub_known(text))
        return _KEYWORD_PASSWORD.sub(rf"\1{MASK}", text)
