"""`seren-replicator`, old and new names and versions, non-interactive and local (contracts 1)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assay.environment import inherited
from assay.errors import UsageError
from assay.process import execute
from assay.replicators.base import (
    LOOKING,
    NOT_ACTIVE,
    Call,
    Capability,
    Command,
    HandOver,
    Leftovers,
    Phase,
    State,
    StatusRule,
)

NAMES = (
    "seren-replicator", "postgres-seren-replicator", "neon-seren-replicator",
    "neon-seren-migrator",
)  # fmt: skip
CAPABILITIES = frozenset(Capability) - {Capability.CUTOVER, Capability.RESUME}
_OWN = r"seren_(migration|replication)_(pub|sub)(_.*)?"
LEFTOVERS = Leftovers(
    source={"publication": (_OWN,), "slot": (_OWN, r"pg_\d+_sync_\d+_\d+")},
    target={"subscription": (_OWN,), "origin": (r"pg_\d+(_\d+)?",)},
)
# `sync` is a command of its own that looks for nothing but the databases.
STANDS_ON: Mapping[Phase, HandOver] = {**LOOKING, Phase.SYNC: HandOver.COPIED}
STATUS_STATES = (
    StatusRule(frozenset({State.STREAMING}), frozenset({0}), r"All databases are CAUGHT UP"),
    StatusRule(NOT_ACTIVE | {State.LAGGING}, pattern=r"Some databases are LAGGING or NOT ACTIVE"),
    StatusRule(NOT_ACTIVE, pattern=r"Replication is NOT ACTIVE"),
    StatusRule(
        frozenset({State.UNREACHABLE}),
        frozenset({1}),
        r"^Error: Failed to connect to (source|target) database$",
    ),
)
ENVIRONMENT = {
    "RUST_LOG": "info",  # results are log events
    "RUST_BACKTRACE": "0",
    "SEREN_REMOTE_API": "http://127.0.0.1:9",  # a forgotten --local ends on a closed port
}
# The command's own option, and the words in `COMMAND --help` that say that it exists.
_PROBED = {
    Phase.VALIDATE: ("--no-interactive",),
    Phase.INIT: ("--local", "--yes", "--no-interactive", "--no-resume", "--no-sync"),
    Phase.SYNC: ("--no-interactive",),
    Phase.STATUS: (),
    Phase.VERIFY: (),
}
_FILTERS = ("include_databases", "exclude_databases", "include_tables", "exclude_tables")


@dataclass(frozen=True, slots=True)
class Seren:
    """The Rust tool; what its version accepts is asked of its help, not assumed."""

    binary: Path
    name: str = "seren"
    capabilities: frozenset[Capability] = CAPABILITIES
    leftovers: Leftovers = LEFTOVERS
    refused: frozenset[int] = frozenset({1, 2})  # 101 is a panic
    stands_on: Mapping[Phase, HandOver] = field(default_factory=lambda: STANDS_ON)
    status_states: tuple[StatusRule, ...] = STATUS_STATES

    def version(self, path: str | None = None) -> str:
        """What `--version` prints; before v2.3.2 there is none."""
        done = execute([str(self.binary), "--version"], env=inherited(), timeout=10)
        return done.stdout.strip() if done.ok else "unknown (no --version)"

    def command(self, phase: Phase, call: Call) -> Command | None:
        """URLs name the maintenance database, as the tool's guide does; filters name the rest."""
        asked = Phase.STATUS if phase is Phase.CAUGHT_UP else phase
        if asked not in _PROBED:
            return None
        accepted = _help(str(self.binary), asked.value)
        argv = [str(self.binary), asked.value]
        argv += ["--source", _url(call.source.at("postgres").url())]
        argv += ["--target", _url(call.target.at("postgres").url())]
        argv += [option for option in _PROBED[asked] if option in accepted]
        if asked is Phase.INIT and call.drop_existing:
            argv.append("--drop-existing")
        for filtered in _FILTERS:
            option = "--" + filtered.replace("_", "-")
            if option in accepted and (names := getattr(call.filters, filtered)):
                argv += [option, ",".join(names)]
        return Command(tuple(argv), env=ENVIRONMENT, timeout=call.timeout)


def resolve(path: str) -> Seren:
    """The binary at a path, or below a checkout; UsageError lists where was looked."""
    given = Path(path).absolute()
    folders = (given, given / "target" / "release", given / "target" / "debug")
    places = [given, *(folder / name for folder in folders for name in NAMES)]
    for place in places:
        if place.is_file():
            return Seren(place)
    raise UsageError(
        "There is no seren-replicator.",
        evidence=f"looked for {', '.join(NAMES)} in {', '.join(map(str, folders))}",
        remedy="cargo build --release, then --replicator seren:PATH of the binary or checkout",
    )


def _url(url: str) -> str:
    return f"{url}?connect_timeout=5"


@functools.cache
def _help(binary: str, command: str) -> str:
    done = execute([binary, command, "--help"], env=inherited(), timeout=10)
    if not done.ok:
        raise UsageError(
            f"{binary} {command} --help failed.",
            evidence=done.output.strip()[-500:],
            remedy="name the seren-replicator binary",
        )
    return done.stdout
