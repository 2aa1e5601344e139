"""Views as PostgreSQL 14 and 15 print them, in the text of later versions.

Up to 15 a view's own row variables count among its relations, so that each of its columns is
printed with its relation's name; from 16 on only where there is more than one to choose from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace

from assay.oracle.catalog.item import Item
from assay.oracle.session.side import Side

FIRST_WITHOUT = 16  # the version from which a single relation's name is left out
# Letters and all that is not ASCII: said by what is not, since to compile the range takes long.
_FIRST = r"[^\x00-@\[-^`{-\x7f]"
_LATER = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
_TOKEN = re.compile(
    rf"""'(?:[^']|'')*'|"(?:[^"]|"")*"|::|{_FIRST}{_LATER}*|\s+|.""",
    re.DOTALL,
)
_NAME = re.compile(f'"|{_FIRST}')
_QUERY = frozenset({"SELECT", "WITH", "VALUES", "UNION", "INTERSECT", "EXCEPT"})
_SETS = frozenset({"UNION", "INTERSECT", "EXCEPT"})
_BEHIND_FROM = frozenset(
    {"WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", ";"}
)
_BEFORE_NO_COLUMN = frozenset({".", "::", "COLLATE"})


@dataclass(frozen=True, slots=True)
class _Token:
    """A word of a query; `own` says that it stands in the query itself and in no query in it.

    `depth` counts the parentheses around it.
    """

    text: str
    depth: int
    own: bool


def without_prefixes(definition: str) -> str:
    """A view's definition without the name of its only relation before its columns.

    As it is where it has several relations, or is made of several queries.
    """
    tokens = _tokens(definition)
    words = [n for n, token in enumerate(tokens) if not token.text.isspace()]
    clause = _from_clause([tokens[n] for n in words])
    relation = _only_relation([tokens[words[n]].text for n in clause])
    if relation is None:
        return definition
    itself = {words[n] for n in clause if tokens[words[n - 1]].text in ("FROM", "ONLY")}
    dropped: set[int] = set()
    for before, name, dot, column, after in zip(
        [-1, *words], words, words[1:], words[2:], [*words[3:], -1], strict=False
    ):
        if (
            tokens[name].own
            and tokens[name].text == relation
            and name not in itself
            and tokens[dot].text == "."
            and _NAME.match(tokens[column].text)
            and (before < 0 or tokens[before].text not in _BEFORE_NO_COLUMN)
            and (after < 0 or tokens[after].text not in (".", "("))
        ):
            dropped |= {name, dot}
    return "".join(token.text for n, token in enumerate(tokens) if n not in dropped)


def _tokens(definition: str) -> list[_Token]:
    texts = _TOKEN.findall(definition)
    queries = set(_queries(texts))
    tokens, opened = list[_Token](), list[bool]()
    for number, text in enumerate(texts):
        if text == ")" and opened:
            opened.pop()
        tokens.append(_Token(text, len(opened), not any(opened)))
        if text == "(":
            opened.append(number in queries)
    return tokens


def _queries(texts: Sequence[str]) -> Iterator[int]:
    """The positions of the parentheses that hold a query."""
    opened: list[int] = []
    for number, text in enumerate(texts):
        if text == "(":
            opened.append(number)
        elif text == ")" and opened:
            opened.pop()
        elif text in _QUERY and opened:
            yield opened[-1]


def _from_clause(words: Sequence[_Token]) -> list[int]:
    """The positions of the words of the query's own FROM clause; none of a set of queries."""
    own = [n for n, word in enumerate(words) if word.depth == 0]
    texts = [words[n].text for n in own]
    if _SETS & set(texts):
        return []
    begins = (n for n, text in enumerate(texts) if text == "FROM" and texts[n - 1] != "DISTINCT")
    begin = next(begins, len(own)) + 1
    return own[begin : begin + _length(texts[begin:], _BEHIND_FROM)]


def _only_relation(clause: Sequence[str]) -> str | None:
    """The name by which a query knows its only relation; None where that is not all it has."""
    if {",", "JOIN"} & set(clause):
        return None
    names = [text for text in clause[: _length(clause, {"TABLESAMPLE"})] if _NAME.match(text)]
    return names[-1] if names else None


def _length(texts: Sequence[str], ends: Set[str]) -> int:
    """How many words there are before the first of these, or before what a view is made with."""
    for number, text in enumerate(texts):
        if text in ends or (text == "WITH" and texts[number + 1] != "ORDINALITY"):
            return number
    return len(texts)


def as_printed_later(rule: Callable[[Side], list[Item]]) -> Callable[[Side], list[Item]]:
    """A rule about views with the definitions that later servers would print."""

    def later(side: Side) -> list[Item]:
        items = rule(side)
        return [_later(item) for item in items] if side.version < FIRST_WITHOUT else items

    return later


def _later(item: Item) -> Item:
    definition = without_prefixes(item.properties.get("definition") or "")
    return replace(item, properties={**item.properties, "definition": definition})
