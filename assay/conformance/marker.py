"""The barrier: a marker row, written last on the source, that must be seen on the target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

from assay.clock import monotonic, pause
from assay.conformance.evidence import Barrier
from assay.errors import ServerError
from assay.names import MARKER_TABLE
from assay.postgres.address import Address
from assay.postgres.session import connect, fetch, scalar

_TABLE = f"public.{MARKER_TABLE}"
_STUCK = {
    "source slots": "select slot_name, active, wal_status, confirmed_flush_lsn from"
    " pg_replication_slots",
    "source walsenders": "select application_name, state, sent_lsn, replay_lsn from"
    " pg_stat_replication",
    "target subscriptions": "select subname, pid, received_lsn, latest_end_lsn from"
    " pg_stat_subscription",
    "target errors": "select subname, apply_error_count, sync_error_count from"
    " pg_stat_subscription_stats",
    "target tables not in sync": "select srrelid::regclass, srsubstate from pg_subscription_rel"
    " where srsubstate <> 'r'",
}


@dataclass(slots=True)
class Marker:
    """A declared table with one row in each database, inside every filter."""

    source: Address
    target: Address
    _value: int = field(default=0)

    def create(self) -> None:
        """Make the table on the source, before the first command of the tool."""
        with connect(self.source) as session:
            session.execute(
                f"create table {_TABLE} (id int primary key, n bigint not null)".encode()
            )
            session.execute(f"insert into {_TABLE} values (1, 0)".encode())

    def cross(
        self,
        *,
        timeout: float,
        patience: float,
        claims_done: Callable[[], bool],
        ended: Callable[[], bool],
    ) -> Barrier:
        """Write a new value and wait until it is seen and every subscribed table is in sync.

        After `patience` seconds the tool is asked whether it claims to be done; a tool that does
        gets `patience` more, and is then compared anyway. `ended`: the stream itself is over.
        """
        started = monotonic()
        try:
            with connect(self.source) as session:
                self._value += 1
                session.execute(f"update {_TABLE} set n = %s".encode(), (self._value,))
            with connect(self.target, read_only=True) as session:
                arrived = _poll(lambda: self._arrived(session), patience)
                claimed = False
                if not arrived:
                    claimed = claims_done()
                    rest = patience if claimed or ended() else timeout - patience
                    arrived = _poll(lambda: self._arrived(session) or ended(), rest)
                    arrived = self._arrived(session)
            stuck = "" if arrived else self.stuck()
        except (ServerError, psycopg.Error) as error:
            took = round(monotonic() - started, 3)
            return Barrier(crossed=False, seconds=took, server_failed=str(error))
        seconds = round(monotonic() - started, 3)
        return Barrier(
            crossed=arrived, seconds=seconds, claimed=claimed and not arrived, stuck=stuck
        )

    def stuck(self) -> str:
        """What both servers say about the stream, for people."""
        lines = []
        for title, query in _STUCK.items():
            address = self.source if title.startswith("source") else self.target
            with connect(address, read_only=True) as session:
                rows = fetch(session, query)
            lines.append(f"{title}: {len(rows)}")
            lines += [f"  {row}" for row in rows]
        return "\n".join(lines)

    def _arrived(self, session: psycopg.Connection[tuple[object, ...]]) -> bool:
        if scalar(session, "select to_regclass(%s) is null", _TABLE):
            return False
        seen = fetch(session, f"select n from {_TABLE} where id = 1")
        if not seen or seen[0][0] < self._value:
            return False
        return not scalar(
            session, "select count(*) from pg_subscription_rel where srsubstate <> 'r'"
        )


def _poll(probe: Callable[[], bool], seconds: float) -> bool:
    deadline = monotonic() + seconds
    while not (answer := probe()) and monotonic() < deadline:
        pause(0.02)
    return answer
