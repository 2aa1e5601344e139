"""What is no difference but worth saying, and what makes a comparison worthless."""

from __future__ import annotations

from assay.oracle.catalog.item import qualified
from assay.oracle.catalog.queries.fragments import relations
from assay.oracle.session.side import Side
from assay.oracle.words.both import Both
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.kinds import Kind

_REWRITTEN = f"""
    with t as ({relations("rm")})
    select t.name from t where pg_relation_filenode(t.oid) is distinct from t.relfilenode"""
_VERSIONS = """
    select 'database' as name, datcollversion as version from pg_database
    where datname = current_database() and datcollversion is not null
    union all
    select 'collation ' || format('%I.%I', n.nspname, c.collname), c.collversion
    from pg_collation c join pg_namespace n on n.oid = c.collnamespace
    where c.oid >= 16384 and c.collversion is not null"""


def rewritten_relations(sides: Both[Side]) -> list[Doubt]:
    """What is not to be trusted: relations truncated, rewritten or dropped since our snapshots.

    TRUNCATE is not MVCC-safe: its victim looks empty in an older snapshot. We hold a lock on every
    relation that we have read, so a look at the end is enough.
    """
    names = [(side.name, qualified(row["name"])) for side in sides for row in side.rows(_REWRITTEN)]
    return [
        Doubt(
            f"{name} was truncated, rewritten or dropped meanwhile",
            side=side,
            remedy="compare again when nobody does that",
            spoils=tuple(f"{kind} {name}" for kind in (Kind.ROW, Kind.MULTIPLICITY)),
        )
        for side, name in names
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
