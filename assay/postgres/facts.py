"""What the guards decide on, read from a foreign server without writing to it."""

from __future__ import annotations

import socket

from assay import environment
from assay.postgres import guards
from assay.postgres.address import Address
from assay.postgres.containers import networks
from assay.postgres.grants import identity, read_lease
from assay.postgres.guards import Content, ServerFacts
from assay.postgres.session import Connection, connect, fetch, scalar

_MINE = "^assay_[0-9a-f]{8}_"


def resolve(host: str) -> list[str]:
    """Every address a host's name stands for; empty when it stands for none."""
    try:
        return sorted({str(entry[4][0]) for entry in socket.getaddrinfo(host, None)})
    except socket.gaierror:
        return []


def check_hosts(hosts: tuple[str, ...], *, allowed: tuple[str, ...], production: bool) -> None:
    """Put the environment and every host through guard S3."""
    variables = environment.variables("PG")
    guards.check_environment(variables)
    near = networks()
    for host in (*hosts, *filter(None, variables.get("PGHOST", "").split(","))):
        addresses = [] if host.startswith(("/", "@")) else resolve(host)
        guards.check_host(
            host, addresses=addresses, networks=near, allowed=allowed, production=production
        )


def read(address: Address) -> ServerFacts:
    """Read what the guards decide on, in a read-only session."""
    with connect(address.at("postgres"), application="assay/guard", read_only=True) as connection:
        superuser = scalar(connection, "select rolsuper from pg_roles where rolname = user")
        guards.check_rights(address.user, superuser=bool(superuser))
        databases = _names(connection, _DATABASES)
        relations = [
            f"{database}: {name}"
            for database in ("postgres", "template1", *databases)
            for name in _relations(address.at(database))
        ]
        return ServerFacts(
            system_identifier=identity(connection),
            in_recovery=bool(scalar(connection, "select pg_is_in_recovery()")),
            content=Content(
                databases=databases,
                relations=tuple(relations),
                roles=_names(connection, _ROLES),
                subscriptions=_names(connection, _SUBSCRIPTIONS),
                slots=_names(connection, _SLOTS),
            ),
            lease=read_lease(connection),
            settings={str(name): str(value) for name, value in fetch(connection, _SETTINGS)},
        )


_SETTINGS = "select name, setting from pg_settings where name in ({})".format(
    ", ".join(
        f"'{name}'"
        for name in sorted({one.name for side in guards.NEEDED.values() for one in side})
    )
)
_DATABASES = (
    "select datname from pg_database where datname not in ('postgres', 'template0', 'template1')"
    f" and datname !~ '{_MINE}' and datallowconn order by 1"
)
_ROLES = (
    "select rolname from pg_roles where oid <> 10 and rolname !~ '^pg_' and rolname <> user"
    f" and rolname !~ '{_MINE}' order by 1"
)
_SUBSCRIPTIONS = (
    "select subname from pg_subscription s join pg_database d on d.oid = subdbid"
    f" where datname !~ '{_MINE}' order by 1"
)
_SLOTS = (
    "select slot_name from pg_replication_slots"
    f" where database is null or database !~ '{_MINE}' order by 1"
)
_RELATIONS = (
    "select oid::regclass from pg_class where oid >= 16384 and relkind in ('r', 'p', 'm', 'f')"
    " and relnamespace <> 'pg_toast'::regnamespace and relnamespace::regnamespace::text <> 'assay'"
    " order by 1 limit 10"
)


def _names(connection: Connection, query: str) -> tuple[str, ...]:
    return tuple(str(name) for (name,) in fetch(connection, query))


def _relations(address: Address) -> tuple[str, ...]:
    with connect(address, application="assay/guard", read_only=True) as connection:
        return _names(connection, _RELATIONS)
