"""One proven position of a moving pair: the target has applied what the source had committed.

Provable where the target subscribes to the source by PostgreSQL's own logical replication, and for
a moment nobody wrote: the source's list of transactions was the same before and after both
snapshots were taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from assay import clock
from assay.errors import TimedOut
from assay.oracle.session.side import APPLICATION, as_str
from assay.postgres.address import Address
from assay.postgres.session import Connection, connect, fetch

# Every subscription of the database: its slot, and whether it follows with all of its tables.
_SUBSCRIBED = """
select subslotname::text, subenabled and not exists (select from pg_subscription_rel r
    where r.srsubid = s.oid and r.srsubstate <> 'r')
from pg_subscription s
where subdbid = (select oid from pg_database where datname = current_database())"""
_CONFIRMED = """
select count(*) filter (where active and confirmed_flush_lsn >= %s::pg_lsn)
from pg_replication_slots
where database = current_database() and slot_type = 'logical' and slot_name::text = any(%s)"""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the source's log, and the transactions that were running there."""

    lsn: str
    transactions: str


def reach_position(source: Address, target: Address, *, patience: float = 5.0) -> Position | None:
    """A position that the target has applied whole; None where that cannot be shown.

    `patience` is how many seconds the target has to apply what the source has committed.
    """
    with (
        connect(target, application=APPLICATION, read_only=True) as there,
        connect(source, application=APPLICATION, read_only=True) as here,
    ):
        subscribed = fetch(there, _SUBSCRIBED)
        slots = [as_str(name) for name, _ in subscribed if name is not None]
        if not slots or not all(follows for _, follows in subscribed) or _recovering(here):
            return None
        ((lsn, transactions),) = fetch(
            here, "select pg_current_wal_insert_lsn()::text, pg_current_snapshot()::text"
        )
        try:
            clock.wait_until(
                lambda: fetch(here, _CONFIRMED, as_str(lsn), slots) == [(len(slots),)],
                what="the target to apply what the source has committed",
                timeout=patience,
            )
        except TimedOut:
            return None
    return Position(as_str(lsn), as_str(transactions))


def position_holds(position: Position, source: Address) -> bool:
    """Whether no transaction has begun or ended on the source since."""
    with connect(source, application=APPLICATION, read_only=True) as here:
        ((transactions,),) = fetch(here, "select pg_current_snapshot()::text")
    return as_str(transactions) == position.transactions


def _recovering(connection: Connection) -> bool:
    return bool(fetch(connection, "select pg_is_in_recovery()")[0][0])
