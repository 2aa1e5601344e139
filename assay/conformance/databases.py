"""The databases of one case: made on the source, named in filters, compared on both sides."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from assay.conformance.case import Case, Section
from assay.names import RunId, uniquify
from assay.oracle.question import Question
from assay.oracle.words.finding import Comparison, Finding, conclude, merge_comparisons
from assay.oracle.words.kinds import Kind
from assay.oracle.words.scope import Declared, Scope, SequenceMode
from assay.postgres.address import Address
from assay.postgres.pair import Pair
from assay.postgres.session import connect, fetch
from assay.replicators.base import Filters, Leftovers


def actual_name(name: str, pair: Pair, run: RunId) -> str:
    """A further database's name: verbatim on servers of ours, else one that carries the run."""
    return name if pair.server_pair.owned else run.name(name)


@dataclass(slots=True)
class Databases:
    """The database under test and the further ones that the case names."""

    case: Case
    pair: Pair
    run: RunId
    _before: frozenset[str] = field(default=frozenset())

    @property
    def main(self) -> str:
        """The database under test."""
        return self.pair.source.database

    def create(self) -> None:
        """Make the further databases on the source, and note what the target has beforehand."""
        for name in self.case.databases:
            self.pair.create_database("source", self.actual(name))
        self._before = self._on_target()

    def actual(self, name: str) -> str:
        """A further database's name on the servers."""
        return actual_name(name, self.pair, self.run)

    def source(self, section: Section) -> Address:
        """Where a section of the case runs on the source."""
        if section.database is None:
            return self.pair.source
        return self.pair.source.at(self.actual(section.database))

    def filters(self) -> Filters:
        """What the tool is asked to copy: all databases of the case unless it says otherwise."""
        if self.case.filters is None:
            return Filters(include_databases=self._all())
        chosen = {k: tuple(map(self._fill, v)) for k, v in self.case.filters.items()}
        filters = Filters(**chosen)
        if not filters.include_databases and not filters.exclude_databases:
            filters = replace(filters, include_databases=self._all())
        return filters

    def scope(self, *, sequences: SequenceMode, declared: Leftovers) -> Scope:
        """What the oracle compares, and what the tool leaves by design."""
        return Scope(
            sequences=sequences,
            roles=None if self.pair.server_pair.owned else self._roles(),
            declared=Declared(self._not_expected(declared), declared.target),
        )

    def compare(
        self, compare: Callable[..., Comparison], scope: Scope, *, second_opinion: bool
    ) -> Comparison:
        """Compare every database that the filters name; one that should not be there is extra.

        `second_opinion`: pg_dump has to agree about the schema.
        """
        tools = self.pair.server_pair.tools if second_opinion else None
        expected, present = self._expected(), self._on_target()
        total = self._presence(expected, present)
        for name in sorted(expected & present):
            source, target = self.pair.source.at(name), self.pair.target.at(name)
            one = compare(source, target, Question(scope, tools=tools))
            total = merge_comparisons(total, one, prefix="" if name == self.main else f"{name}: ")
        return total

    def _not_expected(self, declared: Leftovers) -> dict[str, tuple[str, ...]]:
        """Excluded tables are subtracted from the source only: on the target they are extra."""
        excluded = (t.removeprefix(f"{self.main}.") for t in self.filters().exclude_tables)
        tables = (*declared.source.get("table", ()), *map(re.escape, excluded))
        return {**declared.source, "table": tables}

    def _presence(self, expected: set[str], present: frozenset[str]) -> Comparison:
        missing = [Finding(Kind.DATABASE, name, source="present") for name in expected - present]
        extra = [
            Finding(Kind.DATABASE, name, target="present")
            for name in present - self._before - expected
        ]
        found = tuple(sorted(missing + extra, key=lambda finding: finding.object))
        return conclude(found, limit=None, compared={"databases": len(expected)})

    def _expected(self) -> set[str]:
        filters = self.filters()
        if filters.include_databases:
            return set(filters.include_databases)
        return set(self._all()) - set(filters.exclude_databases)

    def _all(self) -> tuple[str, ...]:
        return (self.main, *map(self.actual, self.case.databases))

    def _fill(self, text: str) -> str:
        for name in self.case.databases:
            text = text.replace(f"{{db:{name}}}", self.actual(name))
        return text.replace("{db}", self.main)

    def _roles(self) -> tuple[str, ...]:
        return tuple(uniquify(role, self.run) for role in self.case.roles)

    def _on_target(self) -> frozenset[str]:
        with connect(self.pair.target.at("postgres"), read_only=True) as session:
            return frozenset(row[0] for row in fetch(session, "select datname from pg_database"))
