"""A random schema: what is made in it, place by place, from a seed."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.schemas.grammar import Grammar
from benchmarks.schemas.sql import Sql

FOLDER = Path(__file__).parent
BASE = "base"
ROLES = ("assay_reader", "assay_writer")
CHOSEN = 18  # places in one schema
LARGE_OBJECTS = 1_000_000  # above: ten numbers for each schema
_LARGE_OBJECT = re.compile(r"(?:large-object|LARGE OBJECT|BLOB|BLOBS) (\d+)")


@dataclass(frozen=True, slots=True)
class Thing:
    """What one place holds: statements that are executed together, or none of them."""

    place: str
    sql: Sql

    @property
    def text(self) -> str:
        """The statements as they are."""
        return str(self.sql)


Text = Callable[[Thing], str]


@dataclass(frozen=True, slots=True)
class Schema:
    """All things of a seed, in the order in which they are made."""

    seed: int
    things: tuple[Thing, ...]

    def owns(self, said: str) -> bool:
        """Whether a finding, or a piece of a dump, is about this schema."""
        if re.search(rf"(?<![A-Za-z0-9])[so]{self.seed}(?![0-9])", said):
            return True
        numbers = map(int, _LARGE_OBJECT.findall(said))
        return any((number - LARGE_OBJECTS) // 10 == self.seed for number in numbers)


def all_places(major: int) -> list[str]:
    """The names of all places that servers of a major version have."""
    places = _said()[0]
    return [name for name in places["places"] if places["since"].get(name, 0) <= major]


def make(seed: int, *, major: int) -> Schema:
    """The schema of a seed for servers of a major version or newer: always the same one."""
    places, rules = _said()
    dice = random.Random(seed)
    grammar = Grammar(rules, dice, {"s": f"s{seed}", "o": f"o{seed}", "of": ""})
    templates = [(BASE, one) for one in places["base"]]
    for place in dice.sample(all_places(major), CHOSEN):
        many = dice.choice((1, 1, 2))
        templates += [(place, dice.choice(places["places"][place])) for _ in range(many)]
    things = []
    for number, (place, template) in enumerate(templates):
        columns = dice.sample(places["columns"], len(places["columns"]))
        first, second = dice.sample(places["tables"], 2)
        names = {
            "columns": str(grammar.expand(", ".join(columns))),
            "t": f"s{seed}.{first}",
            "t2": f"s{seed}.{second}",
            "oid": str(LARGE_OBJECTS + seed * 10 + number % 10),
        }
        things.append(Thing(place, grammar.expand(template, **names)))
    return Schema(seed, tuple(things))


def reordered(things: Sequence[Thing]) -> list[Thing]:
    """The same things, those first that came last where the order does not count."""
    free = frozenset(_said()[0]["any_order"])
    runs = ((loose, list(run)) for loose, run in groupby(things, lambda one: one.place in free))
    return [thing for loose, run in runs for thing in (reversed(run) if loose else run)]


@cache
def _said() -> tuple[Mapping[str, Any], Mapping[str, Sequence[str]]]:
    """The places, and the rules of both files."""
    places, expressions = (
        tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        for name in ("places", "expressions")
    )
    return places, expressions["rules"] | places["rules"]
