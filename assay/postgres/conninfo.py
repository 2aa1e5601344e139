"""Reading a server's URL as libpq would, and refusing what would send us elsewhere unseen."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict

from assay import environment
from assay.errors import Refused, UsageError
from assay.postgres.address import Address
from assay.redact import Secret

_KNOWN = {"host", "hostaddr", "port", "user", "password", "dbname"}
_HARMLESS = {"application_name", "connect_timeout"}  # we set our own


@dataclass(frozen=True, slots=True)
class Location:
    """An address, and every host that connecting to it may mean."""

    address: Address
    hosts: tuple[str, ...]


def parse(url: str) -> Location:
    """The address that a URL or a conninfo string names, query string included.

    UsageError for a malformed one; Refused for a service, whose file decides where it leads.
    """
    try:
        parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError as error:
        raise UsageError(
            "A server's URL is malformed.",
            evidence=str(error).strip(),
            remedy="write postgresql://user:password@host:port/database",
        ) from error
    if "service" in parts:
        raise Refused(
            "A service name hides which server is meant (S3).",
            evidence=f"service={parts['service']}",
            remedy="give host, port and user in the URL",
        )
    unknown = parts.keys() - _KNOWN - _HARMLESS
    if unknown:
        raise UsageError(
            "A server's URL has parameters that are not supported.",
            evidence=", ".join(sorted(unknown)),
            remedy="set them in the environment, such as PGSSLMODE",
        )
    hosts = [host for key in ("host", "hostaddr") for host in parts.get(key, "").split(",") if host]
    if not hosts or len(hosts) > len(set(parts) & {"host", "hostaddr"}):
        raise UsageError(
            "A server's URL must name exactly one host.", evidence=f"hosts: {hosts or 'none'}"
        )
    return Location(_address(parts, host=hosts[-1]), hosts=tuple(hosts))


def _address(parts: dict[str, str], *, host: str) -> Address:
    """`host` is the last one named: a `hostaddr` is where libpq really goes."""
    return Address(
        host=host,
        port=int(parts.get("port", "5432")),
        user=parts.get("user", "postgres"),
        password=Secret(parts.get("password", environment.variable("PGPASSWORD") or "")),
        database=parts.get("dbname", "postgres"),
    )
