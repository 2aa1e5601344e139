"""The barrier: a marker row, written last on the source, that must be seen on the target.

The table is empty whenever a snapshot is taken, and holds the newest marker alone afterwards: a
tool that copies its tables twice meets no row of ours there, so what stops it is the case's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

from assay.clock import monotonic, pause
from assay.errors import ServerError
from assay.names import MARKER_TABLE
from assay.postgres.address import Address
from assay.postgres.session import Connection, connect, fetch, scalar

_TABLE = f"public.{MARKER_TABLE}"
_COUNTS_ERRORS = 150000
# Errors are counted for a subscription, not for a table.
_UNSYNCED = """
select pg_catalog.format('%I.%I (state %s of subscription %s%s)', n.nspname, c.relname,
       r.srsubstate, s.subname, {errors})
  from pg_catalog.pg_subscription_rel r
  join pg_catalog.pg_subscription s on s.oid = r.srsubid
  join pg_catalog.pg_class c on c.oid = r.srrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace {join}
 where r.srsubstate <> 'r'
 order by n.nspname, c.relname
"""
_COUNTED = (
    "', errors: ' || coalesce(pg_catalog.to_jsonb(e) ->> 'sync_error_count',"
    " pg_catalog.to_jsonb(e) ->> 'sync_table_error_count')",  # since 19
    "left join pg_catalog.pg_stat_subscription_stats e on e.subid = s.oid",
)
_STUCK = {
    "source slots": "select slot_name, active, wal_status, confirmed_flush_lsn from"
    " pg_replication_slots",
    "source walsenders": "select application_name, state, sent_lsn, replay_lsn from"
    " pg_stat_replication",
    "target subscriptions": "select subname, pid, received_lsn, latest_end_lsn from"
    " pg_stat_subscription",
    "target errors": "select subname, to_jsonb(s) - '{subid,subname}'::text[] from"
    " pg_stat_subscription_stats s",
    "target tables not in sync": "select srrelid::regclass, srsubstate from pg_subscription_rel"
    " where srsubstate <> 'r'",
}


@dataclass(frozen=True, slots=True)
class Barrier:
    """Whether a marker row written after everything else was seen on the target.

    `claimed`: it did not arrive, but the tool says that it is done. `server_failed`: a server or
    our own connection to it failed, so nothing can be said. `stuck` dumps what the servers know.
    `unsynced`: the marker arrived, but a subscription's first copy of these tables did not end.
    """

    crossed: bool
    seconds: float
    claimed: bool = False
    server_failed: str = ""
    stuck: str = ""
    unsynced: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Why it was not crossed, in words."""
        within = f"within {self.seconds:g} s"
        if self.server_failed:
            return self.server_failed
        if self.unsynced:
            return f"the first copy of {', '.join(self.unsynced)} did not end {within}"
        return f"no marker row crossed the stream {within}"


@dataclass(slots=True)
class Marker:
    """A declared table in each database, inside every filter."""

    source: Address
    target: Address
    _value: int = field(default=0)
    _nowhere: bool = field(default=False)  # the tool says that it is done, and has not made it
    _still: bool = field(default=False)  # one has been waited for in vain

    def create(self) -> None:
        """Make the table on the source, empty, before the first command of the tool."""
        with connect(self.source) as session:
            session.execute(
                f"create table {_TABLE} (id bigint primary key, n bigint not null)".encode()
            )

    def cross(
        self,
        *,
        timeout: float,
        patience: float,
        claims_done: Callable[[], bool],
        ended: Callable[[], bool],
    ) -> Barrier:
        """Write a new marker and wait until it is seen and every subscribed table is in sync.

        After `patience` seconds the tool is asked whether it claims to be done; a tool that does
        gets `patience` more, and is then compared anyway; where the table itself is not there, it
        gets no more, nor does a stream that has not carried an earlier one. `ended`: the stream
        itself is over.
        """
        started = monotonic()
        try:
            self._write()
            with connect(self.target, read_only=True) as session:
                arrived = _poll(lambda: self._arrived(session), 0 if self._nowhere else patience)
                claimed = False
                if not arrived:
                    claimed = claims_done()
                    self._nowhere = claimed and self._absent(session)
                    rest = patience if claimed or ended() else timeout - patience
                    rest = 0 if self._nowhere or self._still else rest
                    arrived = _poll(lambda: self._arrived(session) or ended(), rest)
                    arrived = self._arrived(session)
                    self._still = not (arrived or claimed)
                unsynced = _unsynced(session) if not arrived and self._seen(session) else ()
            stuck = "" if arrived else self.stuck()
        except (ServerError, psycopg.Error) as error:
            took = round(monotonic() - started, 3)
            return Barrier(crossed=False, seconds=took, server_failed=str(error))
        seconds = round(monotonic() - started, 3)
        return Barrier(
            crossed=arrived,
            seconds=seconds,
            claimed=claimed and not arrived,
            stuck=stuck,
            unsynced=unsynced,
        )

    def stuck(self) -> str:
        """What both servers say about the stream, for people."""
        lines = []
        for title, query in _STUCK.items():
            address = self.source if title.startswith("source") else self.target
            with connect(address, read_only=True) as session:
                if "subscription_stats" in query and session.info.server_version < _COUNTS_ERRORS:
                    continue
                rows = fetch(session, query)
            lines.append(f"{title}: {len(rows)}")
            lines += [f"  {row}" for row in rows]
        return "\n".join(lines)

    def _write(self) -> None:
        # An inserted row needs no replica identity, and a tool that loses updates is seen by the
        # cases that are about updates, not by every case.
        self._value += 1
        with connect(self.source, autocommit=False) as session:
            session.execute(f"delete from {_TABLE}".encode())
            session.execute(f"insert into {_TABLE} values (%s, %s)".encode(), (self._value,) * 2)
            session.commit()

    def _arrived(self, session: Connection) -> bool:
        return self._seen(session) and not scalar(
            session, "select count(*) from pg_subscription_rel where srsubstate <> 'r'"
        )

    def _absent(self, session: Connection) -> bool:
        return bool(scalar(session, "select to_regclass(%s) is null", _TABLE))

    def _seen(self, session: Connection) -> bool:
        if self._absent(session):
            return False
        return bool(fetch(session, f"select from {_TABLE} where id >= %s", self._value))


def _unsynced(session: Connection) -> tuple[str, ...]:
    errors, join = _COUNTED if session.info.server_version >= _COUNTS_ERRORS else ("null", "")
    return tuple(row[0] for row in fetch(session, _UNSYNCED.format(errors=errors, join=join)))


def _poll(probe: Callable[[], bool], seconds: float) -> bool:
    deadline = monotonic() + seconds
    while not (answer := probe()) and monotonic() < deadline:
        pause(0.01)
    return answer
