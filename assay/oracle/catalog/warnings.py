"""What is no difference but worth saying, and what makes a comparison worthless."""

from __future__ import annotations

from collections.abc import Sequence

from assay.oracle.catalog.item import qualified
from assay.oracle.catalog.queries.fragments import (
    FIRST_USER_OID,
    HIDDEN_SCHEMA,
    perhaps,
    relations,
)
from assay.oracle.rows.plan import Relation
from assay.oracle.session.side import APPLICATION, Side
from assay.oracle.words.both import Both
from assay.oracle.words.collector import Collector
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.kinds import Kind
from assay.postgres.address import Address
from assay.postgres.session import connect, fetch

FIRST_STEMMED = 19  # the version from which on words are stemmed otherwise than before
_REMADE = f"""
    with t as ({relations("rp")})
    select t.name, a.attname as column from t join pg_attribute a on a.attrelid = t.oid
    where a.attgenerated <> '' and not a.attisdropped and a.atttypid = 'tsvector'::regtype"""
_REWRITTEN = f"""
    select array[n.nspname, c.relname]::text[] as name,
      pg_relation_filenode(c.oid) is not distinct from c.relfilenode as renamed
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm') and n.nspname !~ '{HIDDEN_SCHEMA}' and c.oid >= {FIRST_USER_OID}
      and (pg_relation_filenode(c.oid) is distinct from c.relfilenode
        or has_schema_privilege(n.oid, 'usage')
        and to_regclass(format('%I.%I', n.nspname, c.relname)) is distinct from c.oid)"""
_NOT_THE_SAME = "truncated, rewritten or dropped"
_REPLACED = """
    select r.oid::int8 from unnest(%s::oid[], %s::oid[]) as r(oid, filenode)
    where pg_relation_filenode(r.oid) is distinct from r.filenode"""
_VERSIONS = f"""
    select 'database' as name, {perhaps("d", "datcollversion")} as version from pg_database d
    where datname = current_database() and {perhaps("d", "datcollversion")} is not null
    union all
    select 'collation ' || format('%I.%I', n.nspname, c.collname), c.collversion
    from pg_collation c join pg_namespace n on n.oid = c.collnamespace
    where c.oid >= 16384 and c.collversion is not null"""


def rewritten_relations(sides: Both[Side]) -> list[Doubt]:
    """What is not to be trusted: relations truncated, rewritten, dropped or renamed since our
    snapshots.

    TRUNCATE is not MVCC-safe: its victim looks empty in an older snapshot. We hold a lock on every
    relation that we have read, so a look at the end is enough. What is read by its name was
    another relation, if that name was given to one.
    """
    names = [
        (side.name, qualified(row["name"]), "renamed" if row["renamed"] else _NOT_THE_SAME)
        for side in sides
        for row in side.rows(_REWRITTEN)
    ]
    return [
        Doubt(
            f"{name} was {what} meanwhile",
            side=side,
            remedy="compare again when nobody does that",
            spoils=tuple(f"{kind} {name}" for kind in (Kind.ROW, Kind.MULTIPLICITY)),
        )
        for side, name, what in names
    ]


def remade_warnings(sides: Both[Side], found: Collector) -> list[str]:
    """Columns whose values a server has made anew and otherwise than the other's version does."""
    if len({side.version >= FIRST_STEMMED for side in sides}) == 1:
        return []
    told = {(one.object, one.column) for one in found.kept if one.kind == Kind.ROW}
    # Of rows without a key, and of findings that were not kept, no column is known.
    unsure = (Kind.MULTIPLICITY, *((Kind.ROW,) if found.omitted else ()))
    return [
        f"{relation}.{qualified([row['column']])} is generated as a tsvector: the stemmers of"
        f" PostgreSQL {sides[0].version} and {sides[1].version} differ (english, german, swedish"
        " among others), and each server has made its tokens itself"
        for row in sides[0].rows(_REMADE)
        if ((relation := qualified(row["name"])), row["column"]) in told
        or any(f"{kind} {relation}" in found.totals for kind in unsure)
    ]


def untrusted_relations(addresses: Both[Address], read: Sequence[Both[Relation]]) -> set[str]:
    """Relations of which rows were read and that are not the same files any more, by their names
    on the source.

    For a comparison that has lost its sessions, and the locks with them: asked anew.
    """
    replaced = set[str]()
    for place, address in enumerate(addresses):
        relations = {both[place].oid: both for both in read}
        with connect(address, application=APPLICATION, read_only=True) as connection:
            nodes = [both[place].filenode for both in relations.values()]
            gone = fetch(connection, _REPLACED, list(relations), nodes)
        replaced |= {relations[oid].source.name for (oid,) in gone}
    return replaced


def version_warnings(sides: Both[Side]) -> list[str]:
    """Versions of collations that differ: values are equal, their order may not be."""
    source, target = (
        {row["name"]: row["version"] for row in side.rows(_VERSIONS)} for side in sides
    )
    found = [
        f"{name}: collation version {source[name]} on the source, {target[name]} on the target;"
        " order may differ"
        for name in source
        if name in target and source[name] != target[name]
    ]
    if sides[0].version != sides[1].version:
        found.append(
            f"PostgreSQL {sides[0].version} and {sides[1].version}: what only the higher version"
            " knows is not compared"
        )
    return found
