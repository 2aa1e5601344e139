"""What a comparison is about: filters, modes, and what each side is allowed to have extra."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from assay.names import MARKER_TABLE

SideName = Literal["source", "target"]
SequenceMode = Literal["exact", "ahead", "skip"]

MARKER = f"public.{MARKER_TABLE}"


@dataclass(frozen=True, slots=True)
class Declared:
    """What a tool leaves on each side by design: kind to regular expressions of whole names.

    Kinds: ``publication``, ``subscription``, ``slot``, ``origin``, ``schema``, ``role``,
    ``table``, ``replica-identity`` and ``trigger-state`` (the last three hold ``schema.table``).
    """

    source: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    target: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def covers(self, side: SideName, kind: str, name: str) -> bool:
        """Whether this side is allowed to have something of that kind and name."""
        patterns = (self.source if side == "source" else self.target).get(kind, ())
        return any(re.fullmatch(pattern, name) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is compared; the default is everything in the database, and every role.

    Tables are named ``schema.table``, with ``*`` and ``?`` as wildcards. `include_tables` None is
    every table; `schema_only_tables` are compared without their rows. `roles` None is every role,
    () none. `sequences`: ``exact`` state, ``ahead`` (after a cut-over under load), or ``skip``.
    """

    include_tables: tuple[str, ...] | None = None
    exclude_tables: tuple[str, ...] = ()
    schema_only_tables: tuple[str, ...] = ()
    roles: tuple[str, ...] | None = None
    sequences: SequenceMode = "exact"
    declared: Declared = Declared()

    def has_relation(self, side: SideName, name: str) -> bool:
        """Whether a relation, with everything that hangs on it, takes part on this side."""
        if name == MARKER or self.declared.covers(side, "table", name):
            return False
        if self.include_tables is not None and not _matches(name, self.include_tables):
            return False
        return not _matches(name, self.exclude_tables)

    def has_rows_of(self, name: str) -> bool:
        """Whether the rows of a relation that takes part are compared."""
        return not _matches(name, self.schema_only_tables)

    def has_role(self, side: SideName, name: str) -> bool:
        """Whether a role's attributes, memberships and settings take part on this side."""
        if self.declared.covers(side, "role", name):
            return False
        return self.roles is None or name in self.roles


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)
