"""What a server is and can do, asked of the server itself."""

from __future__ import annotations

from dataclasses import dataclass

from assay.errors import ServerError
from assay.postgres.session import Connection, fetch, scalar

_FACTS = """
select current_setting('server_version'),
       current_setting('server_version_num')::int / 10000,
       (select system_identifier from pg_control_system())::text,
       current_setting('wal_level'),
       current_setting('ssl_library') <> '',
       exists (select from pg_collation where collname like '%-x-icu'),
       (select array[coalesce(bool_or(setting like '%--with-ldap%'), false),
            coalesce(bool_or(setting like '%--with-libxml%'), false)]
          from pg_config where name = 'CONFIGURE')
"""
# Beyond these a server accepts other than what a suite needs: see design, section 4.
NEEDED = {"max_replication_slots": 10, "max_wal_senders": 10, "max_logical_replication_workers": 8}


@dataclass(frozen=True, slots=True)
class Facts:
    """Version, identity and abilities of a server."""

    version: str
    major: int
    system_identifier: str
    features: frozenset[str]


def probe(connection: Connection) -> Facts:
    """Ask a server who it is; ServerError when it cannot replicate logically at all."""
    version, major, identifier, wal_level, tls, icu, built_with = fetch(connection, _FACTS)[0]
    if wal_level != "logical":
        raise ServerError(
            "The server cannot be a source or target here.",
            evidence=f"wal_level is {wal_level}",
            remedy="set wal_level = logical and restart it",
        )
    _require_room(connection)
    extensions = {f"extension.{name}" for (name,) in fetch(connection, _EXTENSIONS)}
    known = zip(("tls", "icu", "ldap", "libxml"), (tls, icu, *built_with), strict=True)
    built = {word for word, has in known if has}
    return Facts(
        version=version.split()[0],
        major=major,
        system_identifier=identifier,
        features=frozenset(extensions | built),
    )


_EXTENSIONS = "select name from pg_available_extensions"


def _require_room(connection: Connection) -> None:
    """Too few workers hang in silence: a subscription then simply never starts."""
    for name, least in NEEDED.items():
        value = int(scalar(connection, "select current_setting(%s)", name))
        if value < least:
            raise ServerError(
                f"The server's {name} is too small.",
                evidence=f"it is {value}, the suite needs {least}",
                remedy=f"set {name} = {least} or more and restart it",
            )
