"""Which relations belong together: children to their parents, sequences to what owns them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assay.oracle.catalog.item import qualified, schema_of
from assay.oracle.catalog.queries.fragments import relations
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.extent import Extent
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.scope import Scope

# A sequence goes with the column that owns it; a child of several parents with all of them.
_QUERY = f"""
    with recursive t as materialized ({relations("rpfvmS")}),
      link as (
        select inhrelid as child, inhparent as parent from pg_inherits
        union all
        select d.objid, d.refobjid from pg_depend d join t on t.oid = d.objid
        where t.relkind = 'S' and d.classid = 'pg_class'::regclass
          and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')),
      kin as (select child, parent from link
        union select k.child, l.parent from kin k join link l on l.child = k.parent),
      whole as (select k.child, json_agg(p.name) as above from kin k join t p on p.oid = k.parent
        group by k.child)
    select t.name, t.relkind as kind, w.above from t left join whole w on w.child = t.oid"""
_ROWLESS = {"v": "it is a view", "f": "it is a foreign table"}
_REMEDY = "leave it out, or ask for no rows with --schema-only"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Kin:
    """Every relation of both sides by name: what kind it is, where it lies, what it goes with."""

    kinds: Mapping[str, str] = field(default_factory=dict)
    schemas: Mapping[str, str] = field(default_factory=dict)
    above: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, scope: Scope, sides: Both[Side], narrowing: Narrowing) -> Kin:
        """As either side has it: what belongs to a table on one side goes with it on both.

        By the source's names. Nobody is asked where the scope names no relation.
        """
        kinds, schemas, above = dict[str, str](), dict[str, str](), dict[str, frozenset[str]]()
        if not scope.names_relations:
            return cls()

        def listed(side: Side) -> list[tuple[str, str, frozenset[str]]]:
            def named(parts: Sequence[str]) -> str:
                return narrowing.source_name(side.name, qualified(parts))

            return [
                (named(row["name"]), row["kind"], frozenset(map(named, row["above"] or ())))
                for row in side.rows(_QUERY)
            ]

        for name, kind, over in (one for side in sides.at_once(listed) for one in side):
            if not name:  # the target's own by a name that is mapped to another one
                continue
            kinds[name], schemas[name] = kind, schema_of(name)
            if over:
                above[name] = above.get(name, frozenset()) | over
        return cls(kinds, schemas, above)

    def extent(self, scope: Scope) -> Extent:
        """How far a scope reaches among them."""
        return Extent(scope, self.above, self.schemas)

    def unread(self, scope: Scope, read: Collection[str]) -> Iterator[Doubt]:
        """Relations whose rows somebody asked for by name, and which were not among those read."""
        extent = self.extent(scope)
        rowless = {name: why for name, why in self._rowless(extent, read) if name not in read}
        named = [name for name in rowless if extent.is_named(name)]
        for name in named:
            yield Doubt(f"the rows of {name} were not read: {rowless[name]}", remedy=_REMEDY)
        if rowless and not named and not read and scope.include_tables is not None:
            some = ", ".join(sorted(rowless)[:_SHOWN])
            yield Doubt(f"no rows were read: neither a table nor a partition ({some})",
                        remedy=_REMEDY)  # fmt: skip

    def _rowless(self, extent: Extent, read: Collection[str]) -> Iterator[tuple[str, str]]:
        """Those that take part, and why they have no rows to read."""
        for name, kind in self.kinds.items():
            taken = extent.has_relation("source", name, schema=self.schemas[name])
            if not taken or not extent.has_rows_of(name):
                continue
            if kind in _ROWLESS:
                yield name, _ROWLESS[kind]
            elif kind == "p":
                parts = [one for one, above in self.above.items() if name in above]
                if parts and not any(one in read for one in parts):
                    yield name, f"none of its partitions was ({', '.join(sorted(parts)[:_SHOWN])})"
