"""Splits what pg_dumpall and pg_restore write into statements."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]*\n? | ^\\[^\n]*\n? | ; | .""",
                    re.VERBOSE | re.DOTALL | re.MULTILINE)  # fmt: skip
IDENTIFIER = r'("(?:[^"]|"")+"|[^\s";(]+)'


def statements(text: str) -> Iterator[str]:
    """The statements without comments and psql's own commands."""
    parts: list[str] = []
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word == ";":
            if statement := "".join(parts).strip():
                yield statement
            parts = []
        elif not word.startswith(("--", "\\")):
            parts.append(word)
    if statement := "".join(parts).strip():
        yield statement


def named(statement: str, words: str) -> str | None:
    """The name after some leading words, unquoted; None when the statement is another one."""
    found = re.match(rf"{words} {IDENTIFIER}", statement)
    if found is None:
        return None
    name = found[1]
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
