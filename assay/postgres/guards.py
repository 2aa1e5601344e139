"""Guards for servers that we did not start: pure decisions, each a refusal or nothing.

S1 lease, S2 content, S3 hosts, S4 identity, S6 preflight of faults-and-histories. They bind what
writes; comparing reads any server.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assay.errors import Refused

PREFIX = re.compile(r"assay_[0-9a-f]{8}_\w+")
_REDIRECTING = ("PGHOSTADDR", "PGSERVICE")
_DENIED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(.*[^a-z0-9])?prod(uction)?([^a-z0-9].*)?",
        r".*\.rds\.amazonaws\.com(\.cn)?",
        r".*\.neon\.tech",
        r".*\.supabase\.(co|com)",
        r".*\.postgres\.database\.azure\.com",
        r".*\.(db\.ondigitalocean|aivencloud|timescale)\.com",
    )
)


@dataclass(frozen=True, slots=True)
class ForeignLease:
    """The row of `assay.lease` in a foreign server's database `postgres`."""

    run_id: str
    owner: str
    host: str
    created_at: datetime
    expires_at: datetime
    nonce: str
    accepts_content: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """The local half of a lease: which server, and the nonce that its row must carry."""

    system_identifier: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a server holds that we did not make."""

    databases: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """All that the decisions about one foreign server rest on."""

    system_identifier: str
    in_recovery: bool
    content: Content
    lease: ForeignLease | None
    settings: Mapping[str, str]  # those of `NEEDED`, as pg_settings has them


@dataclass(frozen=True, slots=True)
class Needed:
    """A setting that a server given by URL must have: a word, or a least number."""

    name: str
    why: str
    least: int | None = None
    word: str = ""
    advised: str = ""

    def met(self, value: str) -> bool:
        """Whether a value will do."""
        return value == self.word if self.least is None else int(value) >= self.least

    @property
    def remedy(self) -> str:
        """As `alter system set` takes it."""
        return f"{self.name} = '{self.advised or self.word or self.least}'"


_SLOTS = Needed("max_replication_slots", "a stream has one for each table that it copies", 10)
NEEDED = {
    "source": (
        Needed("wal_level", "logical decoding needs logical", word="logical"),
        _SLOTS,
        Needed("max_wal_senders", "a stream has one for each table that it copies", 10),
        Needed("max_slot_wal_keep_size", "a forgotten slot could fill the disk", 0, advised="2GB"),
    ),
    "target": (
        _SLOTS,
        Needed("max_logical_replication_workers", "each stream and table copy takes one", 4),
        Needed("max_worker_processes", "logical replication workers are some of these", 8),
    ),
}


def check_environment(variables: Mapping[str, str]) -> None:
    """S3: nothing in the environment may send a connection somewhere else."""
    redirecting = sorted(name for name in _REDIRECTING if variables.get(name))
    if redirecting:
        raise Refused(
            "The environment redirects PostgreSQL connections (S3).",
            evidence=", ".join(redirecting),
            remedy=f"unset {' '.join(redirecting)}; name the servers by URL",
        )


def check_host(
    host: str,
    *,
    addresses: Sequence[str],
    networks: Sequence[str] = (),
    allowed: Sequence[str] = (),
    production: bool = True,
) -> None:
    """S3: loopback, a unix socket or a Docker network, after resolution of every address.

    `allowed` holds exact host names from --allow-remote. `production` is false only where the
    configuration says that the environment is another one: then the deny list does not bind.
    """
    if host.startswith(("/", "@")):
        return
    if production and any(pattern.fullmatch(host) for pattern in _DENIED):
        raise Refused(
            "The host's name is on the deny list (S3).",
            evidence=host,
            remedy="test against a copy; what is called production is never written to",
        )
    if not addresses:
        raise Refused("The host's name does not resolve (S3).", evidence=host)
    remote = [address for address in addresses if not _near(address, networks)]
    if remote and host not in allowed:
        raise Refused(
            "The host is remote (S3).",
            evidence=f"{host} is {', '.join(remote)}",
            remedy=f"if it is a test server of yours: --allow-remote={host}",
        )


def check_identity(source: ServerFacts, target: ServerFacts) -> None:
    """S4: two servers, by system identifier and never by the text of a URL."""
    if source.system_identifier == target.system_identifier:
        raise Refused(
            "Source and target are the same server (S4).",
            evidence=f"both have the system identifier {source.system_identifier}",
            remedy="give two servers: roles, slots and settings belong to a whole server",
        )


def check_lease(facts: ServerFacts, *, grant: Grant | None, now: datetime) -> None:
    """S1: a lease in the server and its other half in the local lease file."""
    remedy = f"assay lease grant --i-understand {facts.system_identifier} URL"
    if facts.lease is None:
        raise Refused("The server carries no lease (S1).", evidence=_of(facts), remedy=remedy)
    if grant is None or grant.system_identifier != facts.system_identifier:
        raise Refused(
            "The server's lease was not granted from here (S1).",
            evidence=f"granted by {facts.lease.owner} on {facts.lease.host}; {_of(facts)}",
            remedy=remedy,
        )
    if grant.nonce != facts.lease.nonce:
        raise Refused(
            "The server's lease is somebody else's (S1).",
            evidence=f"granted by {facts.lease.owner} on {facts.lease.host}; {_of(facts)}",
            remedy=remedy,
        )
    if facts.lease.expires_at <= now:
        raise Refused(
            "The server's lease has expired (S1).",
            evidence=f"at {facts.lease.expires_at.isoformat()}; {_of(facts)}",
            remedy=remedy,
        )


def check_rights(user: str, *, superuser: bool) -> None:
    """S6: without all rights neither the server's content nor its lease can be judged."""
    if not superuser:
        raise Refused("The role is no superuser (S6).", evidence=user)


def check_preflight(facts: ServerFacts) -> None:
    """S6: no standby, and nobody else's replication."""
    if facts.in_recovery:
        raise Refused("The server is a standby (S6).", evidence="pg_is_in_recovery() is true")
    others = {
        "subscriptions": facts.content.subscriptions,
        "replication slots": facts.content.slots,
    }
    for what, names in others.items():
        if names:
            raise Refused(
                f"The server has {what} that are not ours (S6).",
                evidence=", ".join(names),
                remedy="use a server that nobody replicates from or to",
            )


def check_settings(source: ServerFacts, target: ServerFacts) -> None:
    """S6: what streams and their slots need on both sides, told all at once with its remedy."""
    wrong, statements = [], []
    for side, facts in (("source", source), ("target", target)):
        for setting in NEEDED[side]:
            value = facts.settings[setting.name]
            if not setting.met(value):
                wrong.append(f"{side}: {setting.name} is {value}; {setting.why}")
                statements.append(f"on the {side}: alter system set {setting.remedy}")
    if wrong:
        raise Refused(
            "Settings of the servers do not allow the suite (S6).",
            evidence="\n".join(wrong),
            remedy="; ".join(statements) + "; then restart (max_slot_wal_keep_size: reload)",
        )


def check_target(facts: ServerFacts) -> None:
    """S2: the target holds nothing that we did not make, unless its lease accepts that."""
    if facts.lease is not None and facts.lease.accepts_content:
        return
    for what in ("databases", "relations", "roles"):
        names: tuple[str, ...] = getattr(facts.content, what)
        if names:
            raise Refused(
                f"The target is not empty: it has {what} (S2).",
                evidence=", ".join(names[:10]),
                remedy="use an empty server, or grant its lease again with --accept-content",
            )


def check_name(name: str) -> None:
    """S2: only what carries the prefix of a run is ever dropped."""
    if not PREFIX.fullmatch(name):
        raise Refused(
            "Only what a run of Assay made may be dropped (S2).",
            evidence=f"{name!r} does not begin with assay_<run>_",
        )


def _near(address: str, networks: Sequence[str]) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return ip.is_loopback or any(ip in ipaddress.ip_network(one) for one in networks)


def _of(facts: ServerFacts) -> str:
    return f"system identifier {facts.system_identifier}"
