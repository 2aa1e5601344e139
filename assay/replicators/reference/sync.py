"""`sync`: the stream from exactly where the snapshot was taken."""

from __future__ import annotations

from collections.abc import Sequence

from assay.replicators.reference import guards
from assay.replicators.reference.context import Run, maintenance, session
from assay.replicators.reference.following import (
    refuse_not_followed,
    subscribe,
    target_state,
    unsubscribe,
    wait_active,
)
from assay.replicators.reference.selection import Selected, select


def sync(run: Run) -> int:
    """Start following what init kept a slot for; with --force make the subscription again."""
    selected = select(run)
    run.say(f"Found {len(selected)} database(s): {', '.join(c.database for c in selected)}")
    synchronise(run, selected)
    return 0


def synchronise(run: Run, selected: Sequence[Selected]) -> None:
    """Subscribe every database; whatever is refused is refused before the first change."""
    guards.refuse_same_database(run, selected)
    for chosen in selected:
        guards.refuse_unlogged(run, chosen)
    names = {c.database: refuse_not_followed(run, c.database) for c in selected}
    new = [database for database, name in names.items() if not _subscribed(run, database, name)]
    with maintenance(run.target) as target:
        guards.refuse_few_workers(target, len(new))
    for database, name in names.items():
        run.say(f"Publication: '{name}'")
        run.say(f"Subscription: '{name}'")
        if database in new:
            subscribe(run, database, name)
        elif run.options.force:
            subscribe(run, database, name, origin=unsubscribe(run, database, name))
        wait_active(run, database, name)
        run.say(f"✓ Replication active for database '{database}'")
    run.say("✓ Logical replication is now active!")


def _subscribed(run: Run, database: str, name: str) -> bool:
    with session(run.target.at(database)) as connection:
        return target_state(connection, name) is not None
