"""Defects of the command itself: what it is asked, what it refuses, what it says, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from assay import environment
from assay.clock import wait_until
from assay.errors import AssayError, Refused
from assay.postgres.session import fetch, identifier, literal, scalar
from assay.process import die_with_parent, start
from assay.replicators.controls.place import Place, place
from assay.replicators.controls.rows import appended
from assay.replicators.reference import guards
from assay.replicators.reference.catalog import needs_full
from assay.replicators.reference.context import Run, maintenance, name_of, session
from assay.replicators.reference.options import Item, Options
from assay.replicators.reference.selection import select

Command = Callable[[Run], int]


def nothing_to_damage(run: Run, what: str) -> int:
    """A defect that finds nothing is a wrong pairing of case and control: it must be seen."""
    run.warn(f"Error: nothing to damage: {what}")
    return 1


# what it is asked


def drops_unasked(run: Run) -> Options:
    """Replace what the target holds without having been told to."""
    return replace(run.options, drop_existing=True)


def accepts_unlogged(run: Run) -> Options:
    """Follow unlogged tables, none of whose changes will come."""
    return replace(run.options, accept_unlogged=True)


def accepts_equal_rows(run: Run) -> Options:
    """Follow tables without a key in which a row has an equal one that is not the same."""
    return replace(run.options, accept_equal_rows=True)


def copies_again(run: Run) -> Options:
    """Subscribe as CREATE SUBSCRIPTION does by default: every table is copied once more."""
    return replace(run.options, copy_again=True)


def no_database_filter(run: Run) -> Options:
    """Take every database."""
    return replace(run.options, include_databases=(), exclude_databases=())


def no_table_filter(run: Run) -> Options:
    """Take every table."""
    return replace(run.options, include_tables=(), exclude_tables=())


def no_unknown_names(run: Run) -> Options:
    """Forget filter items that name nothing."""
    options = run.options
    with maintenance(run.source) as source:
        databases = {row[0] for row in fetch(source, "select datname from pg_database")}

    def there(item: Item) -> bool:
        if item.database not in databases:
            return False
        with session(run.source.at(item.database)) as connection:
            name = identifier(item.schema, item.table)
            return bool(scalar(connection, "select to_regclass(%s) is not null", name))

    return replace(
        options,
        include_databases=tuple(n for n in options.include_databases if n in databases),
        exclude_databases=tuple(n for n in options.exclude_databases if n in databases),
        include_tables=tuple(filter(there, options.include_tables)),
        exclude_tables=tuple(filter(there, options.exclude_tables)),
    )


# what it refuses


def accepts_itself(run: Run, genuine: Command) -> int:
    """Where source and target are one database, do what --drop-existing says, to the source."""
    selected = select(run)
    try:
        guards.refuse_same_database(run, selected)
    except Refused:
        for chosen in selected if run.options.drop_existing else ():
            with session(run.source.at(chosen.database)) as connection:
                for table in reversed(chosen.tables):
                    name = identifier(table.schema, table.name)
                    connection.execute(f"drop table if exists {name} cascade".encode())
        run.say("✅ Initial replication complete")
        return 0
    return nothing_to_damage(run, "source and target are different databases")


def appends(run: Run, genuine: Command) -> int:
    """Where the target is full already, load the rows once more."""
    try:
        return genuine(run)
    except Refused:
        added = 0
        for chosen in select(run):
            with place(run, chosen.database) as there:
                added += appended(there)
        if not added:
            return nothing_to_damage(run, "no table takes its rows twice")
        run.say("✅ Initial replication complete")
        return 0


# what it says


def always_equal(run: Run, genuine: Command) -> int:
    """Whatever it saw, say that all is well."""
    if genuine(replace(run, say=lambda _: None, warn=lambda _: None)) == 0:
        return nothing_to_damage(run, "verify had nothing to hide")
    run.say("✓ ALL TABLES VERIFIED SUCCESSFULLY!")
    return 0


def always_streaming(run: Run, genuine: Command) -> int:
    """Whatever it saw, say that the target keeps up."""
    with suppress(AssayError):
        if genuine(replace(run, say=lambda _: None, warn=lambda _: None)) == 0:
            return nothing_to_damage(run, "status had nothing to hide")
    run.say(f"✓ Database '{run.source.database}' is CAUGHT UP (0 bytes behind)")
    run.say("✓ Replication is active")
    return 0


def never_streaming(run: Run, genuine: Command) -> int:
    """Whatever it saw, say that nothing was set up."""
    if genuine(replace(run, say=lambda _: None, warn=lambda _: None)) != 0:
        return nothing_to_damage(run, "status had nothing good to say")
    run.say(f"✗ Database '{run.source.database}' is NOT ACTIVE (not set up)")
    run.say("✗ Replication is NOT ACTIVE")
    return 1


def hides_lag(run: Run, genuine: Command) -> int:
    """However far behind, say that the target keeps up."""
    told: list[str] = []
    code = genuine(replace(run, say=told.append))
    if not any("LAGGING" in line for line in told):
        return nothing_to_damage(run, "status had no lag to hide")
    run.say(f"✓ Database '{run.source.database}' is CAUGHT UP (0 bytes behind)")
    return code


def names_no_row(run: Run, genuine: Command) -> int:
    """Say of a table how many rows it has and that it differs, and nothing more."""

    def say(line: str) -> None:
        if "✗" not in line or "first at" in line:
            run.say(line.partition(", first at")[0])

    if genuine(replace(run, say=say)) == 0:
        return nothing_to_damage(run, "verify had nothing to name")
    return 1


def fails_on_empty(run: Run, genuine: Command) -> int:
    """Trip over a table without rows."""
    for chosen in select(run):
        with session(run.source.at(chosen.database), read_only=True) as source:
            for table in chosen.storing:
                name = identifier(table.schema, table.name)
                if not fetch(source, f"select from only {name} limit 1"):
                    raise AssayError(f"{table}: no checksum of an empty table")
    return nothing_to_damage(run, "no table is empty")


def prints_password(run: Run, genuine: Command) -> int:
    """Show the URL with the password that it came by."""
    # The scrubber of a careful program would hide it: this one writes past it.
    run.unscrubbed(f"DEBUG connecting to {run.source.url()}")
    return genuine(run)


def password_in_argv(run: Run, genuine: Command) -> int:
    """Start psql with the password in its URL, which every user can list for half a second."""
    url = run.source.url()
    running = start(
        ("psql", url, "-X", "-c", "select pg_sleep(0.5)"),
        env=environment.inherited("ASSAY_CALL"),
        before_exec=die_with_parent(),
        own_group=False,
    )
    wait_until(lambda: not running.alive(), what="psql to end", timeout=30)
    running.stop()
    return genuine(run)


# how it ends: what is left after a cut-over


def leave_publication(there: Place) -> int:
    """A publication stays on the source."""
    with session(there.run.source.at(there.database)) as source:
        name = identifier(name_of(source, there.database))
        source.execute(f"create publication {name}".encode())
    return 1


def leave_slot(there: Place) -> int:
    """A slot stays on the source, which keeps its WAL for ever."""
    with session(there.run.source.at(there.database)) as source:
        name = name_of(source, there.database)
        query = "select pg_catalog.pg_create_logical_replication_slot(%s, 'pgoutput')"
        source.execute(query, (name,))
    return 1


def leave_identities(there: Place) -> int:
    """Tables without a key stay at REPLICA IDENTITY FULL on the source."""
    with session(there.run.source.at(there.database)) as source:
        lent = needs_full(source)
        for schema, table, _ in lent:
            name = identifier(schema, table)
            source.execute(f"alter table only {name} replica identity full".encode())
    return len(lent)


def leave_subscription(there: Place) -> int:
    """A subscription stays on the target."""
    with session(there.run.source.at(there.database)) as source:
        name = identifier(name_of(source, there.database))
    return there.execute(
        f"create subscription {name} connection {literal('dbname=gone')} publication {name} "
        "with (connect = false, slot_name = none, enabled = false)"
    )
