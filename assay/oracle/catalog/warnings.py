"""What is no difference but worth saying, and what makes a comparison worthless."""

from __future__ import annotations

from assay.oracle.catalog.item import qualified
from assay.oracle.catalog.queries.fragments import FIRST_USER_OID, HIDDEN_SCHEMA, perhaps
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both

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
