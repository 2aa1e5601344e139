"""What nobody can read now: relations that others hold or have dropped, and what is made of them.

The server's functions that write a definition wait for the relations in it, or fail. So what cannot
be read is left out of the catalogs of both sides, and named; everything else is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from assay.oracle.catalog.item import schema_of
from assay.oracle.catalog.queries.fragments import FIRST_USER_OID, HIDDEN_SCHEMA, without
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.extent import Extent
from assay.oracle.words.failed import LOCKED, ReadFailed
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.scope import SideName
from assay.postgres.session import literal

T = TypeVar("T")

_RELATIONS = (
    "select c.oid, format('%I.%I', n.nspname, c.relname) as name"
    " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    f" where n.nspname !~ '{HIDDEN_SCHEMA}'"
)
_NAMED = {
    "pg_class": _RELATIONS,
    "pg_proc": "select p.oid, p.oid::regprocedure::text as name from pg_proc p",
    "pg_publication": "select p.oid, p.pubname::text as name from pg_publication p",
}
# A lock that somebody awaits is as good as held: whoever comes later waits behind it.
_BLOCKED = f"""
    with held as materialized (
        select coalesce(x.indrelid, l.relation) as oid, min(l.pid) as pid
        from pg_locks l left join pg_index x on x.indexrelid = l.relation
        where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
          and l.pid <> pg_backend_pid() and l.relation >= {FIRST_USER_OID}
          and l.database = (select oid from pg_database where datname = current_database())
        group by 1),
      blocked as materialized (
        select oid, pid from held union all
        select c.oid, null from pg_class c where c.oid >= {FIRST_USER_OID}
          and has_table_privilege(c.oid, 'select') is null),
      made as (
        select d.classid, d.objid, b.oid, b.pid from pg_depend d join blocked b
          on d.refclassid = 'pg_class'::regclass and d.refobjid = b.oid),
      whole (catalog, oid, by, pid) as (
        select 'pg_class', oid, null::oid, pid from blocked
        union select 'pg_class', r.ev_class, m.oid, m.pid from made m join pg_rewrite r
          on m.classid = 'pg_rewrite'::regclass and m.objid = r.oid and r.ev_class <> m.oid
        union select 'pg_class', p.polrelid, m.oid, m.pid from made m join pg_policy p
          on m.classid = 'pg_policy'::regclass and m.objid = p.oid and p.polrelid <> m.oid
        union select 'pg_proc', m.objid, m.oid, m.pid from made m
          where m.classid = 'pg_proc'::regclass
        union select 'pg_publication', p.prpubid, b.oid, b.pid from pg_publication_rel p
          join blocked b on b.oid = p.prrelid)
    select w.catalog, n.name, r.name as of, w.pid
    from whole w join ({
    " union all ".join(f"select '{c}' as catalog, x.* from ({q}) x" for c, q in _NAMED.items())
}) n
      on n.catalog = w.catalog and n.oid = w.oid
    left join ({_RELATIONS}) r on r.oid = w.by"""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Something of one side that cannot be read, by its catalog and the source's name.

    `of` is the relation because of which it cannot, where that is another one; `pid` is the session
    that holds that, None where it was dropped.
    """

    side: SideName
    catalog: str
    name: str
    of: str
    pid: int | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is, whoever holds it."""
        return self.side, self.catalog, self.name

    def takes_part(self, extent: Extent) -> bool:
        """Whether anybody asked about it."""
        scope, schema = extent.scope, schema_of(self.name)
        if self.catalog == "pg_class":
            return extent.has_relation(self.side, self.name, schema=schema)
        if scope.parts == "data" or scope.include_tables is not None:
            return False
        return scope.schemas is None or (self.catalog == "pg_proc" and scope.has_schema(schema))

    def note(self, doubts: list[Doubt], extent: Extent) -> None:
        """Doubt it, where anybody asked about it and nobody has said so."""
        if self.takes_part(extent) and self.doubt not in doubts:
            doubts.append(self.doubt)

    @property
    def doubt(self) -> Doubt:
        """What is not known by it."""
        reason = (f"session {self.pid} holds or awaits an exclusive lock" if self.pid else
                  "it was dropped meanwhile")  # fmt: skip
        evidence = f"it is made of {self.of}: {reason}" if self.of else reason
        remedy = "compare again when that transaction has ended, or leave it out with --exclude"
        remedy = f"{remedy} {self.of or self.name}"
        return Doubt(f"{self.name} was not compared", self.side, evidence, remedy)


def read_around(
    sides: Both[Side],
    read: Callable[[Both[Side]], T],
    *,
    narrowing: Narrowing,
    tell: Callable[[Blocked], None],
) -> tuple[Both[Side], T]:
    """What `read` says of both sides, and the sides that it could be asked of.

    Where it fails by what cannot be read it is asked again without that, of which `tell` hears.
    """
    blocked, released = dict[tuple[str, str, str], Blocked](), False
    while True:
        try:
            return sides, read(sides)
        except ReadFailed as error:
            if not all(side.recovered() for side in sides):
                raise
            found = {one.key: one for one in _blocked_things(sides, narrowing)}
            more = found.keys() - blocked.keys()
            if not more and (released or error.condition != LOCKED):
                raise  # it is something else that fails
            released |= not more
        blocked |= found
        if blocked:
            sides = _sides_without(sides, blocked.values(), narrowing)
        for key in sorted(more):
            tell(found[key])


def _blocked_things(sides: Both[Side], narrowing: Narrowing) -> list[Blocked]:
    """Those of both sides, by the source's names of tables."""
    return [one for side in sides for one in _blocked(side, narrowing)]


def _blocked(side: Side, narrowing: Narrowing) -> Iterator[Blocked]:
    for row in side.rows(_BLOCKED):
        name = row["name"]
        if row["catalog"] == "pg_class":
            name = narrowing.source_name(side.name, name)
        if name:
            yield Blocked(side.name, row["catalog"], name, row["of"] or "", row["pid"])


def _sides_without(
    sides: Both[Side], blocked: Iterable[Blocked], narrowing: Narrowing
) -> Both[Side]:
    """Both sides, neither of which asks about what cannot be read on one of them."""
    names = {(one.catalog, one.name) for one in blocked}

    def avoiding(side: Side) -> Side:
        avoided = {}
        for catalog, query in _NAMED.items():
            wanted = [_own_name(side, catalog, name, narrowing) for of, name in names
                      if of == catalog]  # fmt: skip
            if wanted:
                listed = ", ".join(map(literal, wanted))
                found = side.ask(f"select oid from ({query}) x where x.name in ({listed})")
                avoided[catalog] = tuple(int(oid) for (oid,) in found)
        return replace(side, less=partial(without, avoided=avoided))

    return sides.map(avoiding)


def _own_name(side: Side, catalog: str, name: str, narrowing: Narrowing) -> str:
    """What this side calls it."""
    renamed = side.name == "target" and catalog == "pg_class"
    return narrowing.tables.get(name, name) if renamed else name
