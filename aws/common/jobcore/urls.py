"""The rules for connection URLs (contracts: request), stricter than libpq's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

DANGEROUS = (";", "$(", "`", "||", "&&")
# What may stand in a query: nothing that names another host, a file, a program or a setting.
HARMLESS = frozenset({
    "application_name", "channel_binding", "client_encoding", "connect_timeout",
    "fallback_application_name", "gssencmode", "keepalives", "keepalives_count",
    "keepalives_idle", "keepalives_interval", "sslmode", "sslnegotiation", "target_session_attrs",
    "tcp_user_timeout",
})  # fmt: skip
_SCHEMES = ("postgresql", "postgres")
_HOST = re.compile(r"[A-Za-z0-9.-]+")
_DATABASE = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


class BadUrl(ValueError):
    """Why a URL is refused, without a word of it that could be secret."""


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A checked URL, taken apart; user and password are decoded."""

    text: str
    host: str
    port: int
    user: str
    password: str
    database: str
    query: tuple[tuple[str, str], ...]


def parse(url: str) -> DatabaseUrl:
    """Check a URL against the contract; BadUrl says what is wrong."""
    if any(pattern in url for pattern in DANGEROUS):
        raise BadUrl("URL contains potentially dangerous characters")
    if _CONTROL.search(url) or not url.isascii():
        raise BadUrl("URL contains spaces, control or non-ASCII characters; encode them as %XX")
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        raise BadUrl("scheme must be postgresql:// or postgres://")
    if "#" in rest:
        raise BadUrl("URL must not have a fragment")
    if re.search(r"%(?![0-9A-Fa-f]{2})", rest) or "%00" in rest:
        raise BadUrl("URL has a malformed %XX sequence")
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    if rest.count("@") > 1:
        raise BadUrl("URL must not contain more than one @")
    if "@" in rest and "@" not in authority:
        raise BadUrl("URL must encode @, / and ? in user and password as %40, %2F and %3F")
    parts = urlsplit(f"postgresql://{rest}")
    host, port = _host_and_port(authority.rpartition("@")[2])
    return DatabaseUrl(
        text=url,
        host=host,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=_database(parts.path),
        query=_query(parts.query),
    )


def _host_and_port(text: str) -> tuple[str, int]:
    host, separator, port = text.partition(":")
    if not host:
        raise BadUrl("URL must name a host")
    if not _HOST.fullmatch(host) or host.startswith((".", "-")) or ".." in host or len(host) > 253:
        raise BadUrl("hostname may have letters, digits, hyphens and dots only")
    if not separator:
        return host, 5432
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise BadUrl("port must be a number from 1 to 65535")
    return host, int(port)


def _database(path: str) -> str:
    name = path.removeprefix("/")
    if name and not _DATABASE.fullmatch(name):
        raise BadUrl("database name may have letters, digits, underscores and hyphens only")
    return name


def _query(text: str) -> tuple[tuple[str, str], ...]:
    pairs = tuple(parse_qsl(text, keep_blank_values=True)) if text else ()
    for name, _ in pairs:
        if name not in HARMLESS:
            raise BadUrl(f"parameter {name[:40]!r} is not allowed")
    return pairs
