"""Connections with pinned, read-back settings and time limits; the only place that connects."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import tuple_row

from assay.errors import ServerError
from assay.postgres.address import Address
from assay.redact import Secret

Connection = psycopg.Connection[tuple[Any, ...]]

LIMITS = {
    "statement_timeout": "120s",
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "180s",
}


# What an Address says by itself, or what we set.
_OWN = ("host", "port", "user", "dbname", "service", "passfile", "application_name",
        "connect_timeout", "client_encoding", "fallback_application_name",
        "replication")  # fmt: skip
# What libpq fills in where nothing was given, and programs of 14 and 15 do not know.
_FILLED_IN = {"sslcertmode": "allow"}
_UNITS = {
    "ms": ("time", 1),
    "s": ("time", 1000),
    "min": ("time", 60_000),
    "h": ("time", 3_600_000),
    "d": ("time", 86_400_000),
    "B": ("size", 1),
    "kB": ("size", 1 << 10),
    "MB": ("size", 1 << 20),
    "GB": ("size", 1 << 30),
    "TB": ("size", 1 << 40),
}
_WITH_UNIT = re.compile(rf"(-?\d+)\s*({'|'.join(_UNITS)})")


@contextmanager
def connect(
    address: Address,
    *,
    application: str = "assay",
    autocommit: bool = True,
    read_only: bool = False,
    settings: dict[str, str] | None = None,
    timeout: int = 10,
) -> Iterator[Connection]:
    """Open a session with our limits (S5) and an application name that says who we are.

    `settings` are set after connecting, over what database and role set, and read back. Raises
    ServerError when the server cannot be reached; errors of statements stay psycopg's own.
    """
    try:
        connection = psycopg.connect(
            make_conninfo("", **dict(address.options)),
            host=address.host,
            # Always given, so that PGHOSTADDR cannot send us elsewhere.
            hostaddr=dict(address.options).get("hostaddr", ""),
            port=address.port,
            user=address.user,
            password=address.password.reveal(),
            dbname=address.database,
            application_name=application,
            connect_timeout=timeout,
            autocommit=True,
            row_factory=tuple_row,
        )
    except psycopg.OperationalError as error:
        raise ServerError(
            f"Cannot connect to {address}.",
            evidence=str(error).strip(),
            remedy="check that the server runs and that user and password are right",
        ) from error
    with connection:
        limit(connection, read_only=read_only, settings=settings)
        connection.autocommit = autocommit
        yield connection


@contextmanager
def adopted(connection: Connection) -> Iterator[Connection]:
    """A session that `resolved` opened, as `connect` gives one that only reads; closed at the end.

    Raises ServerError when a setting did not take.
    """
    with connection:
        limit(connection, read_only=True)
        yield connection


@contextmanager
def resolved(
    conninfo: str, *, application: str = "assay", timeout: int = 10
) -> Iterator[tuple[Address, Connection]]:
    """Where libpq goes for a connection string: service, passfile and environment considered.

    Connects once: the session, none of its settings pinned, comes with the address. Raises
    ServerError when the server cannot be reached.
    """
    try:
        connection = psycopg.connect(
            conninfo,
            application_name=application,
            connect_timeout=timeout,
            autocommit=True,
            row_factory=tuple_row,
        )
    except psycopg.OperationalError as error:
        raise ServerError(
            "Cannot connect to a server that was named.",
            evidence=str(error).strip(),
            remedy="check that the server runs, and user and password in passfile, service or "
            "environment",
        ) from error
    with connection:
        info = connection.info
        given = {
            key: value
            for key, value in info.get_parameters().items()
            if key not in _OWN and _FILLED_IN.get(key) != value
        }
        if not _leads_to(info.host, given.pop("hostaddr", "")):
            given["hostaddr"] = info.hostaddr
        yield (
            Address(
                host=info.host,
                port=info.port,
                user=info.user,
                password=Secret(info.password),
                database=info.dbname,
                options=tuple(sorted(given.items())),
            ),
            connection,
        )


def _leads_to(host: str, number: str) -> bool:
    """Whether a name alone would lead where a session went: psycopg adds the number itself."""
    if not number or host == number:
        return True
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return any(place[0] == number for *_, place in found)


@contextmanager
def replication(address: Address, *, application: str = "assay") -> Iterator[Connection]:
    """Open a session that speaks the replication protocol of one database.

    Waits of ours for locks are limited; a snapshot that it exports lives as long as it is idle.
    """
    limits = "-c lock_timeout=100s -c statement_timeout=0 -c idle_in_transaction_session_timeout=0"
    try:
        connection = psycopg.connect(
            make_conninfo("", **dict(address.options)),
            host=address.host,
            hostaddr="",  # given, so that PGHOSTADDR cannot send us elsewhere
            port=address.port,
            user=address.user,
            password=address.password.reveal(),
            dbname=address.database,
            application_name=application,
            connect_timeout=10,
            autocommit=True,
            replication="database",
            options=limits,
            row_factory=tuple_row,
        )
    except psycopg.OperationalError as error:
        raise ServerError(
            f"Cannot open a replication connection to {address}.",
            evidence=str(error).strip(),
            remedy="let the role replicate (ALTER USER ... WITH REPLICATION) and pg_hba.conf "
            "admit it",
        ) from error
    with connection:
        yield connection


def limit(
    connection: Connection, *, read_only: bool, settings: dict[str, str] | None = None
) -> None:
    """Pin our limits and further settings of a session that was just opened."""
    wanted = {**LIMITS, **(settings or {})}
    if read_only:
        wanted["default_transaction_read_only"] = "on"
    pin(connection, wanted)


def pin(connection: Connection, settings: dict[str, str]) -> None:
    """Set all settings for the session and read them back; ServerError when one did not take.

    One round trip, however many there are: what set_config returns is read from the server.
    """
    try:
        taken = connection.execute(
            "select name, set_config(name, value, false)"
            " from unnest(%s::text[], %s::text[]) s(name, value)",
            (list(settings), list(settings.values())),
        ).fetchall()
    except psycopg.errors.UndefinedObject as error:
        raise ServerError(
            "A setting does not exist on this server.", evidence=str(error).strip()
        ) from error
    for name, value in taken:
        if not _means(settings[name], value):
            raise ServerError(
                f"The setting {name} did not take.",
                evidence=f"asked {settings[name]!r}, is {value!r}",
            )


def _means(asked: str, shown: str) -> bool:
    """Whether the server's spelling of a value is the one asked for: 120s is shown as 2min."""
    return asked == shown or (_amount(asked) is not None and _amount(asked) == _amount(shown))


def _amount(text: str) -> tuple[str, int] | None:
    """A value with a unit in its smallest unit; None for any other text."""
    match = _WITH_UNIT.fullmatch(text)
    if match is None:
        return None
    dimension, factor = _UNITS[match[2]]
    return dimension, int(match[1]) * factor


def fetch(connection: Connection, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return connection.execute(query.encode(), parameters or None).fetchall()


def scalar(connection: Connection, query: str, *parameters: object) -> Any:
    """The first column of the only row of a query."""
    rows = fetch(connection, query, *parameters)
    return rows[0][0]


def identifier(*parts: str) -> str:
    """Quote a possibly qualified name for SQL text."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(value: str) -> str:
    """Quote a string for SQL text, whatever standard_conforming_strings says."""
    return sql.quote(value)
