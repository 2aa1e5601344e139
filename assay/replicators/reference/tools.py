"""PostgreSQL's client programs as children: in our process group, without a terminal or secrets."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from psycopg.conninfo import make_conninfo

from assay import environment
from assay.errors import AssayError, SetupError
from assay.postgres.address import Address
from assay.process import Execution, die_with_parent, start

PROGRAMS = ("pg_dump", "pg_dumpall", "pg_restore")
LIMIT = 6 * 3600.0  # a large database takes its time; the caller has a deadline of its own


def run(program: str, *arguments: str, passfile: Path | None = None) -> Execution:
    """Run a client program to its end; AssayError with its last words when it fails."""
    argv = [_path(program), *arguments]
    env = {**environment.inherited("HOME", "ASSAY_CALL"), "LC_ALL": "C.UTF-8"}
    if passfile is not None:
        env["PGPASSFILE"] = str(passfile)
    running = start(argv, env=env, before_exec=die_with_parent(), own_group=False)
    try:
        done = running.wait(until=running.started + LIMIT)
    except BaseException:  # SIGTERM, most likely
        running.stop()
        raise
    if not done.ok:
        raise AssayError(
            f"{program} failed with exit code {done.exit}.", evidence=done.stderr.strip()[-2000:]
        )
    return done


def major(program: str) -> int:
    """The major version of a client program."""
    said = run(program, "--version").stdout
    found = re.search(r"\) (\d+)", said)
    if found is None:
        raise SetupError(f"{program} does not tell its version.", evidence=said.strip())
    return int(found[1])


def conninfo(address: Address, **more: str | None) -> str:
    """Where to connect, without the password; `more` come over ours, None leaves out."""
    parameters = {
        **dict(address.options),
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "dbname": address.database,
        "connect_timeout": 10,
        "application_name": "assay_ref",
        **more,
    }
    return make_conninfo("", **parameters)


def patterns(option: str, names: Sequence[tuple[str, str]]) -> list[str]:
    """The option once per relation, as a pattern that matches exactly that one."""
    return [f"{option}={_exact(schema)}.{_exact(relation)}" for schema, relation in names]


def _exact(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _path(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise SetupError(
            f"{program} is not on PATH.",
            remedy="install PostgreSQL's client programs, of the source's major version or newer",
        )
    return found
