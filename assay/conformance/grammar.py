"""A case's statements as PostgreSQL's grammar reads them, by the library that carries it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from assay.errors import UsageError

Tree = dict[str, Any]
# What psql reads by itself: rows of COPY, and its own commands.
_COPIED = re.compile(r"(from\s+stdin[^;]*;\n)(.*?)^\\\.$", re.IGNORECASE | re.DOTALL | re.MULTILINE)
_PSQL = re.compile(r"^\\.*$", re.MULTILINE)
_ARRAY = re.compile(r"[\w.\"]+(?=\[\])")


def nodes(tree: Any, kind: str) -> Iterator[Tree]:
    """Every node of a kind below."""
    return (node[kind] for node in holding(tree, kind) if isinstance(node[kind], dict))


def holding(tree: Any, key: str) -> Iterator[Tree]:
    """Every node below that has a key, under whatever name it stands."""
    if isinstance(tree, dict):
        if key in tree:
            yield tree
        for value in tree.values():
            yield from holding(value, key)
    elif isinstance(tree, list):
        for value in tree:
            yield from holding(value, key)


def without_psql(sql: str) -> str:
    """The section without what psql keeps for itself, every line where it was."""
    kept = _COPIED.sub(lambda match: match[1] + "\n" * match[2].count("\n"), sql)
    return _PSQL.sub("", kept)


def parsed(sql: str, what: str) -> Tree:
    """The tree of statements of SQL; UsageError, which calls them `what`, where there is none."""
    from postgast.native import lib

    result = lib.pg_query_parse(sql.encode())
    try:
        _refuse(result, what)
        tree: Tree = json.loads(result.parse_tree)
        return tree
    finally:
        lib.pg_query_free_parse_result(result)


def parsed_plpgsql(sql: str, what: str) -> str:
    """What a CREATE FUNCTION in PL/pgSQL consists of; UsageError as `parsed`.

    It looks like JSON, and is broken for trigger functions; statements and expressions are whole.
    """
    from postgast.native import lib

    result = lib.pg_query_parse_plpgsql(sql.encode())
    try:
        # The library knows built-in types alone, and takes an array of any other for an error.
        if result.error and b"pseudo-type" in result.error.contents.message:
            plain = _ARRAY.sub("text", sql)
            if plain != sql:
                return parsed_plpgsql(plain, what)
        _refuse(result, what)
        return str(result.plpgsql_funcs.decode())
    finally:
        lib.pg_query_free_plpgsql_parse_result(result)


def _refuse(result: Any, what: str) -> None:
    if result.error:
        said = result.error.contents.message.decode()
        raise UsageError(f"{what} cannot be read: {said}.")
