"""What every command works with: the options, the places, the streams it speaks on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from assay.errors import ServerError
from assay.postgres.address import Address
from assay.postgres.session import Connection, connect, scalar
from assay.replicators.reference.options import Options

APPLICATION = "assay_ref"
PREFIX = "assay_ref_"

# A failing or slow statement of ours may hold a password: it must not reach the server's log.
QUIET = {
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One call of the program."""

    options: Options
    say: Callable[[str], None]
    warn: Callable[[str], None]
    unscrubbed: Callable[[str], None]  # for a control that shows what it must not

    @property
    def source(self) -> Address:
        """The address in --source."""
        return self.options.source

    @property
    def target(self) -> Address:
        """The address in --target."""
        return self.options.target


@contextmanager
def session(
    address: Address, *, settings: dict[str, str] | None = None, read_only: bool = False
) -> Iterator[Connection]:
    """A session of ours with pinned search path."""
    pinned = {"search_path": "", **(settings or {})}
    with connect(
        address, application=APPLICATION, settings=pinned, read_only=read_only
    ) as connection:
        yield connection


@contextmanager
def maintenance(address: Address, *, quiet: bool = False) -> Iterator[Connection]:
    """A session on the server outside the databases that are worked on."""
    settings = QUIET if quiet else {}
    for database in ("postgres", "template1"):
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(session(address.at(database), settings=settings))
            except ServerError:
                continue  # a server need not have them
            yield connection
            return
    with session(address, settings=settings) as connection:
        yield connection


def name_of(connection: Connection, database: str) -> str:
    """The name of publication, slot and subscription for a source database."""
    system = scalar(connection, "select system_identifier::text from pg_control_system()")
    digest = hashlib.sha256(f"{system}/{database}".encode()).hexdigest()
    return PREFIX + digest[:8]


def exists(connection: Connection, database: str) -> bool:
    """Whether the server has a database of this name."""
    return bool(
        scalar(connection, "select exists (select from pg_database where datname = %s)", database)
    )
