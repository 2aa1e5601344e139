"""The words for what can differ; `Finding.kind` is one of them.

A finding's values tell the rest: target None means missing on the target, source None means extra
there, both given means that the property in `Finding.column` differs.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a finding is about."""

    # rows
    ROW = "row"  # a keyed row missing, extra, or differing in one column
    MULTIPLICITY = "multiplicity"  # a row of a table without a key, present another number of times
    SEQUENCE_STATE = "sequence-state"  # last_value, is_called
    LARGE_OBJECT = "large-object"  # object is the oid; column: content, owner, acl, comment
    # inside a database
    SCHEMA = "schema"
    TABLE = "table"  # any property of a relation that is not a kind of its own below
    COLUMN = "column"  # object is schema.table.column
    CONSTRAINT = "constraint"  # object is schema.table.constraint
    INDEX = "index"
    SEQUENCE = "sequence"  # definition and ownership, not state
    VIEW = "view"
    MATVIEW = "matview"
    RULE = "rule"
    TRIGGER = "trigger"  # object is schema.table.trigger
    EVENT_TRIGGER = "event-trigger"
    PROPERTY_GRAPH = "property-graph"
    FUNCTION = "function"  # object is schema.name(argument types)
    TYPE = "type"
    OPERATOR = "operator"  # operators, their classes and families
    CAST = "cast"
    TRANSFORM = "transform"
    CONVERSION = "conversion"
    LANGUAGE = "language"
    ACCESS_METHOD = "access-method"
    COLLATION = "collation"
    EXTENSION = "extension"
    STATISTICS = "statistics"
    POLICY = "policy"  # object is schema.table.policy
    PUBLICATION = "publication"
    SUBSCRIPTION = "subscription"
    TEXT_SEARCH = "text-search"
    FOREIGN = "foreign"  # wrappers, servers, mappings
    OWNER = "owner"  # column names the class of the object
    ACL = "acl"  # one entry: column is "grantor=privilege[*]/grantee"
    DEFAULT_ACL = "default-acl"
    COMMENT = "comment"
    SECURITY_LABEL = "security-label"
    # beyond a database
    DATABASE = "database"  # encoding, locale, owner, limits, acl
    DATABASE_SETTING = "database-setting"
    ROLE = "role"  # attributes and password verifier
    ROLE_MEMBERSHIP = "role-membership"
    ROLE_SETTING = "role-setting"
    TABLESPACE = "tablespace"  # owner, options, acl, comment; not where it lies
    SLOT = "slot"
    ORIGIN = "origin"
    # what a run adds to the oracle's own
    STATEMENT = "statement"  # a statement that had to succeed failed, or a query that had to hold
    SECRET = "secret"
    FILE = "file"  # something left in the tool's temp directory
    DUMP = "dump"  # a statement that only one side's dump has, where the catalogs see nothing


# What a database holds, as apart from what its schema says.
CONTENT = frozenset({Kind.ROW, Kind.MULTIPLICITY, Kind.SEQUENCE_STATE, Kind.LARGE_OBJECT})
