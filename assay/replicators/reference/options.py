"""The command line: what was asked, read strictly."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from assay import environment
from assay.errors import UsageError
from assay.postgres.address import Address
from assay.redact import Secret
from assay.replicators.reference import passwords

# Of libpq's; none that names another host, a password's file, or a setting of the server.
_PARAMETERS = frozenset({
    "application_name", "channel_binding", "client_encoding", "connect_timeout",
    "fallback_application_name", "gssencmode", "hostaddr", "keepalives", "keepalives_count",
    "keepalives_idle", "keepalives_interval", "sslcert", "sslcrl", "sslkey", "sslmode",
    "sslnegotiation", "sslrootcert", "target_session_attrs", "tcp_user_timeout",
})  # fmt: skip
COMMANDS = ("validate", "init", "sync", "status", "verify", "cutover")


@dataclass(frozen=True, slots=True)
class Item:
    """A table that a filter names."""

    database: str
    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.database}.{self.schema}.{self.table}"


@dataclass(frozen=True, slots=True)
class Options:
    """One call of the program."""

    command: str
    source: Address
    target: Address
    include_databases: tuple[str, ...] = ()
    exclude_databases: tuple[str, ...] = ()
    include_tables: tuple[Item, ...] = ()
    exclude_tables: tuple[Item, ...] = ()
    drop_existing: bool = False
    no_sync: bool = False
    keep_slot: bool = False
    force: bool = False
    # No option sets these: negative controls do.
    schema_only: bool = False
    accept_unlogged: bool = False
    accept_equal_rows: bool = False
    copy_again: bool = False

    @property
    def follows(self) -> bool:
        """Whether a stream comes after the snapshot, now or later."""
        return not self.no_sync or self.keep_slot


def parse(argv: Sequence[str], *, commands: Sequence[str] = COMMANDS) -> Options:
    """Read the command line; UsageError for what cannot be meant, SystemExit 2 from argparse."""
    given = _parser(commands).parse_args(list(argv))
    for kind in ("databases", "tables"):
        if getattr(given, f"include_{kind}") and getattr(given, f"exclude_{kind}"):
            raise UsageError(
                f"--include-{kind} and --exclude-{kind} exclude each other.",
                remedy="give one of the two",
            )
    if given.keep_slot and not given.no_sync:
        raise UsageError("--keep-slot belongs to --no-sync.", remedy="give both, or neither")
    lines = passwords.read(given.passfile)
    return Options(
        command=given.command,
        source=address("--source", given.source, lines),
        target=address("--target", given.target, lines),
        include_databases=_databases(given.include_databases),
        exclude_databases=_databases(given.exclude_databases),
        include_tables=_tables(given.include_tables),
        exclude_tables=_tables(given.exclude_tables),
        drop_existing=given.drop_existing,
        no_sync=given.no_sync,
        keep_slot=given.keep_slot,
        force=given.force,
    )


def address(option: str, url: str, lines: Sequence[passwords.Line]) -> Address:
    """The address in a URL without password; the password comes from the passfile."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname:
        raise UsageError(
            f"{option} is not a PostgreSQL URL.",
            remedy="write postgresql://USER@HOST:PORT/DATABASE",
        )
    if parts.password is not None or "password=" in parts.query:
        raise UsageError(
            f"{option} contains a password, which every user of this machine could read.",
            remedy="leave it out of the URL and give --passfile FILE (or PGPASSFILE) with a line "
            "host:port:database:user:password",
        )
    user = unquote(parts.username or "postgres")
    database = unquote(parts.path.removeprefix("/")) or user
    port = parts.port or 5432
    password = passwords.find(lines, parts.hostname, port, database, user)
    parameters = tuple(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
                       if parts.query else ())  # fmt: skip
    for name, _ in parameters:
        if name not in _PARAMETERS:
            raise UsageError(
                f"{option} has a parameter {name!r} that is not supported.",
                evidence=f"supported: {', '.join(sorted(_PARAMETERS))}",
            )
    return Address(parts.hostname, port, user, Secret(password), database, parameters)


def split_items(text: str, separator: str) -> list[str]:
    """Split at a separator outside double quotes; quotes count from an item's start."""
    items, quoted = [""], False
    for character in text:
        item = items[-1]
        if character == separator and not quoted:
            items.append("")
            continue
        if character == '"' and (quoted or not item or _closed(item)):
            quoted = not quoted
        items[-1] = item + character
    return items


def plain(name: str) -> str:
    """A name as it is stored: a quoted one loses its quotes, any other is taken as it stands."""
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        return name[1:-1].replace('""', '"')
    return name


def quoted(name: str) -> str:
    """A name that `plain` reads back, whatever it contains."""
    return '"' + name.replace('"', '""') + '"'


def _closed(item: str) -> bool:
    """Whether the item so far is a quoted name: another quote is then a doubled one."""
    return len(item) > 1 and item[0] == '"' and item[-1] == '"'


def _databases(given: Sequence[str]) -> tuple[str, ...]:
    names = [plain(item) for text in given for item in split_items(text, ",")]
    if "" in names:
        raise UsageError("A database filter contains an empty name.")
    return tuple(dict.fromkeys(names))


def _tables(given: Sequence[str]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(_table(item) for text in given for item in split_items(text, ",")))


def _table(item: str) -> Item:
    names = [plain(part) for part in split_items(item, ".")]
    if len(names) not in (2, 3) or "" in names:
        raise UsageError(
            f"The table filter {item!r} is neither database.table nor database.schema.table.",
            remedy='write names that contain dots as SQL identifiers: db."a.b"."c.d"',
        )
    schema = names[1] if len(names) == 3 else "public"
    return Item(names[0], schema, names[-1])


def _parser(commands: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="assay-reference", description=__doc__, allow_abbrev=False
    )
    sub = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in commands:
        _arguments(sub.add_parser(name, allow_abbrev=False), name)
    return parser


def _arguments(parser: argparse.ArgumentParser, command: str) -> None:
    parser.set_defaults(drop_existing=False, no_sync=False, keep_slot=False, force=False)
    for side in ("source", "target"):
        parser.add_argument(f"--{side}", required=True, metavar="URL", help="without a password")
    default = environment.variable("PGPASSFILE")
    parser.add_argument(
        "--passfile", type=Path, default=Path(default) if default else None, metavar="FILE"
    )
    for name in ("include-databases", "exclude-databases", "include-tables", "exclude-tables"):
        parser.add_argument(f"--{name}", action="append", default=[], metavar="NAMES")
    parser.add_argument("--no-interactive", action="store_true", help="it never asks anyway")
    parser.add_argument("-y", "--yes", action="store_true", help="it never asks anyway")
    if command == "init":
        parser.add_argument("--local", action="store_true", help="it always runs here")
        parser.add_argument("--no-resume", action="store_true", help="it always begins anew")
        parser.add_argument("--drop-existing", action="store_true")
        parser.add_argument("--no-sync", action="store_true")
        parser.add_argument("--keep-slot", action="store_true")
    if command == "sync":
        parser.add_argument("--force", action="store_true")
