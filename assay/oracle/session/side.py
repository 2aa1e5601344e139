"""One side of a comparison: a pinned session in one read-only snapshot, and what its server is."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import psycopg
from psycopg import IsolationLevel, sql

from assay import clock
from assay.errors import ServerError
from assay.oracle.words.both import stopped_on_interrupt
from assay.oracle.words.failed import failures_of
from assay.oracle.words.limits import Limits
from assay.oracle.words.marks import RUN
from assay.oracle.words.scope import SideName
from assay.postgres.address import Address
from assay.postgres.session import Connection, adopted, connect, pin
from assay.process import Running

T = TypeVar("T")

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
_CANCEL = 5.0  # seconds for a server to hear that nobody waits any more
_SOME = 500  # rows of a catalog that are fetched at once
_SAVED = "assay_saved"  # where a transaction goes back to after an error
APPLICATION = "assay-oracle"  # how a server's log and its views know our sessions
BOOTSTRAP = "assay.bootstrap"  # a session's own setting: how the bootstrap superuser is called


@dataclass(slots=True)
class Shared:
    """What two sides made of rows, by question and text: until the second one has asked it too."""

    _known: dict[Hashable, dict[str, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, *question: Hashable) -> dict[str, Any]:
        """What the other side made of its rows so far; the first one's to fill."""
        with self._lock:
            known = self._known.pop(question, None)
            return self._known.setdefault(question, {}) if known is None else known


@dataclass(frozen=True, slots=True)
class Side:
    """A session of ours with what decides how its catalogs are read.

    `common` is the lower major version of the two sides: what only the higher one knows is left
    out. `privileged` says that both sides' roles may read what only superusers may. `encoding` is
    the database's own; `since` is when its snapshot was taken. `extensions` are versions by name,
    `alike` the names of those that have one version on both sides. `lens` changes every question
    of a rule: whom it asks about; `less` leaves out of it what cannot be read. `started` are
    programs by their arguments whose answer will be needed; they end with the snapshot.
    """

    name: SideName
    connection: Connection
    database: str
    version: int
    encoding: str
    superuser: bool
    privileged: bool
    bootstrap: str
    common: int
    limits: Limits
    since: float
    extensions: Mapping[str, str] = field(default_factory=dict)
    alike: tuple[str, ...] = ()
    lens: Callable[[str], str] | None = None
    started: dict[tuple[str, ...], Running] = field(default_factory=dict, compare=False)
    less: Callable[[str], str] | None = None
    _shared: Shared | None = field(default=None, compare=False)
    _answers: dict[str, list[Any]] = field(default_factory=dict, compare=False)
    _exported: list[str] = field(default_factory=list, compare=False)

    @property
    def role(self) -> str:
        """Whom it is connected as."""
        return self.connection.info.user

    def each(self, query: str) -> Iterator[dict[str, Any]]:
        """Rows of a query as dictionaries, through JSON, undecodable bytes as surrogates."""
        return map(json.loads, self._texts(self._asked(query)))

    def rows(self, query: str) -> list[dict[str, Any]]:
        """All of them."""
        return list(self.each(query))

    def parsed(self, query: str, parse: Callable[[dict[str, Any]], T]) -> list[T]:
        """What `parse` makes of each row; both sides have one value for rows of one text.

        Most rows of two catalogs are the same: so they are parsed and kept once, and whoever
        compares sees it by identity. Nobody may change such a value.
        """
        asked = self._asked(query)
        known = self._shared.of(asked, parse) if self._shared is not None else {}
        values = []
        for text in self._texts(asked):
            value = known.get(text)
            if value is None:
                value = known.setdefault(text, parse(json.loads(text)))
            values.append(value)
        return values

    def once(self, query: str, parse: Callable[[dict[str, Any]], T]) -> list[T]:
        """The same of a query that several rules share, asked once for each snapshot."""
        asked = self._asked(query)
        if asked not in self._answers:
            self._answers[asked] = self.parsed(query, parse)
        return self._answers[asked]

    def _asked(self, query: str) -> str:
        asked = query if self.less is None else self.less(query)
        return asked if self.lens is None else self.lens(asked)

    def _texts(self, query: str) -> Iterator[str]:
        """Read as they come: of ten thousand tables they are many.

        Written by the output function of json: somebody's cast of it to text may say anything.
        """
        asked = f"select concat(to_json(assay_row)) from ({query}) as assay_row".encode()
        some = _SOME if psycopg.capabilities.has_stream_chunked() else 1
        with failures_of(self.name), self.connection.cursor() as cursor:
            for (value,) in cursor.stream(asked, size=some):
                yield as_str(value)

    def ask(
        self, query: str, *parameters: Any, prepare: bool | None = None
    ) -> list[tuple[Any, ...]]:
        """All rows of a query, as the driver gives them; ReadFailed names the side."""
        with failures_of(self.name):
            given = parameters or None
            return self.connection.execute(query.encode(), given, prepare=prepare).fetchall()

    def recovered(self) -> bool:
        """Whether the snapshot outlived an error: the transaction goes back to where it was saved.

        Locks that it has taken since are released.
        """
        try:
            self.connection.execute(f"rollback to savepoint {_SAVED}".encode())
        except psycopg.Error:
            return False
        return True

    def forget(self) -> None:
        """No rule asks again."""
        self._answers.clear()

    def snapshot(self) -> str:
        """The name by which other sessions take this side's snapshot, exported once."""
        if not self._exported:
            (row,) = self.connection.execute("select pg_export_snapshot()").fetchall()
            self._exported.append(as_str(row[0]))
        return self._exported[0]

    def common_with(self, other: Side, shared: Shared) -> Side:
        """This side, knowing and reading no more than the other does, with the source's names.

        Both sides get one `shared`. From here on the transaction outlives errors: it is saved,
        behind the export of its snapshot, which a subtransaction may not do.
        """
        named = other.bootstrap if self.name == "target" else self.bootstrap
        row = self.connection.execute(
            f"select pg_export_snapshot(), set_config({quoted(BOOTSTRAP)}, {quoted(named)}, false);"
            f" savepoint {_SAVED}".encode()
        ).fetchone()
        self._exported[:] = [as_str(row[0])] if row else []
        alike = [name for name, it in self.extensions.items() if other.extensions.get(name) == it]
        return replace(
            self,
            common=min(self.version, other.version),
            privileged=self.superuser and other.superuser,
            alike=tuple(sorted(alike)),
            _shared=shared,
        )


@contextmanager
def open_side(
    address: Address,
    *,
    name: SideName,
    pinned: bool = True,
    limits: Limits | None = None,
    opened: Connection | None = None,
) -> Iterator[Side]:
    """Connect, pin every setting, and stay in one REPEATABLE READ READ ONLY snapshot.

    `pinned` False leaves the settings to the database: only the oracle's own tests want that. A
    session that is `opened` is taken, and closed at the end.
    """
    with (
        connect(address, application=APPLICATION, read_only=True)
        if opened is None
        else adopted(opened)
    ) as connection:
        encoding = connection.info.parameter_status("server_encoding") or ""
        limits = limits if limits is not None else Limits()
        _pin(connection, encoding, PINNED if pinned else {"search_path": ""})
        _limit(connection, limits)
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.autocommit = False
        side = _describe(connection, name=name, encoding=encoding, limits=limits)
        try:
            with stopped_on_interrupt(lambda: _end_question(connection)):
                yield side
        finally:
            for running in side.started.values():
                running.stop(grace=1)
        connection.rollback()


def _end_question(connection: Connection) -> None:
    with suppress(psycopg.Error):  # whoever waits for the answer hears why there is none
        connection.cancel_safe(timeout=_CANCEL)


@contextmanager
def sharing(side: Side, address: Address) -> Iterator[Side]:
    """The same side through a further session that sees the same snapshot."""
    snapshot = side.snapshot()
    with connect(address, application=APPLICATION, read_only=True) as connection:
        # It waits while another session reads a large relation in order.
        idle = {"idle_in_transaction_session_timeout": "1d"}
        _pin(connection, side.encoding, PINNED)
        _limit(connection, side.limits, idle)
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.autocommit = False
        connection.execute(
            f"set transaction snapshot {quoted(snapshot)}; savepoint {_SAVED}".encode()
        )
        yield replace(side, connection=connection)
        connection.rollback()


def _pin(connection: Connection, encoding: str, settings: Mapping[str, str]) -> None:
    """Settings that took; bytes as they are from a database without an encoding, else UTF-8."""
    plain = "SQL_ASCII" if encoding == "SQL_ASCII" else "UTF8"
    pin(connection, {"client_encoding": plain, **settings})


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
        " (select rolsuper from pg_roles where rolname = current_user), pg_get_userbyid(10),"
        " (select concat(json_object_agg(extname, extversion)) from pg_extension)"
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
        privileged=row[2],
        bootstrap=bootstrap,
        common=row[1],
        limits=limits,
        since=clock.monotonic(),
        extensions=json.loads(as_str(row[4] or "{}")),
    )


def quoted(value: str) -> str:
    """A string as an SQL literal."""
    return sql.quote(value)


def as_str(value: str | bytes) -> str:
    """Text as the driver gave it; a session in SQL_ASCII gives bytes."""
    return value if isinstance(value, str) else value.decode("utf-8", "surrogateescape")
