"""Random text from a grammar; it marks where another text would be another meaning.

In a template ``${bool}`` stands for one of the alternatives of the rule `bool`, ``${s}`` for a name
that is in force, ``${new}`` for a fresh one (afterwards it is ``${last}``, then ``${last2}``);
``${of=a.}`` puts a name in force from there on. ``$[+ => -]`` is a slot: the first text, and
another one that changes the meaning; ``$[a <=> b]`` is one whose other text means the same;
``$[int]`` is one of two different alternatives of a rule.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.schemas.sql import SAME, Piece, Slot, Sql

_MARK = re.compile(r"\$\{([^}]*)\}|\$\[((?:[^\]$]|\$\{[^}]*\})*)\]")
_CHANGES, _SAME = " => ", " <=> "
DEPTH = 4


@dataclass(slots=True)
class Grammar:
    """Rules, names in force and the dice; at depth 0 a rule takes one of `RULE.leaf`."""

    rules: Mapping[str, Sequence[str]]
    dice: random.Random
    names: dict[str, str] = field(default_factory=dict)
    used: int = 0

    def expand(self, template: str, *, depth: int = DEPTH, **names: str) -> Sql:
        """A template with everything in it chosen; the names are in force in it alone."""
        return Sql(tuple(self._pieces(template, depth, {**self.names, **names})))

    def _pieces(self, template: str, depth: int, names: dict[str, str]) -> list[Piece]:
        pieces: list[Piece] = []
        end = 0
        for mark in _MARK.finditer(template):
            pieces.append(template[end : mark.start()])
            end = mark.end()
            if mark[1] is None:
                pieces.append(self._slot(mark[2], depth, names))
            else:
                pieces += self._symbol(mark[1], depth, names)
        pieces.append(template[end:])
        return pieces

    def _symbol(self, symbol: str, depth: int, names: dict[str, str]) -> list[Piece]:
        name, put, text = symbol.partition("=")
        if put:
            names[name] = text
            return []
        if name == "new":
            self.used += 1
            names["last2"], names["last"] = names.get("last", ""), f"n{self.used}"
            return [names["last"]]
        if name in names:
            return [names[name]]
        return self._pieces(self.dice.choice(self._alternatives(name, depth)), depth - 1, names)

    def _alternatives(self, name: str, depth: int) -> Sequence[str]:
        leaves = self.rules.get(f"{name}.leaf")
        if leaves is None:
            return self.rules[name]
        return leaves if depth <= 0 or self.dice.random() < 1 / (2 * DEPTH) else self.rules[name]

    def _slot(self, text: str, depth: int, names: dict[str, str]) -> Slot:
        for between, changes in ((_CHANGES, ""), (_SAME, SAME)):
            first, found, second = text.partition(between)
            if found:
                return Slot(
                    self._flat(first, depth, names), self._flat(second, depth, names), changes
                )
        first, second = self.dice.sample(self.rules[text], 2)
        return Slot(self._flat(first, depth, names), self._flat(second, depth, names), "")

    def _flat(self, text: str, depth: int, names: dict[str, str]) -> str:
        return str(Sql(tuple(self._pieces(text, depth, names))))
