"""What a comparison is about: filters, modes, and what each side is allowed to have extra."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from assay.names import MARKER_TABLE

SideName = Literal["source", "target"]
SequenceMode = Literal["exact", "ahead", "skip"]
Parts = Literal["all", "schema", "data"]

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
    everything; else only these relations and what hangs on them. `schema_only_tables` are compared
    without their rows. `schemas` None is everything; else only what lies in schemas of these names
    (with wildcards): no roles, extensions and other things that have no schema. What a name says of
    a table goes for its partitions, its children and the sequences that it owns: see `Extent`.
    `parts` ``schema`` leaves out rows, sequence states and large
    objects, ``data`` everything else but which tables and columns there are. `roles` None is every
    role, and every tablespace of the servers, () none; else those of these names, and what
    tablespaces they own. `sequences`: ``exact`` state, ``ahead`` (after a cut-over under load), or
    ``skip``.
    """

    include_tables: tuple[str, ...] | None = None
    exclude_tables: tuple[str, ...] = ()
    schema_only_tables: tuple[str, ...] = ()
    schemas: tuple[str, ...] | None = None
    parts: Parts = "all"
    roles: tuple[str, ...] | None = None
    sequences: SequenceMode = "exact"
    declared: Declared = Declared()

    @property
    def globals(self) -> bool:
        """Whether all that reaches beyond the database takes part."""
        return self.roles is None and self.schemas is None and self.include_tables is None

    @property
    def names_relations(self) -> bool:
        """Whether anything decides which relations take part, or which of them with rows."""
        return (
            self.include_tables is not None
            or self.schemas is not None
            or bool(self.exclude_tables or self.schema_only_tables)
        )

    def has_schema(self, name: str) -> bool:
        """Whether what lies in a schema takes part; "" stands for what lies in none."""
        return self.schemas is None or (bool(name) and matches(name, self.schemas))

    def idle(self, relations: Iterable[str], schemas: Iterable[str]) -> list[str]:
        """Patterns that match none of these names: somebody has mistyped them."""
        tables = (*(self.include_tables or ()), *self.exclude_tables, *self.schema_only_tables)
        return [
            pattern
            for patterns, names in ((tables, list(relations)), (self.schemas or (), list(schemas)))
            for pattern in patterns
            if not any(matches(name, (pattern,)) for name in names)
        ]

    def has_role(self, side: SideName, name: str) -> bool:
        """Whether a role's attributes, memberships and settings take part on this side."""
        if self.declared.covers(side, "role", name):
            return False
        return self.roles is None or name in self.roles


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns is this name, or stands for it."""
    return any(name == pattern or fnmatchcase(name, pattern) for pattern in patterns)
