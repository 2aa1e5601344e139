"""The lease of a foreign server: a row inside it, the other half in the local lease file."""

from __future__ import annotations

import getpass
import json
import secrets
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assay import environment
from assay.errors import Refused
from assay.postgres.address import Address
from assay.postgres.guards import ForeignLease, Grant
from assay.postgres.lease import LIFETIME
from assay.postgres.session import Connection, connect, fetch, scalar

_SCHEMA = """
create schema if not exists assay;
create table if not exists assay.lease (
  run_id text primary key, owner text not null, host text not null,
  created_at timestamptz not null, expires_at timestamptz not null,
  nonce text not null, accepts_content boolean not null);
create table if not exists assay.made (
  kind text not null check (kind in ('database', 'role')), name text not null,
  primary key (kind, name));
"""


def grant(
    address: Address,
    *,
    understood: str,
    accept_content: bool = False,
    lifetime: timedelta = LIFETIME,
    directory: Path | None = None,
) -> ForeignLease:
    """Lease a foreign server to this user: a row in it, the other half in the local lease file.

    `understood` is the system identifier, typed by a person. The hosts must have been checked.
    """
    now = datetime.now(UTC)
    with connect(address.at("postgres"), application="assay/lease") as connection:
        found = identity(connection)
        if found != understood:
            raise Refused(
                "This is not the server you named.",
                evidence=f"its system identifier is {found}, you typed {understood}",
                remedy="look again at the URL, then type the identifier of that very server",
            )
        lease = ForeignLease(
            run_id=secrets.token_hex(4),
            owner=getpass.getuser(),
            host=socket.gethostname(),
            created_at=now,
            expires_at=now + lifetime,
            nonce=secrets.token_hex(16),
            accepts_content=accept_content,
        )
        _store(connection, lease)
    _write_grant(Grant(found, lease.nonce), directory=directory)
    return lease


def revoke(address: Address, *, directory: Path | None = None) -> None:
    """Take the lease out of a foreign server and out of the local lease file.

    What runs recorded there and did not remove is no longer known afterwards: remove it first.
    """
    with connect(address.at("postgres"), application="assay/lease") as connection:
        path = _grant_path(identity(connection), directory=directory)
        with connection.transaction():
            for table in ("made", "lease"):
                connection.execute(f"drop table if exists assay.{table}".encode())
            connection.execute("drop schema if exists assay")
    path.unlink(missing_ok=True)


def identity(connection: Connection) -> str:
    """The server's system identifier."""
    return str(scalar(connection, "select system_identifier from pg_control_system()"))


def read_grant(system_identifier: str, *, directory: Path | None = None) -> Grant | None:
    """The local half of a server's lease."""
    path = _grant_path(system_identifier, directory=directory)
    if not path.exists():
        return None
    return Grant(**json.loads(path.read_text(encoding="utf-8")))


def read_lease(connection: Connection) -> ForeignLease | None:
    """The half inside the server."""
    if scalar(connection, "select to_regclass('assay.lease')") is None:
        return None
    rows = fetch(
        connection,
        "select run_id, owner, host, created_at, expires_at, nonce, accepts_content"
        " from assay.lease order by created_at desc limit 1",
    )
    return ForeignLease(*rows[0]) if rows else None


def _store(connection: Connection, lease: ForeignLease) -> None:
    with connection.transaction():
        connection.execute(_SCHEMA)
        connection.execute("delete from assay.lease")
        connection.execute(
            "insert into assay.lease values (%s, %s, %s, %s, %s, %s, %s)",
            (
                lease.run_id,
                lease.owner,
                lease.host,
                lease.created_at,
                lease.expires_at,
                lease.nonce,
                lease.accepts_content,
            ),
        )


def _grant_path(system_identifier: str, *, directory: Path | None) -> Path:
    folder = environment.state_dir() / "grants" if directory is None else directory
    return folder / f"{system_identifier}.json"


def _write_grant(one: Grant, *, directory: Path | None) -> None:
    path = _grant_path(one.system_identifier, directory=directory)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    text = json.dumps({"system_identifier": one.system_identifier, "nonce": one.nonce})
    path.write_text(text, encoding="utf-8")
