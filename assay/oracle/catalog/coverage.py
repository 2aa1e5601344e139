"""Every catalog and column of PostgreSQL that we know, and whether a server has others.

`coverage.toml` says of each by which rule it is compared, or why it is not.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assay.oracle.catalog.queries.fragments import FIRST_USER_OID
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.doubt import Doubt

TABLE = Path(__file__).with_name("coverage.toml")
UNREAD = "unread"
# Catalogs and columns of the versions of which nothing is unread: a server with as many has these.
COUNTS = {
    14: (62, 571), 15: (64, 588), 16: (64, 596), 17: (64, 598), 18: (64, 601), 19: (69, 644),
}  # fmt: skip
_SHOWN = 12  # catalogs named in an answer
_COUNTED = f"""
    select count(*) as catalogs, sum(relnatts) as columns from pg_class
    where relkind = 'r' and relnamespace = 'pg_catalog'::regnamespace and oid < {FIRST_USER_OID}"""
_LISTED = f"""
    select c.relname as catalog, a.attname as column
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where c.relkind = 'r' and c.relnamespace = 'pg_catalog'::regnamespace
      and c.oid < {FIRST_USER_OID} order by c.relname collate "C", a.attnum"""


@dataclass(frozen=True, slots=True)
class Column:
    """A catalog's column: compared by the rules `by`, or not, for the reason `no`.

    `through` is the server's function that reads it for the rule, "" where the rule names it.
    """

    catalog: str
    name: str
    by: tuple[str, ...]
    through: str
    no: str
    since: int
    until: int

    def is_in(self, major: int) -> bool:
        """Whether servers of this major version have it, by what the table says."""
        return self.since <= major <= self.until


@dataclass(frozen=True, slots=True)
class Coverage:
    """The table: its versions, the reasons for which a column is not compared, and all columns."""

    versions: tuple[int, ...]
    reasons: dict[str, str]
    columns: tuple[Column, ...]

    def unread(self, major: int, there: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those of a server's catalogs and columns that no rule and no reason covers."""
        known = {(c.catalog, c.name) for c in self.columns if c.is_in(major) and c.no != UNREAD}
        return [one for one in there if one not in known]


@functools.cache
def load_coverage() -> Coverage:
    """Read the table."""
    import tomllib  # most servers are told by how many catalogs and columns they have

    said = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    about, reasons = said.pop("about"), said.pop("reasons")
    columns = [
        Column(
            catalog=catalog,
            name=name,
            by=(by,) if isinstance(by := line.get("by", ()), str) else tuple(by),
            through=line.get("through", ""),
            no=line.get("no", ""),
            since=line.get("since", 0),
            until=line.get("until", 999),
        )
        for catalog, lines in said.items()
        for name, line in lines.items()
    ]
    return Coverage(tuple(about["versions"]), reasons, tuple(columns))


def overlooked_catalogs(sides: Both[Side], table: Coverage | None = None) -> list[Doubt]:
    """What a server's catalogs hold that nobody has looked at, by our table or another one."""
    found = sides.at_once(lambda side: _overlooked(side, table))
    return [doubt for doubts in found for doubt in doubts]


def _overlooked(side: Side, table: Coverage | None) -> list[Doubt]:
    if table is None:
        (counted,) = side.rows(_COUNTED)
        if COUNTS.get(side.version) == (counted["catalogs"], counted["columns"]):
            return []
        table = load_coverage()
    there = [(row["catalog"], row["column"]) for row in side.rows(_LISTED)]
    unread = table.unread(side.version, there)
    if unread:
        which = f"it has what nobody has looked at: {_named(unread)}"
    elif side.version not in table.versions:
        which = "nobody has looked at its catalogs"
    else:
        return []
    remedy = "use a newer version of this program, which knows that server"
    return [Doubt(f"is PostgreSQL {side.version}, and {which}", side.name, remedy=remedy)]


def _named(unread: list[tuple[str, str]]) -> str:
    catalogs: dict[str, list[str]] = {}
    for catalog, column in unread:
        catalogs.setdefault(catalog, []).append(column)
    named = [f"{catalog} ({', '.join(columns)})" for catalog, columns in catalogs.items()]
    more = f" and {len(named) - _SHOWN} catalogs more" if len(named) > _SHOWN else ""
    return ", ".join(named[:_SHOWN]) + more
