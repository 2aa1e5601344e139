"""How far a scope reaches in databases whose relations belong together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.oracle.words.scope import MARKER, Scope, SideName, matches


@dataclass(frozen=True, slots=True)
class Extent:
    """A scope where a parent takes its children with it, and a table the sequences it owns.

    `above` are the relations that another one goes with, at every level, wherever they lie;
    `schemas` tells in which schema those lie. Both are empty where a scope names nothing.
    """

    scope: Scope
    above: Mapping[str, frozenset[str]] = field(default_factory=dict)
    schemas: Mapping[str, str] = field(default_factory=dict)

    def has_relation(self, side: SideName, name: str, *, schema: str) -> bool:
        """Whether a relation, with everything that hangs on it, takes part on this side."""
        if name == MARKER or self.scope.declared.covers(side, "table", name):
            return False
        if not self.scope.names_relations:
            return True
        return not self._is_excluded(name) and self._is_included(name, schema)

    def has_rows_of(self, name: str) -> bool:
        """Whether the rows of a relation that takes part are compared."""
        return self.scope.parts != "schema" and not self._is_any(
            name, self.scope.schema_only_tables
        )

    def is_named(self, name: str) -> bool:
        """Whether somebody asked for this relation by its name, or for one that it is a part of."""
        return any(one in (self.scope.include_tables or ()) for one in self._family(name))

    def excluded(self) -> list[str]:
        """Relations that would take part if nobody had excluded them."""
        return [
            name
            for name in sorted(self.schemas)
            if self._is_excluded(name) and self._is_included(name, self._schema(name))
        ]

    def without_rows(self) -> list[str]:
        """Relations that take part without their rows."""
        return [
            name
            for name in sorted(self.schemas)
            if self._is_any(name, self.scope.schema_only_tables)
            and self.has_relation("source", name, schema=self._schema(name))
        ]

    def _is_excluded(self, name: str) -> bool:
        return self._is_any(name, self.scope.exclude_tables)

    def _is_included(self, name: str, schema: str) -> bool:
        scope = self.scope
        return (scope.include_tables is None or self._is_any(name, scope.include_tables)) and (
            scope.schemas is None
            or any(
                scope.has_schema(one) for one in (schema, *map(self._schema, self._family(name)))
            )
        )

    def _is_any(self, name: str, patterns: tuple[str, ...]) -> bool:
        return bool(patterns) and any(matches(one, patterns) for one in self._family(name))

    def _family(self, name: str) -> frozenset[str]:
        return self.above.get(name, frozenset()) | {name}

    def _schema(self, name: str) -> str:
        return self.schemas.get(name, "")
