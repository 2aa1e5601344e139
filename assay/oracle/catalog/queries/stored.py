"""Which properties of the catalog queries hold SQL, and what kind of it.

A kind is a statement around the text, `{}`, that PostgreSQL's grammar can read.
"""

from __future__ import annotations

from assay.oracle.words.kinds import Kind

STATEMENT = "{}"
EXPRESSION = "select {}"

# Bounds of partitions are constants without a type, which a restore does not touch.
STORED: dict[tuple[str, str], str] = {
    (Kind.TABLE, "partition key"): "create table t () partition by {}",
    (Kind.COLUMN, "default"): EXPRESSION,
    (Kind.CONSTRAINT, "definition"): "alter table t add {}",
    (Kind.INDEX, "definition"): STATEMENT,
    (Kind.STATISTICS, "definition"): STATEMENT,
    (Kind.VIEW, "definition"): STATEMENT,
    (Kind.MATVIEW, "definition"): STATEMENT,
    (Kind.RULE, "definition"): STATEMENT,
    (Kind.TRIGGER, "definition"): STATEMENT,
    (Kind.POLICY, "using"): EXPRESSION,
    (Kind.POLICY, "with check"): EXPRESSION,
    (Kind.FUNCTION, "definition"): STATEMENT,
    (Kind.TYPE, "default"): EXPRESSION,
    (Kind.TEXT_SEARCH, "options"): "create text search dictionary d ({})",
}
# Of a publication's list of tables the filters: where they stand in each entry.
FILTERS = (Kind.PUBLICATION, "tables")
FILTER = 3
# GiST classes of inet and cidr: on PostgreSQL 19 the default is its own, before that btree_gist's.
MOVED_CLASSES = ("inet_ops", "gist_inet_ops", "gist_cidr_ops")
