"""`status`: is replication active, and how far behind."""

from __future__ import annotations

from assay.replicators.reference.catalog import slot_position
from assay.replicators.reference.context import Run, name_of, session
from assay.replicators.reference.selection import select

NEAR = 64 * 1024  # bytes of WAL that a source writes by itself


def status(run: Run) -> int:
    """Tell for each database whether the target keeps up; 1 when one is not being followed."""
    active = True
    for chosen in select(run):
        with session(run.source.at(chosen.database), read_only=True) as connection:
            position = slot_position(connection, name_of(connection, chosen.database))
        if position is None or not position[0]:
            active = False
            behind = "" if position is None else f", {position[1]} bytes behind"
            run.say(f"✗ Database '{chosen.database}' is NOT ACTIVE{behind}")
        elif position[1] > NEAR:
            run.say(f"⚠ Database '{chosen.database}' is LAGGING ({position[1]} bytes behind)")
        else:
            run.say(f"✓ Database '{chosen.database}' is CAUGHT UP ({position[1]} bytes behind)")
    run.say("✓ Replication is active" if active else "✗ Replication is NOT ACTIVE")
    return 0 if active else 1
