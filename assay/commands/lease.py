"""`assay lease grant`, `assay lease revoke`."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    lease = commands.add_parser("lease")
    actions = lease.add_subparsers(required=True, metavar="ACTION")
    grant = actions.add_parser("grant", help="write the lease into the server's database postgres")
    grant.add_argument("url", metavar="URL", help="the server, without a password")
    grant.add_argument("--i-understand", required=True, metavar="SYSTEM_IDENTIFIER",
                       help="of the server where databases and roles may be dropped")  # fmt: skip
    grant.add_argument("--accept-content", action="store_true",
                       help="also where it already holds databases or tables")  # fmt: skip
    grant.set_defaults(run=run)
    revoke = actions.add_parser("revoke", help="remove what runs left there, then the lease")
    revoke.add_argument("url", metavar="URL", help="the server, without a password")
    revoke.set_defaults(run=run_revoke)


def run(arguments: argparse.Namespace) -> int:
    """Allow the suite to write to a server, until the lease ends."""
    from assay.postgres import conninfo, facts, grants

    location = conninfo.parse(arguments.url)
    facts.check_hosts(location.hosts, allowed=(), production=True)
    lease = grants.grant(
        location.address,
        understood=arguments.i_understand,
        accept_content=arguments.accept_content,
    )
    until = f"{lease.expires_at:%Y-%m-%d %H:%M}"
    sys.stdout.write(f"leased until {until} UTC; the suite may write there\n")
    return 0


def run_revoke(arguments: argparse.Namespace) -> int:
    """Remove what is recorded in a server and then its lease; what cannot be removed is told."""
    from assay.errors import UsageError
    from assay.postgres import conninfo, facts, foreign, grants
    from assay.postgres.session import connect

    location = conninfo.parse(arguments.url)
    facts.check_hosts(location.hosts, allowed=(), production=True)
    address = location.address.at("postgres")
    with connect(address, application="assay/lease") as connection:
        lease = grants.read_lease(connection)
    if lease is None:
        raise UsageError("The server carries no lease.", evidence=str(address))
    side = foreign.all_recorded(address)
    foreign.check_gone(foreign.remove([side]))
    grants.revoke(address)
    sys.stdout.write(f"removed {len(side.things)} things of runs, and the lease\n")
    return 0
