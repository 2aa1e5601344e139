"""`cutover`: the target becomes the database; nothing of ours is left on either side.

Writers of the source must have been stopped: what they commit afterwards is not carried.
"""

from __future__ import annotations

from assay.errors import AssayError, Refused
from assay.postgres.session import Connection, fetch, identifier, scalar
from assay.replicators.reference.context import Run, session
from assay.replicators.reference.following import (
    drain,
    refuse_not_followed,
    restore_identities,
    source_state,
    target_state,
    unsubscribe,
    withdraw_source,
)
from assay.replicators.reference.selection import Selected, select

_SEQUENCES = """
select n.nspname, c.relname from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.relkind = 'S' and c.relpersistence <> 't' and n.nspname !~ '^pg_temp_'
 order by 1, 2
"""


def cutover(run: Run) -> int:
    """Drain the stream, carry the sequences, take everything of ours away."""
    names = {}
    selected = select(run)
    for chosen in selected:
        names[chosen.database] = refuse_not_followed(run, chosen.database)
        with session(run.target.at(chosen.database), read_only=True) as target:
            if target_state(target, names[chosen.database]) is None:
                raise Refused(
                    f"The target does not follow database {chosen.database}.",
                    evidence=f"it has no subscription {names[chosen.database]}",
                    remedy="start it with sync, and cut over when it has caught up",
                )
    for chosen in selected:
        _finish(run, chosen, names[chosen.database])
        run.say(f"✓ Database '{chosen.database}' is cut over")
    return 0


def _finish(run: Run, chosen: Selected, name: str) -> None:
    drain(run, chosen.database, name)
    with session(run.source.at(chosen.database), read_only=True) as source:
        state = source_state(source, name) or {}
    carry_sequences(run, chosen.database, {(row[0], row[1]) for row in state.get("excluded", [])})
    unsubscribe(run, chosen.database, name)
    with session(run.target.at(chosen.database)) as target, target.transaction():
        restore_identities(target, state)
    withdraw_source(run, chosen.database)


def carry_sequences(run: Run, database: str, kept_out: set[tuple[str, str]]) -> None:
    """Give every sequence of the target exactly the state of the source's."""
    with (
        session(run.source.at(database), read_only=True) as source,
        session(run.target.at(database)) as target,
        target.transaction(),
    ):
        for schema, name in fetch(source, _SEQUENCES):
            if (schema, name) in kept_out:
                continue
            sequence = identifier(schema, name)
            value, called = fetch(source, f"select last_value, is_called from {sequence}")[0]
            _set(target, sequence, value, called=called)


def _set(target: Connection, sequence: str, value: int, *, called: bool) -> None:
    if not scalar(target, "select to_regclass(%s) is not null", sequence):
        raise AssayError(
            f"The target has no sequence {sequence}.",
            evidence="the source has it; it was made after the snapshot",
            remedy="create it on the target and run cutover again",
        )
    target.execute("select pg_catalog.setval(%s::regclass, %s, %s)", (sequence, value, called))
