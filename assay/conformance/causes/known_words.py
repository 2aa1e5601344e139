"""Words of messages that are no case's names, wherever they stand."""

from __future__ import annotations

# What may follow "for table", "of schema" and their like without being its name.
NO_NAME = frozenset(
    {
        "a", "an", "and", "are", "as", "because", "by", "does", "failed", "for", "from", "has",
        "have", "in", "is", "its", "may", "must", "of", "on", "or", "that", "the", "to", "was",
        "were", "when", "where", "which", "with", "without", "owner", "name", "names", "user",
        "url",
    }
)  # fmt: skip
OBJECTS = frozenset({"postgres", "public", "template0", "template1", "plpgsql", "pgoutput"})
# Types that no case makes: their absence is an extension that was left out, or another version.
TYPES = frozenset(
    {
        "citext", "cube", "earth", "geography", "geometry", "halfvec", "hstore", "isbn",
        "ltree", "lquery", "ltxtquery", "seg", "sparsevec", "vector", "box2d", "box3d", "raster",
    }
)  # fmt: skip
# What a syntax error is near to: a word of the language tells the defect, a name does not.
KEYWORDS = frozenset(
    {
        "all", "alter", "analyze", "and", "any", "array", "as", "asc", "begin", "between", "by",
        "case", "cast", "check", "collate", "column", "comment", "constraint", "copy", "create",
        "cross", "current", "database", "default", "delete", "desc", "distinct", "do", "drop",
        "else", "end", "except", "exists", "extension", "for", "foreign", "from", "full",
        "function", "grant", "group", "having", "if", "in", "index", "inner", "insert",
        "intersect", "into", "is", "join", "key", "left", "like", "limit", "not", "null",
        "offset", "on", "only", "or", "order", "outer", "overriding", "owner", "partition",
        "primary", "procedure", "references", "returning", "revoke", "right", "role", "row",
        "rows", "schema", "select", "sequence", "set", "table", "then", "to", "trigger",
        "truncate", "union", "unique", "update", "user", "using", "values", "view", "virtual",
        "when", "where", "window", "with",
    }
)  # fmt: skip
