"""What a comparison is asked: one value, handed to everything that answers a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assay.oracle.rows.plan import WIDE
from assay.oracle.words.limits import Limits
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.portions import Portions
from assay.oracle.words.scope import Scope

LARGE = 16 << 20  # bytes, TOAST included
SMALL = 32 << 10  # bytes of a relation that has nothing in its TOAST


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of two databases.

    `scope` says what is compared. `keep` findings at most are kept, None keeps all; the rest are
    counted. With `tools` (a folder with pg_dump and pg_dumpall of the higher major version) their
    opinion is asked too. Relations of `large` bytes or more are digested first, by 64 bits for
    each row, and read only where the digests differ; `exact` reads them all. Relations of `small`
    bytes or less are asked for many at once, and read in order only where they differ. Of rows that
    may have more than `wide` bytes long values are hashed. `portions` are for memory. `redact`
    keeps what rows hold out of findings, `limits` bound what it costs the servers. `live` looks for
    one proven position of a moving pair first. `sample` reads so many of a hundred rows, the same
    on both sides, and is never EQUAL. Of relations that `keys` names only rows with these keys are
    read, where their findings' keys tell which. `state` adds what moves while servers replicate:
    how far each table of a subscription is. `narrowing` is about single tables, `jobs` how many
    sessions of each side read large ones. `passwords` False leaves verifiers of roles out.
    `without` switches rules off, for the oracle's own tests only.
    """

    scope: Scope = field(default_factory=Scope)
    keep: int | None = 100
    tools: Path | None = None
    exact: bool = False
    large: int = LARGE
    small: int = SMALL
    wide: int = WIDE
    portions: Portions = field(default_factory=Portions)
    redact: bool = False
    limits: Limits = field(default_factory=Limits)
    live: bool = False
    sample: float | None = None
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    state: bool = False
    narrowing: Narrowing = field(default_factory=Narrowing)
    jobs: int = 2
    passwords: bool = True
    without: frozenset[str] = frozenset()
