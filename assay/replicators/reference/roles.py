"""Roles, passwords, memberships and settings: pg_dumpall's statements, one by one."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from assay.errors import AssayError
from assay.postgres.session import Connection, fetch, identifier, scalar
from assay.replicators.reference import script, tools
from assay.replicators.reference.context import Run, maintenance


@dataclass(slots=True)
class Roles:
    """What is done to the target's roles, and which of them it did not have before."""

    target: Connection
    existing: frozenset[str]
    untouched: frozenset[str]  # the superuser of both sides, and who we are there
    created: list[str] = field(default_factory=list)

    def apply(self, statement: str) -> None:
        """Execute one statement of the script, or what stands for it here."""
        created = script.named(statement, "CREATE ROLE")
        altered = script.named(statement, "ALTER ROLE")
        if " TABLESPACE " in statement.split("'")[0]:
            return  # refused beforehand where missing
        if (created or altered) in self.untouched:
            return
        if created in self.existing:
            # The script's ALTER ROLE comes next; it names only what differs from the defaults.
            role = identifier(created)
            self._execute(f"alter role {role} with connection limit -1 password null")
            self._execute(f"alter role {role} reset all")
            return
        self._execute(statement)
        if created:
            self.created.append(created)

    def _execute(self, statement: str) -> None:
        try:
            self.target.execute(statement.encode())
        except psycopg.Error as error:
            # The statement may hold a password verifier, and so may the error's own text.
            raise AssayError(
                "A statement about roles failed on the target.",
                evidence=f"{' '.join(statement.split()[:3])}: {error.diag.message_primary}",
            ) from None


def copy_roles(run: Run, passfile: Path) -> list[str]:
    """Carry all roles to the target; returns those that it did not have."""
    with tempfile.TemporaryDirectory(prefix="assay-ref-") as folder:
        file = Path(folder) / "globals.sql"
        tools.run(
            "pg_dumpall",
            "--globals-only",
            "--no-password",
            f"--database={run.source.database}",
            f"--file={file}",
            f"--dbname={tools.conninfo(run.source)}",
            passfile=passfile,
        )
        text = file.read_text(encoding="utf-8")
    with maintenance(run.source) as source:
        bootstrap = str(scalar(source, "select rolname from pg_catalog.pg_roles where oid = 10"))
    with maintenance(run.target, quiet=True) as target:
        existing = frozenset(row[0] for row in fetch(target, "select rolname from pg_roles"))
        untouched = {run.target.user} | ({bootstrap} & existing)
        roles = Roles(target, existing, frozenset(untouched))
        try:
            for statement in script.statements(text):
                roles.apply(statement)
        except BaseException:
            drop_roles(target, roles.created)
            raise
    return roles.created


def drop_roles(target: Connection, created: list[str]) -> list[str]:
    """Take back roles that we made; returns those that something still depends on."""
    kept = []
    for role in reversed(created):
        try:
            target.execute(f"drop role {identifier(role)}".encode())
        except psycopg.Error:
            kept.append(role)
    return kept
