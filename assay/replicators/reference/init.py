"""`init`: roles, databases, schema and rows as of one moment; then `sync`, unless told not to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from assay.replicators.reference import databases, guards
from assay.replicators.reference.context import Run, maintenance
from assay.replicators.reference.following import withdraw_source
from assay.replicators.reference.passwords import passfile
from assay.replicators.reference.roles import copy_roles, drop_roles
from assay.replicators.reference.selection import Selected, select
from assay.replicators.reference.snapshot import copy_database
from assay.replicators.reference.sync import synchronise


def init(run: Run) -> int:
    """Copy what is selected to the target; nothing is changed where anything is refused."""
    selected = select(run)
    check(run, selected)
    run.say(f"Found {len(selected)} database(s) to replicate")
    if run.options.drop_existing:
        for chosen in selected:
            databases.drop_database(run, chosen.database)
            withdraw_source(run, chosen.database)
    with passfile(run.source, run.target) as lines, ExitStack() as undo:
        created = copy_roles(run, lines)
        run.say(f"✓ Roles: {len(created)} created")
        undo.callback(_withdraw_roles, run, created)
        for chosen in selected:
            made = copy_database(run, chosen, lines)
            if run.options.follows:
                undo.callback(withdraw_source, run, chosen.database)
            if made:
                undo.callback(databases.drop_database, run, chosen.database)
            run.say(f"✓ Database '{chosen.database}' replicated successfully")
        if not run.options.no_sync:
            synchronise(run, selected)
        undo.pop_all()
    run.say("✅ Initial replication complete")
    if run.options.no_sync:
        run.say("ℹ Continuous replication was not set up (--no-sync flag)")
    return 0


def check(run: Run, selected: Sequence[Selected]) -> None:
    """Everything that is refused, before the first change."""
    guards.refuse_same_database(run, selected)
    if not run.options.drop_existing:
        guards.refuse_used_target(run, selected)
    guards.refuse_missing_tools(run)
    guards.refuse_missing_tablespaces(run)
    if run.options.follows:
        if not run.options.drop_existing:
            guards.refuse_followed(run, selected)
        guards.refuse_unfollowable(run, selected)
        with maintenance(run.target) as target:
            guards.refuse_few_workers(target, len(selected))


def _withdraw_roles(run: Run, created: list[str]) -> None:
    with maintenance(run.target) as target:
        if kept := drop_roles(target, created):
            run.warn(f"roles left on the target, something depends on them: {', '.join(kept)}")
