"""What is no difference but worth saying, and what makes a comparison worthless."""

from __future__ import annotations

from assay.oracle.catalog.item import qualified
from assay.oracle.catalog.queries.fragments import (
    FIRST_USER_OID,
    HIDDEN_SCHEMA,
    perhaps,
    relations,
)
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.collector import Collector
from assay.oracle.words.kinds import Kind

FIRST_STEMMED = 19  # the version from which on words are stemmed otherwise than before
_REMADE = f"""
    with t as ({relations("rp")})
    select t.name, a.attname as column from t join pg_attribute a on a.attrelid = t.oid
    where a.attgenerated <> '' and not a.attisdropped and a.atttypid = 'tsvector'::regtype"""
_REWRITTEN = f"""
    select array[n.nspname, c.relname]::text[] as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm') and n.nspname !~ '{HIDDEN_SCHEMA}' and c.oid >= {FIRST_USER_OID}
      and pg_relation_filenode(c.oid) is distinct from c.relfilenode"""
_VERSIONS = f"""
    select 'database' as name, {perhaps("d", "datcollversion")} as version from pg_database d
    where datname = current_database() and {perhaps("d", "datcollversion")} is not null
    union all
    select 'collation ' || format('%I.%I', n.nspname, c.collname), c.collversion
    from pg_collation c join pg_namespace n on n.oid = c.collnamespace
    where c.oid >= 16384 and c.collversion is not null"""


def rewritten_relations(sides: Both[Side]) -> list[str]:
    """Causes of UNKNOWN: relations truncated, rewritten or dropped since our snapshots.

    TRUNCATE is not MVCC-safe: its victim looks empty in an older snapshot. We hold a lock on every
    relation that we have read, so a look at the end is enough.
    """
    return [
        f"{side.name} {qualified(row['name'])} was truncated, rewritten or dropped meanwhile"
        for side in sides
        for row in side.rows(_REWRITTEN)
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
