"""The snapshot: a slot whose exported snapshot feeds pg_dump, and pg_restore in one pass."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

import psycopg

from assay.errors import AssayError
from assay.postgres.session import identifier, replication
from assay.replicators.reference import databases, tools
from assay.replicators.reference.context import APPLICATION, Run, maintenance
from assay.replicators.reference.following import prepare_source, withdraw_source
from assay.replicators.reference.selection import Selected

_ONE_TRANSACTION = 1000  # tables; each takes locks until the end of its transaction


def copy_database(run: Run, chosen: Selected, passfile: Path) -> bool:
    """Copy one database; what a failure began is taken back. True when the database was made."""
    with ExitStack() as undo:
        name = None
        if run.options.follows:
            undo.callback(withdraw_source, run, chosen.database)
            name = prepare_source(run, chosen)
        with tempfile.TemporaryDirectory(prefix="assay-ref-") as folder:
            archive = Path(folder) / "database.dump"
            with _snapshot(run, chosen.database, name) as snapshot:
                _dump(run, chosen, archive, snapshot, passfile)
            made = databases.provide(run, chosen.database, archive)
            if made:
                undo.callback(_drop, run, chosen.database)
            _restore(run, chosen, archive, name, passfile)
            databases.align(run, chosen.database, archive)
        undo.pop_all()
    return made


@contextmanager
def _snapshot(run: Run, database: str, slot: str | None) -> Iterator[str | None]:
    """The exported snapshot of a new slot, as long as the block lasts."""
    if slot is None:
        with nullcontext():
            yield None
        return
    with replication(run.source.at(database), application=APPLICATION) as connection:
        try:
            command = f"CREATE_REPLICATION_SLOT {identifier(slot)} LOGICAL pgoutput EXPORT_SNAPSHOT"
            row = connection.execute(command.encode()).fetchone()
        except psycopg.errors.LockNotAvailable as error:
            raise AssayError(
                f"The slot for database {database} could not be created in time.",
                evidence="it waits for transactions that were open when it began",
                remedy="end long transactions on the source (pg_stat_activity), then try again",
            ) from error
        if row is None:
            raise AssayError("The source created a slot and did not say so.")
        yield str(row[2])


def _dump(run: Run, chosen: Selected, archive: Path, snapshot: str | None, passfile: Path) -> None:
    arguments = [
        "--format=custom",
        "--compress=0",
        "--no-password",
        "--lock-wait-timeout=60s",
        "--no-subscriptions",  # a copy would stream from the same slot
        f"--file={archive}",
        *tools.patterns("--exclude-table", chosen.excluded),
        *([f"--snapshot={snapshot}"] if snapshot else []),
        *(["--schema-only"] if run.options.schema_only else []),
        f"--dbname={tools.conninfo(run.source.at(chosen.database))}",
    ]
    tools.run("pg_dump", *arguments, passfile=passfile)


def _restore(run: Run, chosen: Selected, archive: Path, name: str | None, passfile: Path) -> None:
    listed = tools.run("pg_restore", "--list", str(archive)).stdout.splitlines()
    table = archive.with_suffix(".list")
    kept = [line for line in listed if name is None or name not in line.split()]
    table.write_text("\n".join(kept) + "\n", encoding="utf-8")
    one = len(chosen.tables) <= _ONE_TRANSACTION
    tools.run(
        "pg_restore",
        "--exit-on-error",
        "--no-password",
        *(["--single-transaction"] if one else []),
        f"--use-list={table}",
        f"--dbname={tools.conninfo(run.target.at(chosen.database))}",
        str(archive),
        passfile=passfile,
    )


def _drop(run: Run, database: str) -> None:
    with maintenance(run.target) as server:
        server.execute(f"drop database if exists {identifier(database)} with (force)".encode())
