"""Which rows, columns and names of single tables a comparison is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from assay.oracle.words.scope import SideName


@dataclass(frozen=True, slots=True)
class Narrowing:
    """By the source's names of tables and columns; the default narrows nothing.

    `where` is SQL that is true of the rows that are compared, `ignored` are patterns of
    ``schema.table.column``, `keys` are columns that tell a table's rows apart, `tables` and
    `columns` give the target's names; `secret` says that conditions hold values which are not to be
    shown. Of tables that are called otherwise on the target, and of
    their owned sequences, only columns, rows and states are compared.
    """

    where: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    secret: bool = False

    def __bool__(self) -> bool:
        """Whether anything is narrowed."""
        return any((self.where, self.ignored, self.keys, self.tables, self.columns))

    def renames(self, table: str) -> bool:
        """Whether a table of the source, or a column of it, has another name on the target."""
        return table in self.tables or table in self.columns

    def source_name(self, side: SideName, table: str) -> str:
        """What the source calls a table of this side.

        Nothing, where the target has a table of its own by the name of one that is mapped.
        """
        if side == "source":
            return table
        own = "" if table in self.tables else table
        return next((ours for ours, theirs in self.tables.items() if theirs == table), own)

    def source_column(self, side: SideName, table: str, column: str) -> str:
        """What the source calls a column of this side; `table` is the source's name.

        Nothing, where the target has a column of its own by the name of one that is mapped.
        """
        if side == "source":
            return column
        known = self.columns.get(table, {})
        own = "" if column in known else column
        return next((ours for ours, theirs in known.items() if theirs == column), own)

    def target_column(self, table: str, column: str) -> str:
        """What the target calls a column of the source."""
        return self.columns.get(table, {}).get(column, column)

    def ignores(self, column: str) -> bool:
        """Whether a column, by its qualified name, is left out."""
        return any(column == pattern or fnmatchcase(column, pattern) for pattern in self.ignored)

    def ignores_of(self, table: str) -> bool:
        """Whether a column of a table may be left out."""
        return any(fnmatchcase(table, pattern.rpartition(".")[0]) for pattern in self.ignored)

    def not_dumped(self, side: SideName, table: str) -> bool:
        """Whether pg_dump is not asked about a table: it cannot narrow as we do."""
        name = self.source_name(side, table)
        return not name or self.renames(name) or self.ignores_of(name)

    def left_out(self) -> Iterator[str]:
        """What nobody asked about, in words."""
        for table, sql in self.where.items():
            yield f"rows of {table} but those where {'a condition holds' if self.secret else sql}"
        yield from (f"the column {column}" for column in self.ignored)
        for table, columns in self.keys.items():
            yield f"the key of {table}: its rows are told apart by {', '.join(columns)}"
        of = "all but columns, rows and states of owned sequences of"
        for ours, theirs in self.tables.items():
            yield f"{of} {ours}, which is {theirs} on the target; and another {ours} there"
        for table, renamed in self.columns.items():
            called = ", ".join(f"{ours} is {theirs}" for ours, theirs in renamed.items())
            yield f"{of} {table}, where {called} on the target; and others of these names there"


WHOLE = Narrowing()  # of every table everything
