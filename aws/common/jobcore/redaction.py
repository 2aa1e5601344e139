"""Keeps the secrets of a job out of everything that is written."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, unquote, urlsplit

MASK = "***"
_URL = re.compile(r"(postgres(?:ql)?://)[^\s/'\"]*@([^\s?'\"]*)(\?[^\s'\"]*)?", re.IGNORECASE)
_KEYWORD = re.compile(r"(password\s*[=:]\s*)('(?:[^'\\]|\\.)*'|[^\s'&,]+)", re.IGNORECASE)
_SHORTEST = 4  # a mask for shorter ones would eat the text


def redact_url(url: str) -> str:
    """`postgresql://***@host/db`: neither user, password nor query."""
    try:
        parts = urlsplit(url)
        host = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return f"postgresql://{MASK}"
    return f"postgresql://{MASK}@{host}{parts.path}"


def passwords(*urls: str) -> tuple[str, ...]:
    """The passwords in connection URLs, as written there and decoded."""
    found = []
    for url in urls:
        authority = url.partition("://")[2].partition("/")[0].partition("?")[0]
        written = authority.rpartition("@")[0].partition(":")[2]
        query = re.findall(r"[?&](?:ssl)?password=([^&#]*)", url)
        found += [form for one in (written, *query) for form in (one, unquote(one))]
    return tuple(dict.fromkeys(one for one in found if one))


def spellings(secret: str) -> tuple[str, ...]:
    """The forms in which a secret turns up: raw, URL-encoded, base64, JSON- and SQL-escaped."""
    data = secret.encode()
    forms = (
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        quote(secret, safe="").lower(),
        base64.b64encode(data).decode(),
        base64.b64encode(data).decode().rstrip("="),
        base64.urlsafe_b64encode(data).decode(),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        secret.replace("'", "''"),
        secret.replace("\\", "\\\\").replace("'", "\\'"),
        repr(secret)[1:-1],
    )
    return tuple(dict.fromkeys(forms))


class Redactor:
    """Replaces every spelling of the secrets it was given, and what looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for one in secrets if len(one) >= _SHORTEST for form in spellings(one)}
        self._forms = sorted(known, key=len, reverse=True)

    @classmethod
    def for_urls(cls, *urls: str) -> Redactor:
        """For the passwords of some URLs, and these URLs as a whole."""
        return cls((*passwords(*urls), *urls))

    def text(self, text: str) -> str:
        """The text without secrets."""
        for form in self._forms:
            text = text.replace(form, MASK)
        text = _URL.sub(rf"\1{MASK}@\2", text)
        return _KEYWORD.sub(rf"\1{MASK}", text)
