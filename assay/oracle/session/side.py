"""One side of a comparison: a pinned session in one read-only snapshot, and what its server is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from psycopg import IsolationLevel, sql

from assay import clock
from assay.errors import ServerError
from assay.oracle.words.limits import Limits
from assay.oracle.words.marks import RUN
from assay.oracle.words.scope import SideName
from assay.postgres.address import Address
from assay.postgres.session import Connection, connect

PINNED = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "xmloption": "content",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "array_nulls": "on",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "search_path": "",
    "row_security": "off",
    "jit": "off",
    "enable_tidscan": "on",  # parts of a relation by their pages
    # Many small questions: launching workers for each costs more than it brings.
    "max_parallel_workers_per_gather": "0",
}
LIMITS = {"idle_in_transaction_session_timeout": "1h"}
BOOTSTRAP = "assay.bootstrap"  # a session's own setting: how the bootstrap superuser is called


@dataclass(frozen=True, slots=True)
class Side:
    """A session of ours with what decides how its catalogs are read.

    `common` is the lower major version of the two sides: what only the higher one knows is left
    out. `encoding` is the database's own; `since` is when its snapshot was taken.
    """

    name: SideName
    connection: Connection
    database: str
    version: int
    encoding: str
    superuser: bool
    bootstrap: str
    common: int
    limits: Limits
    since: float
    _answers: dict[str, list[str]] = field(default_factory=dict, compare=False)

    def each(self, query: str) -> Iterator[dict[str, Any]]:
        """Rows of a query as dictionaries, through JSON, undecodable bytes as surrogates."""
        return map(json.loads, self._texts(query))

    def rows(self, query: str) -> list[dict[str, Any]]:
        """All of them."""
        return list(self.each(query))

    def once(self, query: str) -> Iterator[dict[str, Any]]:
        """Rows of a query that several rules share, asked once for each snapshot."""
        if query not in self._answers:
            self._answers[query] = list(self._texts(query))
        return map(json.loads, self._answers[query])

    def _texts(self, query: str) -> Iterator[str]:
        cursor = self.connection.execute(
            f"select to_json(assay_row)::text from ({query}) as assay_row".encode(), prepare=False
        )
        return (as_str(value) for (value,) in cursor)

    def forget(self) -> None:
        """No rule asks again."""
        self._answers.clear()

    def common_with(self, other: Side) -> Side:
        """This side, knowing no more than the other's version does, with the source's names."""
        named = other.bootstrap if self.name == "target" else self.bootstrap
        self.connection.execute("select set_config(%s, %s, false)", (BOOTSTRAP, named))
        return replace(self, common=min(self.version, other.version))


@contextmanager
def open_side(
    address: Address,
    *,
    name: SideName,
    pinned: bool = True,
    limits: Limits | None = None,
    application: str = "assay-oracle",
) -> Iterator[Side]:
    """Connect, pin every setting, and stay in one REPEATABLE READ READ ONLY snapshot.

    `pinned` False leaves the settings to the database: only the oracle's own tests want that.
    """
    with connect(address, application=application, read_only=True) as connection:
        encoding = _first(connection, "select current_setting('server_encoding')")
        _pin(connection, {"client_encoding": _client_encoding(as_str(encoding))})
        limits = limits if limits is not None else Limits()
        _pin(connection, PINNED if pinned else {"search_path": ""})
        _limit(connection, limits)
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.autocommit = False
        yield _describe(connection, name=name, encoding=as_str(encoding), limits=limits)
        connection.rollback()


@contextmanager
def sharing(side: Side, address: Address, *, application: str = "assay-oracle") -> Iterator[Side]:
    """The same side through a further session that sees the same snapshot."""
    snapshot = as_str(_first(side.connection, "select pg_export_snapshot()"))
    with connect(address, application=application, read_only=True) as connection:
        _pin(connection, {"client_encoding": _client_encoding(side.encoding)})
        # It waits while another session reads a large relation in order.
        idle = {"idle_in_transaction_session_timeout": "1d"}
        _pin(connection, PINNED)
        _limit(connection, side.limits, idle)
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.autocommit = False
        connection.execute(f"set transaction snapshot {quoted(snapshot)}".encode())
        yield replace(side, connection=connection)
        connection.rollback()


def _client_encoding(encoding: str) -> str:
    """Bytes as they are from a database without an encoding, else UTF-8."""
    return "SQL_ASCII" if encoding == "SQL_ASCII" else "UTF8"


def _limit(connection: Connection, limits: Limits, more: Mapping[str, str] | None = None) -> None:
    """Set our time limits; what a server says of whole transactions must not end our snapshot."""
    wanted = {**LIMITS, "lock_timeout": limits.lock, "statement_timeout": limits.statement}
    wanted |= more or {}
    if connection.info.server_version >= 170000:
        wanted["transaction_timeout"] = f"{max(int(limits.snapshot * 60_000), 1)}ms"
    connection.execute(
        "select "
        + ", ".join(
            f"set_config({quoted(n)}, {quoted(value)}, false)" for n, value in wanted.items()
        )
    )


def _describe(connection: Connection, *, name: SideName, encoding: str, limits: Limits) -> Side:
    row = connection.execute(
        "select current_database(), current_setting('server_version_num')::int / 10000,"
        " (select rolsuper from pg_roles where rolname = current_user), pg_get_userbyid(10)"
    ).fetchone()
    if row is None:
        raise ServerError("The server answered nothing about itself.")
    bootstrap = as_str(row[3])
    own = {BOOTSTRAP: bootstrap, **RUN.settings()}
    connection.execute(
        "select " + ", ".join(["set_config(%s, %s, false)"] * len(own)),
        [word for pair in own.items() for word in pair],
    )
    return Side(
        name=name,
        connection=connection,
        database=as_str(row[0]),
        version=row[1],
        encoding=encoding,
        superuser=row[2],
        bootstrap=bootstrap,
        common=row[1],
        limits=limits,
        since=clock.monotonic(),
    )


def _pin(connection: Connection, settings: Mapping[str, str]) -> None:
    """Set every setting in one round trip and read them back in another."""
    names = list(settings)
    connection.execute(
        "select "
        + ", ".join(f"set_config({quoted(n)}, {quoted(settings[n])}, false)" for n in names)
    )
    row = connection.execute(
        "select " + ", ".join(f"current_setting({quoted(n)})" for n in names)
    ).fetchone()
    for setting, value in zip(names, row or (), strict=True):
        if as_str(value) != settings[setting]:
            raise ServerError(
                f"The setting {setting} did not take.",
                evidence=f"asked {settings[setting]!r}, is {as_str(value)!r}",
            )


def _first(connection: Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def quoted(value: str) -> str:
    """A string as an SQL literal."""
    return sql.quote(value)


def as_str(value: str | bytes) -> str:
    """Text as the driver gave it; a session in SQL_ASCII gives bytes."""
    return value if isinstance(value, str) else value.decode("utf-8", "surrogateescape")
