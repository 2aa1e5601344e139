"""Copies by nothing but `pg_dump | psql`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from assay.errors import SetupError
from assay.oracle.second_opinion.statements import without_stamps
from assay.postgres.address import Address
from assay.process import execute

LIMIT = 300.0  # seconds
_ENTRY = re.compile(r"\n--\n-- (?=(?:Data for )?Name: )")
_NOISE = re.compile(r"^\\(?:un)?restrict .*$", re.MULTILINE)


def dump(address: Address, *, tools: Path) -> str:
    """The whole database as pg_dump writes it; SetupError where it fails."""
    argv = [str(tools / "pg_dump"), "--no-sync", "--no-password", f"--dbname={_words(address)}"]
    done = execute(argv, env=_environment(address), timeout=LIMIT, kept=None)
    if not done.ok:
        raise SetupError("pg_dump failed.", evidence=done.stderr[-2000:])
    return done.stdout


def restore(text: str, address: Address, *, tools: Path) -> list[str]:
    """Let psql execute a dump in an empty database; the errors of statements that failed."""
    with TemporaryDirectory(prefix="assay-schemas-") as folder:
        file = Path(folder) / "dump.sql"
        file.write_text(text, encoding="utf-8")
        argv = [str(tools / "psql"), "-X", "-q", "--no-password", f"--file={file}",
                f"--dbname={_words(address)}"]  # fmt: skip
        done = execute(argv, env=_environment(address), timeout=LIMIT, kept=None)
    if not done.ok:
        raise SetupError("psql failed.", evidence=done.stderr[-2000:])
    return [line for line in done.stderr.splitlines() if "ERROR:" in line]


def entries(text: str) -> Iterable[str]:
    """The pieces of a dump, each what it says of one object."""
    return _ENTRY.split(without_stamps(_NOISE.sub("", text)))


def _words(address: Address) -> str:
    return f"host={address.host} port={address.port} user={address.user} dbname={address.database}"


def _environment(address: Address) -> dict[str, str]:
    return {"PGPASSWORD": address.password.reveal(), "LC_ALL": "C"}
