"""`status`: is replication active, how far behind, and if not, why not."""

from __future__ import annotations

from assay.postgres.session import fetch
from assay.replicators.reference.catalog import slot_position
from assay.replicators.reference.context import Run, exists, maintenance, name_of, session
from assay.replicators.reference.selection import select

Subscription = tuple[bool, bool, bool]  # enabled, has failed, has a worker
NEAR = 64 * 1024  # bytes of WAL that a source writes by itself
# A worker that fails is started again and again: for most of the time it is not there.
_SUBSCRIPTION = """
select s.subenabled, coalesce(t.apply_error_count + t.sync_error_count, 0) > 0,
       exists (select from pg_catalog.pg_stat_subscription w
               where w.subname = s.subname and w.pid is not null)
  from pg_catalog.pg_subscription s
  join pg_catalog.pg_database d on d.oid = s.subdbid and d.datname = current_database()
  left join pg_catalog.pg_stat_subscription_stats t on t.subid = s.oid
 where s.subname = %s
"""


def status(run: Run) -> int:
    """Tell for each database whether the target keeps up; 1 when one is not being followed."""
    active = True
    for chosen in select(run):
        with session(run.source.at(chosen.database), read_only=True) as source:
            name = name_of(source, chosen.database)
            position = slot_position(source, name)
        why = _not_active(position, _subscription(run, chosen.database, name))
        behind = 0 if position is None else position[1]
        if why:
            active = False
            run.say(f"✗ Database '{chosen.database}' is NOT ACTIVE ({why})")
        elif behind > NEAR:
            run.say(f"⚠ Database '{chosen.database}' is LAGGING ({behind} bytes behind)")
        else:
            run.say(f"✓ Database '{chosen.database}' is CAUGHT UP ({behind} bytes behind)")
    run.say("✓ Replication is active" if active else "✗ Replication is NOT ACTIVE")
    return 0 if active else 1


def _subscription(run: Run, database: str, name: str) -> Subscription | None:
    """What the target has of it; None where there is no such database or subscription."""
    with maintenance(run.target) as server:
        if not exists(server, database):
            return None
    with session(run.target.at(database), read_only=True) as target:
        rows = fetch(target, _SUBSCRIPTION, name)
    return rows[0] if rows else None


def _not_active(position: tuple[bool, int] | None, subscription: Subscription | None) -> str:
    """Why the target does not follow; "" where it does."""
    if subscription is None:
        return "not set up" if position is None else "half set up"
    if position is None:
        return "slot lost"
    enabled, failing, working = subscription
    if enabled and working and position[0]:
        return ""
    return "failing" if enabled and failing else "stopped"
