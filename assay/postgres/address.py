"""Where a server is, for a viewer; a URL of it never shows its password by accident."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import quote

from assay.redact import Secret


class Viewer(StrEnum):
    """Who connects: the suite, the tool under test, or the other server of the pair."""

    TESTS = "tests"
    REPLICATOR = "replicator"
    PEER = "peer"


@dataclass(frozen=True, slots=True)
class Address:
    """Host, port, user and password of a server and the name of one database there.

    `options` are further libpq parameters, such as sslmode.
    """

    host: str
    port: int
    user: str
    password: Secret
    database: str = "postgres"
    options: tuple[tuple[str, str], ...] = ()

    def at(self, database: str) -> Address:
        """The same server, another database."""
        return replace(self, database=database)

    def as_role(self, user: str, password: Secret) -> Address:
        """The same database, another role."""
        return replace(self, user=user, password=password)

    def url(self, *, password: bool = True) -> str:
        """`postgresql://user[:password]@host:port/database`, every part percent-encoded."""
        secret = ":" + quote(self.password.reveal(), safe="") if password else ""
        user, database = quote(self.user, safe=""), quote(self.database, safe="")
        return f"postgresql://{user}{secret}@{self.host}:{self.port}/{database}"

    def passfile_line(self) -> str:
        """A line of a libpq password file that serves every database of this server and user."""
        parts = (self.host, str(self.port), "*", self.user, self.password.reveal())
        return ":".join(part.replace("\\", "\\\\").replace(":", "\\:") for part in parts)

    def __str__(self) -> str:
        return self.url(password=False)
